"""Risks, what was decided about them, by whom, who disagreed; documents that organisations accept.

Nothing in these tables is about a single person.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from openprotect.governance.models.bases import LegalBasis
from openprotect.governance.models.organisations import Organisation
from openprotect.governance.models.staff import User


class Risk(models.Model):
    """Something that could harm people, why it cannot wait, and where its decision stands.

    What was written down stays. `status` and what follows are the last of its steps; `activity` is
    what a decision lets go on: a programme, an agreement, an export, a basis, by kind and key.
    """

    class Status(models.TextChoices):
        OPEN = "open", "Waits for a decision"
        GOING = "going", "Going on at this risk"
        STOPPED = "stopped"
        CLOSED = "closed"

    what = models.CharField(max_length=200)
    why_now = models.TextField()
    who_harmed = models.TextField()
    mitigations = models.TextField()
    stop_rule = models.TextField()
    kind = models.CharField(max_length=20)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    cap = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    carried_by = models.CharField(max_length=120, blank=True)
    activity_kind = models.CharField(max_length=20)
    activity_key = models.CharField(max_length=80, blank=True)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    decided_at = models.DateTimeField(null=True)
    review_by = models.DateTimeField(null=True)
    suspension_noted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="open", decided_at=None, review_by=None)
                | ~Q(status="open") & Q(decided_at__isnull=False),
                name="risk_decided_or_open",
            ),
            models.CheckConstraint(
                condition=~Q(status="going") | Q(review_by__isnull=False), name="risk_going_is_reviewed"
            ),
            models.CheckConstraint(
                condition=~Q(kind="financial") | Q(amount__gt=0, cap__gte=F("amount")) & ~Q(carried_by=""),
                name="risk_financial_has_a_cap",
            ),
            models.CheckConstraint(
                condition=Q(activity_kind="none", activity_key="") | ~Q(activity_kind="none") & ~Q(activity_key=""),
                name="risk_names_its_activity",
            ),
        ]
        indexes = [
            models.Index(fields=["activity_kind", "activity_key"], condition=Q(status__in=["going", "stopped"]),
                         name="risk_suspends"),
            models.Index(fields=["-id"], name="risk_newest"),
        ]  # fmt: skip


class RiskStep(models.Model):
    """One decision or review: by whom, on which legal basis or why without one, in their words. Append-only."""

    class What(models.TextChoices):
        DECIDED = "decided"
        REVIEWED = "reviewed"
        SUSPENDED = "suspended"

    risk = models.ForeignKey(Risk, on_delete=models.PROTECT, related_name="steps")
    what = models.CharField(max_length=10, choices=What.choices)
    outcome = models.CharField(max_length=10, blank=True)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    basis = models.ForeignKey(LegalBasis, null=True, on_delete=models.PROTECT, related_name="+")
    without_basis = models.TextField(blank=True)
    words = models.TextField(blank=True)
    review_by = models.DateTimeField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            # Only the sweep suspends; everybody else has a name, words, and a basis or the reason why none.
            models.CheckConstraint(
                condition=Q(what="suspended", by=None)
                | ~Q(what="suspended") & Q(by__isnull=False) & ~Q(words=""),
                name="riskstep_has_a_decider",
            ),
            models.CheckConstraint(
                condition=~Q(what="decided") | Q(basis__isnull=False) | ~Q(without_basis=""),
                name="riskstep_has_a_basis_or_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="go") | Q(review_by__gt=F("at")), name="riskstep_is_reviewed_later"
            ),
        ]  # fmt: skip


class RiskDissent(models.Model):
    """Somebody who disagreed with a decision or a review, by name and role, in their words. Append-only."""

    step = models.ForeignKey(RiskStep, on_delete=models.PROTECT, related_name="dissents")
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=120)
    words = models.TextField()


class RiskDocument(models.Model):
    """A document, such as a DPIA, that several organisations accept, each for itself."""

    title = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=20)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()


class DocumentVersion(models.Model):
    """A version of a document, and the organisations that are asked. Acceptance begins anew with each. Append-only."""

    document = models.ForeignKey(RiskDocument, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    label = models.CharField(max_length=60)
    what_changed = models.TextField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="documentversion_number")]


class DocumentAsked(models.Model):
    """An organisation that is asked to accept a version. Append-only."""

    version = models.ForeignKey(DocumentVersion, on_delete=models.PROTECT)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "organisation"], name="documentasked_once")]


class DocumentAnswer(models.Model):
    """What an organisation says of a version: the latest counts. Append-only."""

    version = models.ForeignKey(DocumentVersion, on_delete=models.PROTECT, related_name="answers")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    answer = models.CharField(max_length=15)
    words = models.TextField(blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="accepted") | Q(answer__in=["reservations", "declined"]) & ~Q(words=""),
                name="documentanswer_says_why",
            )
        ]
