"""People who work, what they may do, where and until when."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone as django_timezone
from django.utils.crypto import salted_hmac

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

    `home` is the organisation that employs them. The hash of a password does not stand here, where
    every identity reads, but in `Credential`. `session_epoch` is what all sessions of a user were
    begun in: one more, and every one of them has ended.
    """

    last_login = None  # what signed in when is in the audit trail

    username = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    home = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="employed")
    is_active = models.BooleanField(default=True)
    session_epoch = models.PositiveIntegerField(default=0)

    USERNAME_FIELD = "username"
    objects = UserManager()
    _new_password: str | None = None

    @property
    def password(self) -> str:
        """The hash, for pages that may read it; for all others an account without a password."""
        if self._new_password is not None:
            return self._new_password
        held = Credential.objects.filter(user_id=self.pk).values_list("password", flat=True).first()
        return held or UNUSABLE_PASSWORD_PREFIX

    @password.setter
    def password(self, made: str) -> None:
        self._new_password = made

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Saves the password, where one was set, to the table it stands in."""
        named = kwargs.get("update_fields")
        if named is not None:
            kwargs["update_fields"] = [name for name in named if name != "password"]
        if named is None or kwargs["update_fields"]:
            super().save(*args, **kwargs)
        self.keep_password()

    def keep_password(self) -> None:
        """Write the password that was set, if one was, and nothing else of the user."""
        if self._new_password is not None:
            made = {"password": self._new_password, "changed_at": django_timezone.now()}
            Credential.objects.update_or_create(user_id=self.pk, defaults=made)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        epoch = f"{self.pk}:{self.session_epoch}"
        salted = salted_hmac("openprotect.governance.User.sessions", epoch, secret=secret, algorithm="sha256")
        return salted.hexdigest()


class Credential(models.Model):
    """What a local account is proven by, and by what a provider's account is known.

    Read by the sign-in pages and the system alone. `setup_hash` is that of a link that was handed
    over to set a password, once, until `setup_until`.
    """

    user = models.OneToOneField(User, primary_key=True, on_delete=models.PROTECT)
    password = models.CharField(max_length=128, blank=True)
    changed_at = models.DateTimeField(null=True)
    email = models.EmailField(null=True, unique=True)
    setup_hash = models.CharField(max_length=64, null=True, unique=True)
    setup_until = models.DateTimeField(null=True)


class StaffSession(models.Model):
    """A browser that is signed in, so that it can be signed out from elsewhere. Real time."""

    session_key = models.CharField(max_length=40, primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sessions")
    began_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "-began_at"], name="staffsession_of_user")]


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
