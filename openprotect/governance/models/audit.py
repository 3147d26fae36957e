"""What was seen, done or refused."""

from __future__ import annotations

from django.db import models


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
            models.Index(fields=["person_id", "-id"]),
            models.Index(fields=["action", "-id"]),
        ]
