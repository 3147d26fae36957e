"""What this database is, and a demo's clock."""

from __future__ import annotations

from django.db import models
from django.db.models import Func, Q


class Installation(models.Model):
    """What this database is. Written once by the owner role when it is created.

    `uid` is its own: an anchor of the audit trail speaks of one installation.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    demo = models.BooleanField()
    created_at = models.DateTimeField()
    uid = models.UUIDField(db_default=Func(function="gen_random_uuid"))

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
