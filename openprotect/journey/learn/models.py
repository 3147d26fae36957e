"""The ledger: every person in exactly one state, counted at the end of every day."""

from __future__ import annotations

from django.db import models

from openprotect.governance.models import Organisation


class LedgerDay(models.Model):
    """How many people of a programme were in a state at the end of a day, by locality."""

    programme = models.CharField(max_length=60)
    date = models.DateField()
    locality = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT)
    state = models.CharField(max_length=30)
    people = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "date", "locality", "state"],
                nulls_distinct=False,
                name="ledgerday_once",
            )
        ]


class OpenWork(models.Model):
    """How many calls to action of a locality's people were open, and overdue, at the end of a day."""

    programme = models.CharField(max_length=60)
    date = models.DateField()
    locality = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT)
    open = models.PositiveIntegerField()
    overdue = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "date", "locality"], nulls_distinct=False, name="openwork_once"
            )
        ]
