"""Cohort runs, who came out of them and why, and who is a member now."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from openprotect.governance.models import LegalBasis, Membership, Organisation, User
from openprotect.people.models import Person
from openprotect.programmes.models import PackVersion


class CohortRun(models.Model):
    """One run of a pack's cohort over one set of records, on one index date.

    `number` counts the runs of a programme from 1, in the order in which they were made. `codelists`
    holds the hash of each list, `data_age` the date of the latest record by table, `left_out` the tables that were
    not read, each with its source, which no legal basis covered, `notes` a sentence about each thing that may be a
    mistake.
    `basis` is the legal basis on which people were looked for.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    pack_version = models.ForeignKey(PackVersion, on_delete=models.PROTECT)
    programme = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
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
    codelists = models.JSONField(default=dict)
    data_age = models.JSONField(default=dict)
    left_out = models.JSONField(default=dict)
    notes = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["programme", "number"], name="cohortrun_number")]


class Reason(models.Model):
    """Why a person is in a programme's cohort: rule, group, and the evidence that makes it true.

    From the run `since` until the run `until`, which no longer found it so; both are numbers of runs of
    the programme. What stays the same from run to run is one row. `run` is the run that found it first.
    """

    programme = models.CharField(max_length=60)
    since = models.PositiveIntegerField()
    until = models.PositiveIntegerField(null=True)
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
        constraints = [
            models.UniqueConstraint(fields=["run", "person", "rule"], name="reason_once"),
            models.UniqueConstraint(
                fields=["programme", "person", "rule"], condition=Q(until=None), name="reason_one_open"
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gt=F("since")), name="reason_ends_after_it_begins"
            ),
        ]
        indexes = [
            models.Index(fields=["person", "run"]),
            models.Index(fields=["programme", "person", "since"], name="reason_of_programme"),
        ]


class Figure(models.Model):
    """How many people of a cohort have one value of a dimension, by practice and locality. Nobody is named.

    Counted at the run, and kept as reasons are: from the run `since` until the run `until`.
    """

    programme = models.CharField(max_length=60)
    practice = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    locality = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    dimension = models.CharField(max_length=20)
    value = models.TextField(blank=True)
    people = models.PositiveIntegerField()
    since = models.PositiveIntegerField()
    until = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "practice", "locality", "dimension", "value"],
                condition=Q(until=None),
                nulls_distinct=False,
                name="figure_one_open",
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gt=F("since")), name="figure_ends_after_it_begins"
            ),
        ]
        indexes = [models.Index(fields=["programme", "since"], name="figure_of_programme")]


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


class WhyAsked(models.Model):
    """Somebody who cares for a person asked what the records say of why a run found them or did not.

    The worker reads it and writes the `answer`, the tree of rules as `why.answer_of` makes it: a copy of what
    the records say, which goes by itself.
    """

    class State(models.TextChoices):
        ASKED = "asked"
        ANSWERED = "answered"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    programme = models.CharField(max_length=60)
    run = models.ForeignKey(CohortRun, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    settled_at = models.DateTimeField(null=True)
    answer = models.JSONField(null=True)
    refused_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "programme", "asked_by"], condition=Q(state="asked"), name="why_asked_once"
            ),
            models.CheckConstraint(
                condition=Q(state="asked", settled_at=None, answer__isnull=True, refused_because="")
                | Q(state="answered", settled_at__isnull=False, answer__isnull=False, refused_because="")
                | (Q(state="refused", settled_at__isnull=False, answer__isnull=True) & ~Q(refused_because="")),
                name="why_asked_is_settled_once",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "programme", "-asked_at"], name="why_asked_of_person"),
            models.Index(fields=["asked_at"], name="why_asked_at"),
        ]
