"""What this database is, and a demo's clock."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Installation(models.Model):
    """What this database is. Written once by the owner role when it is created."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    demo = models.BooleanField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="installation_is_one")]


class ServiceClock(models.Model):
    """The clock of a demo: it stands still while days are lived, then runs from where it stood."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    service_at = models.DateTimeField()
    real_at = models.DateTimeField()
    running = models.BooleanField(default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="serviceclock_is_one")]
