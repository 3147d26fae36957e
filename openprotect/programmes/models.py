"""Published versions of packs, frozen, and which of them are switched on."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class PackVersion(models.Model):
    """A published version of a pack: its files word for word, and their hash.

    Members, answers, decisions and calls to action are pinned to a row of this table for ever.
    """

    programme = models.CharField(max_length=60)
    version = models.CharField(max_length=30)
    title = models.CharField(max_length=200)
    hash = models.CharField(max_length=64)
    files = models.JSONField()
    clinically_approved = models.BooleanField(default=False)
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme", "version"], name="packversion_version_once"),
        ]


class Activation(models.Model):
    """A pack version that is switched on. At most one of a programme at a time."""

    pack_version = models.ForeignKey(PackVersion, on_delete=models.PROTECT)
    programme = models.CharField(max_length=60)
    starts_at = models.DateTimeField()
    started_by = models.CharField(max_length=80)
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["programme"], condition=Q(ends_at=None), name="activation_one_open"),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="activation_ends_after_it_starts",
            ),
        ]
