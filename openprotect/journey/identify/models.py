"""Cohort runs, who came out of them and why, and who is a member now."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from openprotect.governance.models import LegalBasis
from openprotect.people.models import Person
from openprotect.programmes.models import PackVersion


class CohortRun(models.Model):
    """One run of a pack's cohort over one set of records, on one index date.

    `basis` is the legal basis on which people were looked for.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    pack_version = models.ForeignKey(PackVersion, on_delete=models.PROTECT)
    dataset = models.CharField(max_length=60)
    index_date = models.DateField()
    ran_at = models.DateTimeField()
    ran_by = models.CharField(max_length=80)
    people = models.PositiveIntegerField()
    groups = models.JSONField()
    excluded = models.JSONField()
    attrition = models.JSONField()
    joined = models.PositiveIntegerField()
    left = models.PositiveIntegerField()
    basis = models.ForeignKey(LegalBasis, null=True, on_delete=models.PROTECT)


class Reason(models.Model):
    """Why a person was in a run: rule, group, and the evidence that made it true."""

    run = models.ForeignKey(CohortRun, on_delete=models.PROTECT)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    rule = models.CharField(max_length=60)
    group = models.CharField(max_length=60)
    evidence_date = models.DateField(null=True)
    code = models.TextField(blank=True)
    term = models.TextField(blank=True)
    count = models.PositiveIntegerField(null=True)
    reason = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "person", "rule"], name="reason_once")]
        indexes = [models.Index(fields=["person", "run"])]


class Member(models.Model):
    """A person in a programme's cohort, from the run that found them until they leave.

    Somebody who left and is found again is the same member with a new `run` and `joined_at`.
    """

    class LeftBecause(models.TextChoices):
        NO_LONGER_FOUND = "no_longer_found"
        CONTACTED_IN_ERROR = "contacted_in_error"
        BASIS_ENDED = "basis_ended"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    programme = models.CharField(max_length=60)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    run = models.ForeignKey(CohortRun, on_delete=models.PROTECT, related_name="+")
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    left_run = models.ForeignKey(CohortRun, null=True, on_delete=models.PROTECT, related_name="+")
    left_because = models.CharField(max_length=30, blank=True, choices=LeftBecause.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme", "person"], name="member_once"),
            models.CheckConstraint(
                condition=Q(left_at=None, left_because="") | (Q(left_at__isnull=False) & ~Q(left_because="")),
                name="member_left_with_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["person"])]
