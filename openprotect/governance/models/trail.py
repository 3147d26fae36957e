"""The seals of the audit trail, where its head was written down, and what was disposed of."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class AuditSeal(models.Model):
    """The place of an event in the hash chain. Written by one function of the owner, never changed.

    `chain` says what the two hashes are made of.
    """

    position = models.BigIntegerField(primary_key=True)
    event_id = models.BigIntegerField(unique=True)
    format = models.SmallIntegerField()
    sealed_at = models.DateTimeField()
    event_hash = models.BinaryField()
    chain_hash = models.BinaryField()


class AuditUnsealed(models.Model):
    """An event that waits for its seal. A trigger puts it here in the transaction of the event."""

    event_id = models.BigIntegerField(primary_key=True)


class AuditCheckpoint(models.Model):
    """The last position that was disposed of at the end of its period, and the hash it had."""

    position = models.BigIntegerField(primary_key=True)
    chain_hash = models.BinaryField()
    cut_at = models.DateTimeField()
    events = models.BigIntegerField()


class AuditAnchor(models.Model):
    """One time that the head was written down outside the database, and where."""

    class Place(models.TextChoices):
        FILE = "file"
        EMAIL = "email"

    at = models.DateTimeField()
    place = models.CharField(max_length=10, choices=Place.choices)
    position = models.BigIntegerField()
    head = models.CharField(max_length=64)


class SendingHold(models.Model):
    """Since when nothing is sent, and why; until a person lifts it, and says why."""

    set_at = models.DateTimeField()
    because = models.CharField(max_length=300)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=80, blank=True)
    lifted_why = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lifted_at"], condition=Q(lifted_at=None), nulls_distinct=False, name="sendinghold_one_open"
            )
        ]
