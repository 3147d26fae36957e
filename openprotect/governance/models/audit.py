"""What was seen, done or refused."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

# What an event of somebody who was not let through is called.
DENIALS = ("refused", "door refused")


class AuditEvent(models.Model):
    """One thing that was seen, done or refused. Written by one function, never changed.

    Ids, never values. `basis_id` is the legal basis on which the actor saw the person or acted,
    `purpose` that basis's; the function that writes finds both, so no caller can misstate them.
    """

    at = models.DateTimeField()
    identity = models.CharField(max_length=10)
    actor = models.CharField(max_length=80)
    organisation_id = models.BigIntegerField(null=True)
    membership_id = models.BigIntegerField(null=True)
    role = models.CharField(max_length=60, blank=True)
    basis_id = models.BigIntegerField(null=True)
    purpose = models.CharField(max_length=60, blank=True)
    action = models.CharField(max_length=60)
    person_id = models.UUIDField(null=True)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=60, blank=True)
    why = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["person_id", "-at", "-id"], name="auditevent_person"),
            models.Index(fields=["action", "-at", "-id"], name="auditevent_action"),
            models.Index(fields=["actor", "-at", "-id"], name="auditevent_actor"),
            models.Index(fields=["organisation_id", "-at", "-id"], name="auditevent_organisation"),
            models.Index(fields=["-at", "-id"], name="auditevent_newest"),
            models.Index(fields=["-at", "-id"], condition=Q(action__in=DENIALS), name="auditevent_denied"),
        ]


class PatternReview(models.Model):
    """Somebody looked into an unusual pattern of a user on a day. Append-only.

    `up_to` is the newest event that they saw: what comes after it is a line again.
    """

    pattern = models.CharField(max_length=30)
    actor = models.CharField(max_length=80)
    person_id = models.UUIDField(null=True)
    day = models.DateField()
    up_to = models.BigIntegerField()
    reviewed_by = models.CharField(max_length=80)
    reviewed_at = models.DateTimeField()
    words = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["pattern", "actor", "day"], name="patternreview_line")]


class WhoSawLetter(models.Model):
    """A person is to be told by letter who saw them. `reference` is the letter's."""

    reference = models.UUIDField(primary_key=True, default=uuid.uuid4)
    person_id = models.UUIDField()
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["asked_at"], condition=Q(sent_at=None), name="whosawletter_waiting")]
