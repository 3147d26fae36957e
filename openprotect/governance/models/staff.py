"""People who work, what they may do, where and until when."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from openprotect.governance.models.organisations import Organisation, Team


class Role(models.Model):
    """A role is data: a name and the permissions behind it."""

    name = models.CharField(max_length=60, primary_key=True)
    label = models.CharField(max_length=120)
    permissions = ArrayField(models.CharField(max_length=60))


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=username)


class User(AbstractBaseUser):
    """Somebody who works here. What they may do follows from the membership they act under alone.

    `home` is the organisation that employs them.
    """

    username = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    home = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="employed")
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "username"
    objects = UserManager()


class Membership(models.Model):
    """A user's role in an organisation, from one moment until another. History: all but an end stays.

    `employer` is who employed them when they were appointed. Somebody whom another organisation
    employs has an end, and three things vouched for by a person of an organisation on a day: who
    they are, what they were trained in, and the DBS check. The database refuses anything else.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT)
    role = models.ForeignKey(Role, on_delete=models.PROTECT)
    title = models.CharField(max_length=80, blank=True)
    employer = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    supervisor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="supervises")
    identity_by = models.CharField(max_length=120, blank=True)
    identity_of = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    identity_on = models.DateField(null=True)
    training_by = models.CharField(max_length=120, blank=True)
    training_of = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    training_on = models.DateField(null=True)
    dbs_by = models.CharField(max_length=120, blank=True)
    dbs_of = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    dbs_on = models.DateField(null=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="membership_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(employer=F("organisation"))
                | Q(ends_at__isnull=False)
                & ~Q(identity_by="")
                & Q(identity_of__isnull=False, identity_on__isnull=False)
                & ~Q(training_by="")
                & Q(training_of__isnull=False, training_on__isnull=False)
                & ~Q(dbs_by="")
                & Q(dbs_of__isnull=False, dbs_on__isnull=False),
                name="membership_of_others_ends_and_is_vouched",
            ),
            models.CheckConstraint(
                condition=Q(supervisor=None) | ~Q(supervisor=F("user")), name="membership_supervised_by_another"
            ),
            models.UniqueConstraint(
                fields=["user", "organisation", "role", "team"],
                condition=Q(ends_at=None),
                nulls_distinct=False,
                name="membership_one_open",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "id"], name="membership_of_organisation")]
