"""Which organisation may see whom."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from openprotect.governance.models.bases import LegalBasis
from openprotect.governance.models.organisations import Organisation


class AccessGrant(models.Model):
    """An organisation may see a person, for a reason, for a time: all that policies read.

    `person_id` is no foreign key: people live in a layer above.
    """

    class Via(models.TextChoices):
        REGISTRATION = "registration"
        RESIDENCE = "residence"
        PROGRAMME = "programme"
        REFERRAL = "referral"

    person_id = models.UUIDField()
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    via = models.CharField(max_length=20, choices=Via.choices)
    basis = models.ForeignKey(LegalBasis, on_delete=models.PROTECT)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person_id", "organisation", "via"],
                condition=Q(ends_at=None),
                name="accessgrant_one_open",
            )
        ]
        indexes = [
            models.Index(fields=["person_id", "organisation"]),
            models.Index(fields=["organisation", "person_id"]),
            models.Index(fields=["basis"], condition=Q(ends_at=None), name="accessgrant_open_by_basis"),
        ]
