"""Check-ins that are due, answered or missed; answers, and who tried the door."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from openprotect.journey.identify.models import Member
from openprotect.people.models import Person
from openprotect.programmes.models import PackVersion


class CheckIn(models.Model):
    """A questionnaire that is due: opens at one time, counts as missed from another."""

    class Status(models.TextChoices):
        OPEN = "open"
        ANSWERED = "answered"
        MISSED = "missed"
        WITHDRAWN = "withdrawn"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    member = models.ForeignKey(Member, on_delete=models.PROTECT)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    pack_version = models.ForeignKey(PackVersion, on_delete=models.PROTECT)
    occurrence = models.PositiveIntegerField()
    opens_at = models.DateTimeField()
    missed_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    settled_at = models.DateTimeField(null=True)
    missed_in_a_row = models.PositiveIntegerField(default=0)
    sweep = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "occurrence"], name="checkin_once"),
            models.UniqueConstraint(fields=["member"], condition=Q(status="open"), name="checkin_one_open"),
            models.CheckConstraint(condition=Q(missed_at__gt=F("opens_at")), name="checkin_missed_after_it_opens"),
        ]
        indexes = [
            models.Index(fields=["missed_at"], condition=Q(status="open"), name="checkin_due"),
            models.Index(fields=["sweep"], condition=Q(sweep__isnull=False), name="checkin_sweep"),
        ]


class AnswerSet(models.Model):
    """One submitted questionnaire. Append-only; one a check-in, one a submission key."""

    class AnsweredBy(models.TextChoices):
        SELF = "self"
        CARER = "carer"
        CALL_HANDLER = "call_handler"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    check_in = models.OneToOneField(CheckIn, on_delete=models.PROTECT)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    pack_version = models.ForeignKey(PackVersion, on_delete=models.PROTECT)
    answers = models.JSONField()
    answered_by = models.CharField(max_length=15, choices=AnsweredBy.choices)
    submitted_at = models.DateTimeField()
    submitted_by = models.CharField(max_length=80)
    receipt = models.CharField(max_length=12, unique=True)
    submission_key = models.UUIDField(unique=True)


class Draft(models.Model):
    """Answers saved page by page, until they are submitted."""

    check_in = models.OneToOneField(CheckIn, primary_key=True, on_delete=models.PROTECT)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    answers = models.JSONField()
    saved_at = models.DateTimeField()


class DoorTry(models.Model):
    """Somebody gave a wrong date of birth. `door` is the hash of the token, known or not."""

    door = models.CharField(max_length=64)
    address = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["door", "at"]),
            models.Index(fields=["address", "at"]),
        ]
