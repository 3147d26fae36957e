"""One record opened outside somebody's own scope in an emergency, who was told, and what came of the review."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from openprotect.governance.models.bases import LegalBasis
from openprotect.governance.models.staff import Membership, User


class EmergencyAccess(models.Model):
    """One person's record open to one user for at most four hours.

    `ends_at` is when it is over and only ever comes nearer; `ended_by` says what ended it. A user
    has one at a time (an exclusion constraint of the migration). `person_id` is no foreign key:
    people live in a layer above.
    """

    class EndedBy(models.TextChoices):
        TIME = "time"
        HAND = "hand"
        SIGN_OUT = "sign-out"
        LEFT = "left"
        RECORD = "record"  # the person's record was restricted, or the person died

    person_id = models.UUIDField()
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT)
    basis = models.ForeignKey(LegalBasis, on_delete=models.PROTECT)
    reason = models.CharField(max_length=40)
    words = models.TextField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_by = models.CharField(max_length=10, choices=EndedBy.choices, blank=True)
    review_due_at = models.DateTimeField()
    escalated_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gte=F("starts_at"), ends_at__lte=F("starts_at") + timedelta(hours=4)),
                name="emergencyaccess_four_hours",
            ),
            models.CheckConstraint(condition=~Q(words="") & ~Q(reason=""), name="emergencyaccess_says_why"),
            models.CheckConstraint(
                condition=Q(review_due_at__gt=F("starts_at")), name="emergencyaccess_review_comes_later"
            ),
        ]
        indexes = [
            models.Index(fields=["person_id", "user"]),
            models.Index(fields=["review_due_at"], condition=Q(settled_at=None), name="emergencyaccess_unsettled"),
        ]


class EmergencyTry(models.Model):
    """Somebody looked for a person by NHS number and date of birth. Says not for whom."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "at"])]


class EmergencyNotice(models.Model):
    """Somebody who reviews is told of one access: that it was opened, or that its review is overdue.

    `reference` is the e-mail's, so that one that was asked for twice leaves once.
    """

    class What(models.TextChoices):
        OPENED = "opened"
        OVERDUE = "overdue"

    access = models.ForeignKey(EmergencyAccess, on_delete=models.PROTECT, related_name="notices")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=10, choices=What.choices)
    made_at = models.DateTimeField()
    reference = models.UUIDField(default=uuid.uuid4, unique=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["access", "user", "what"], name="emergencynotice_once")]


class EmergencyReview(models.Model):
    """What a reviewer found, or what the one who opened it answers. Append-only."""

    class Outcome(models.TextChoices):
        JUSTIFIED = "justified"
        NOT_JUSTIFIED = "not_justified"
        ASK = "ask"
        ANSWER = "answer"

    access = models.ForeignKey(EmergencyAccess, on_delete=models.PROTECT, related_name="reviews")
    opener = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=15, choices=Outcome.choices)
    words = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            # Nobody reviews what they opened; they alone answer for it.
            models.CheckConstraint(
                condition=Q(outcome="answer", user=F("opener")) | ~Q(outcome="answer") & ~Q(user=F("opener")),
                name="emergencyreview_by_another",
            ),
            models.CheckConstraint(condition=~Q(words=""), name="emergencyreview_has_words"),
        ]
