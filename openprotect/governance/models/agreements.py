"""What organisations agreed to give each other, who signed it, and the files that were made under it."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from openprotect.governance.models.bases import LegalBasis
from openprotect.governance.models.organisations import Organisation
from openprotect.governance.models.staff import Membership, User


class SharingAgreement(models.Model):
    """One organisation may give named fields to another, for a purpose, on a legal basis, for a time.

    Its terms are never changed: they are ended, and others are agreed. `fields` are keys of
    `rules.agreements.FIELDS`.
    """

    title = models.CharField(max_length=200)
    giver = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    receiver = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    basis = models.ForeignKey(LegalBasis, on_delete=models.PROTECT)
    purpose = models.CharField(max_length=60)
    fields = ArrayField(models.CharField(max_length=40))
    owner = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    review_on = models.DateField()
    stated_at = models.DateTimeField()
    stated_by = models.CharField(max_length=80)
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(giver=F("receiver")), name="agreement_of_two"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="agreement_ends_after_it_starts"),
            models.CheckConstraint(condition=~Q(owner=""), name="agreement_has_an_owner"),
            models.CheckConstraint(condition=~Q(fields=[]), name="agreement_names_fields"),
        ]


class AgreementSignature(models.Model):
    """One side's signature: who, as what, with which words, on which day. Append-only."""

    class Side(models.TextChoices):
        GIVER = "giver"
        RECEIVER = "receiver"

    agreement = models.ForeignKey(SharingAgreement, on_delete=models.PROTECT, related_name="signatures")
    side = models.CharField(max_length=10, choices=Side.choices)
    name = models.CharField(max_length=120)
    post = models.CharField(max_length=120)
    words = models.CharField(max_length=400)
    signed_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agreement", "side"], name="signature_one_a_side")]


class Export(models.Model):
    """A file that somebody asked for, what it held in numbers, and what became of it.

    Either of people, under an agreement, or of one person, on their own request (`request`, which
    stands in a layer above). The file itself is `export_files`'s; here are its hash and its end.
    """

    class State(models.TextChoices):
        ASKED = "asked"
        READY = "ready"
        COLLECTED = "collected"
        REFUSED = "refused"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    agreement = models.ForeignKey(SharingAgreement, null=True, on_delete=models.PROTECT, related_name="exports")
    request = models.UUIDField(null=True)
    reason = models.CharField(max_length=400)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    refused_because = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    collected_at = models.DateTimeField(null=True)
    file_name = models.CharField(max_length=80, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    rows_in = models.PositiveIntegerField(default=0)
    exported = models.PositiveIntegerField(default=0)
    died = models.PositiveIntegerField(default=0)
    restricted = models.PositiveIntegerField(default=0)
    opted_out = models.PositiveIntegerField(default=0)
    objected = models.PositiveIntegerField(default=0)
    not_seen = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(agreement__isnull=False, request=None) | Q(agreement=None, request__isnull=False),
                name="export_under_one_of_both",
            ),
            models.CheckConstraint(
                condition=Q(
                    rows_in=F("exported") + F("died") + F("restricted") + F("opted_out") + F("objected") + F("not_seen")
                ),
                name="export_control_totals",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["ready", "collected"]) | Q(expires_at__isnull=False) & ~Q(sha256=""),
                name="export_made_with_an_end",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="export_has_a_reason"),
        ]
        indexes = [
            models.Index(fields=["organisation", "-asked_at"], name="export_of_organisation"),
            models.Index(fields=["state"], condition=Q(state__in=["asked", "ready", "collected"]), name="export_open"),
        ]
