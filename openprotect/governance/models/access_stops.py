"""Stops of access: asked for by a practice, decided by the Caldicott guardian."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from openprotect.governance.models.organisations import Organisation


class AccessStopRequest(models.Model):
    """A practice asks that an organisation no longer sees its patients, or one of them.

    `due_at` is by when it is to be decided; `words` are those of the decision. `reference` is
    that of the message which tells the practice, `told_at` when it left.
    """

    class Status(models.TextChoices):
        OPEN = "open"
        GRANTED = "granted"
        IN_PART = "in_part"
        REFUSED = "refused"

    practice = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person_id = models.UUIDField(null=True)
    reason = models.TextField()
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)
    words = models.TextField(blank=True)
    reference = models.UUIDField(default=uuid.uuid4, unique=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "organisation", "person_id"],
                condition=Q(status="open"),
                nulls_distinct=False,
                name="accessstoprequest_one_open",
            ),
            models.CheckConstraint(
                condition=Q(status="open", decided_at=None)
                | ~Q(status="open") & Q(decided_at__isnull=False) & ~Q(words=""),
                name="accessstoprequest_decided_with_words",
            ),
            models.CheckConstraint(condition=~Q(practice=F("organisation")), name="accessstoprequest_of_another"),
        ]
        indexes = [models.Index(fields=["practice", "-id"], name="accessstoprequest_practice")]


class AccessStop(models.Model):
    """An organisation does not see a practice's patients, or one of them, whatever grants there are.

    `spared` are people whom it goes on seeing; `lifted_by` ended it, if anybody did. What policies ask of it stands in `op_stopped`.
    """

    request = models.ForeignKey(AccessStopRequest, on_delete=models.PROTECT, related_name="stops")
    practice = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person_id = models.UUIDField(null=True)
    spared = ArrayField(models.UUIDField(), default=list)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=80, blank=True, db_default="")
    lifted_because = models.TextField(blank=True, db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="accessstop_ends_after_it_starts"
            )
        ]
