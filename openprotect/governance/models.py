"""Organisations, people who work, legal bases, who may see whom, and what was seen."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


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


class Role(models.Model):
    """A role is data: a name and the permissions behind it."""

    name = models.CharField(max_length=60, primary_key=True)
    label = models.CharField(max_length=120)
    permissions = ArrayField(models.CharField(max_length=60))


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=username)


class User(AbstractBaseUser):
    """Somebody who works here. What they may do follows from their memberships alone."""

    username = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "username"
    objects = UserManager()


class Membership(models.Model):
    """A user's role in an organisation, from one moment until another."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT)
    role = models.ForeignKey(Role, on_delete=models.PROTECT)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="membership_ends_after_it_starts",
            )
        ]


class LegalBasis(models.Model):
    """Why records may be used, by whom, until when."""

    key = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    purpose = models.CharField(max_length=60)
    owner = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)


class AccessGrant(models.Model):
    """An organisation may see a person, for a reason, for a time: all that policies read.

    `person_id` is no foreign key: people live in a layer above.
    """

    class Via(models.TextChoices):
        REGISTRATION = "registration"
        RESIDENCE = "residence"
        PROGRAMME = "programme"

    person_id = models.UUIDField()
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    via = models.CharField(max_length=20, choices=Via.choices)
    basis = models.ForeignKey(LegalBasis, on_delete=models.PROTECT)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person_id", "organisation", "via"],
                condition=Q(ends_at=None),
                name="accessgrant_one_open",
            )
        ]
        indexes = [
            models.Index(fields=["person_id", "organisation"]),
            models.Index(fields=["organisation", "person_id"]),
        ]


class AuditEvent(models.Model):
    """One thing that was seen, done or refused. Written by one function, never changed."""

    at = models.DateTimeField()
    identity = models.CharField(max_length=10)
    actor = models.CharField(max_length=80)
    organisation_id = models.BigIntegerField(null=True)
    role = models.CharField(max_length=60, blank=True)
    action = models.CharField(max_length=60)
    person_id = models.UUIDField(null=True)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=60, blank=True)
    why = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["person_id", "-id"]),
            models.Index(fields=["action", "-id"]),
        ]
