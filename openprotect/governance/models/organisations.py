"""Organisations by their ODS codes, and their teams."""

from __future__ import annotations

from django.db import models


class Organisation(models.Model):
    """An organisation by its ODS code; `parent` is its locality or integrated care board now."""

    class Kind(models.TextChoices):
        INTEGRATED_CARE_BOARD = "icb"
        LOCALITY = "locality"
        PRACTICE = "practice"
        COUNCIL = "council"
        VOLUNTARY = "voluntary"

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    telephone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)


class Team(models.Model):
    """Who does a duty in an organisation; `duty` is what a pack's categories ask for."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="teams")
    duty = models.CharField(max_length=40)
    name = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "duty"], name="team_one_per_duty")]
