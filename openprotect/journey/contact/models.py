"""What was planned to reach people, what was sent, and who was rung."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from openprotect.governance.models import User
from openprotect.journey.identify.models import Member
from openprotect.people.models import ContactPoint, Person
from openprotect.programmes.models import PackVersion


class Intent(models.Model):
    """One step of the ladder that is to be taken: unique for member, occurrence and step.

    The obligation is this row and its `due_at`; the queue only rings the bell. The step `call`
    has no message: its row says that a check-in is due by telephone. `respond_by` is when the
    check-in that the step asks for counts as missed.
    """

    class Status(models.TextChoices):
        PLANNED = "planned"
        SENDING = "sending"
        SENT = "sent"
        CANCELLED = "cancelled"
        NO_ROUTE = "no_route"

    member = models.ForeignKey(Member, on_delete=models.PROTECT)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    pack_version = models.ForeignKey(PackVersion, on_delete=models.PROTECT)
    occurrence = models.PositiveIntegerField()
    step = models.CharField(max_length=30)
    batch = models.UUIDField()
    due_at = models.DateTimeField()
    respond_by = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PLANNED)
    stopped_because = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "occurrence", "step"], name="intent_once")]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(status="planned"), name="intent_due"),
            models.Index(fields=["batch"]),
        ]


class Attempt(models.Model):
    """One message handed to a provider. The reference is committed before the provider is asked."""

    class Status(models.TextChoices):
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"

    reference = models.UUIDField(primary_key=True, default=uuid.uuid4)
    intent = models.ForeignKey(Intent, on_delete=models.PROTECT)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    contact_point = models.ForeignKey(ContactPoint, on_delete=models.PROTECT)
    channel = models.CharField(max_length=10)
    message = models.CharField(max_length=60)
    language = models.CharField(max_length=10)
    claimed_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.SENDING)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["intent"], condition=~Q(status="failed"), name="attempt_one_message")
        ]
        indexes = [
            models.Index(fields=["claimed_at"], condition=Q(status="sending"), name="attempt_open"),
            models.Index(fields=["person", "claimed_at"]),
        ]


class Link(models.Model):
    """A personal link. Only the keyed hash of its token is kept."""

    token_hash = models.CharField(max_length=64, primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    member = models.ForeignKey(Member, on_delete=models.PROTECT)
    occurrence = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="link_expires_later")]


class Call(models.Model):
    """Somebody is to be phoned. At most one open call a member; one handler at a time."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        BEING_PHONED = "being_phoned"
        DONE = "done"
        EXHAUSTED = "exhausted"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    member = models.ForeignKey(Member, on_delete=models.PROTECT)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    pack_version = models.ForeignKey(PackVersion, on_delete=models.PROTECT)
    occurrence = models.PositiveIntegerField()
    why = models.CharField(max_length=40)
    raised_at = models.DateTimeField()
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=15, choices=Status.choices, default=Status.WAITING)
    claimed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT)
    claimed_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(status__in=["waiting", "being_phoned"]),
                name="call_one_open",
            ),
            models.CheckConstraint(
                condition=Q(status="being_phoned", claimed_by__isnull=False, claimed_until__isnull=False)
                | ~Q(status="being_phoned"),
                name="call_being_phoned_by_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=Q(status__in=["waiting", "being_phoned"]),
                name="call_next",
            ),
        ]


class CallTry(models.Model):
    """One time the phone was lifted, and what came of it. Append-only."""

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="history")
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    outcome = models.CharField(max_length=40)
    reached = models.BooleanField()
    contact_point = models.ForeignKey(ContactPoint, null=True, on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "number"], name="calltry_number_once")]
