"""Organisations by their ODS codes, what they belong to over time, and their teams with their hours."""

from __future__ import annotations

from datetime import time

from django.db import models
from django.db.models import F, Q


class Organisation(models.Model):
    """An organisation by its ODS code, with its name as it was given.

    `parent` is its locality, commissioner or board now, and `successor` who does its work now that it
    is no more: both follow from the relations in force at the service clock and are kept by one
    action, `take_effect`. `closed_on` is its last day, which may be to come, `closing_recorded_at` when
    we were told of it, and `closed_at` the moment at which its teams and grants ended here.
    """

    class Kind(models.TextChoices):
        INTEGRATED_CARE_BOARD = "icb", "Integrated care board"
        COMMISSIONER = "commissioner", "Commissioner"
        LOCALITY = "locality", "Locality"
        PRIMARY_CARE_NETWORK = "pcn", "Primary care network"
        PRACTICE = "practice", "GP practice"
        TRUST = "trust", "Trust"
        COUNCIL = "council", "Council"
        VOLUNTARY = "voluntary", "Voluntary body"
        PHARMACY = "pharmacy", "Pharmacy"
        OTHER = "other", "Other prescribing cost centre"

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        CLOSED = "closed", "Closed"
        DORMANT = "dormant", "Dormant"
        PROPOSED = "proposed", "Proposed"

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    opened_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)
    closing_recorded_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    successor = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="predecessors")
    postcode = models.CharField(max_length=8, blank=True, default="")
    telephone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["name", "id"], name="organisation_by_name"),
            models.Index(fields=["closed_on"], condition=Q(closed_at=None), name="organisation_to_close"),
            models.Index(fields=["kind"], name="organisation_kind"),
        ]


class OrganisationRelation(models.Model):
    """What an organisation was to another, from the first day until the last, both included.

    An organisation has one relation of a kind on any day: the database excludes a second. One that
    turned out to be wrong is withdrawn, never deleted. `source` says whose word it is: the national
    extract's, or ours; `recorded_at` when it was last given. `in_force` says that its effects are in place; `take_effect` keeps it.
    """

    class Kind(models.TextChoices):
        COMMISSIONED_BY = "commissioned_by", "Commissioned by"
        PART_OF = "part_of", "Part of"
        LOCATED_IN = "located_in", "Located in"
        SUCCEEDED_BY = "succeeded_by", "Succeeded by"

    class Source(models.TextChoices):
        EXTRACT = "extract", "National extract"
        HERE = "here", "Entered here"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="relations")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    to = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="related")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    source = models.CharField(max_length=10, choices=Source.choices)
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    in_force = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="relation_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=~Q(organisation=F("to")), name="relation_to_another"),
        ]
        indexes = [
            models.Index(fields=["organisation", "kind", "starts_on"], name="relation_of_organisation"),
            models.Index(fields=["in_force", "ends_on"], name="relation_due"),
        ]


class Team(models.Model):
    """Who does a duty in an organisation; `duty` is what a pack's categories ask for."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="teams")
    duty = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    open_on_bank_holidays = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "duty"], condition=Q(closed_at=None), name="team_one_open_per_duty"
            )
        ]


class TeamHours(models.Model):
    """When a team is there on a day of the week (Monday is 0), by London's clock. Midnight closes the day."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="hours")
    weekday = models.PositiveSmallIntegerField()
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "weekday", "opens"], name="teamhours_once"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="teamhours_weekday"),
            models.CheckConstraint(
                condition=Q(closes__gt=F("opens")) | Q(closes=time(0)), name="teamhours_close_after_they_open"
            ),
        ]
