"""What was disposed of at the end of its period."""

from __future__ import annotations

from django.db import models


class Disposal(models.Model):
    """How many rows of a table went on a day, and how many a legal hold kept. Append-only.

    A line with an empty `table` says that the day's disposal was done.
    """

    at = models.DateTimeField()
    table = models.CharField(max_length=80, blank=True)
    rows = models.BigIntegerField()
    held = models.BigIntegerField(default=0)
