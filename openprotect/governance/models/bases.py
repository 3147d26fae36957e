"""Why records may be used."""

from __future__ import annotations

from django.db import models


class LegalBasis(models.Model):
    """Why records may be used, by whom, until when."""

    key = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    purpose = models.CharField(max_length=60)
    owner = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
