"""Why records may be used: legal bases, their parties, approvals, changes and warnings, and holds."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from openprotect.governance.models.organisations import Organisation, Team
from openprotect.governance.models.staff import Role, User


class LegalBasis(models.Model):
    """Why records may be used, by whom, until when. What each part says stands apart from the others.

    What comes from a closed list is a key of `law.toml`. `purpose` is the main purpose, `purposes` are further ones. `sources` are the
    sources it covers; empty, any. `owner` says in words who answers for it; the person, role or team
    that it names are told before it ends.

    `starts_at` is when it comes into force. A basis that awaits approval has none, and so is in force at no
    moment, whatever asks; `asked_from` is when whoever stated it wants it to be. What came from a file has none.
    """

    key = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    purpose = models.CharField(max_length=60)
    purposes = ArrayField(models.CharField(max_length=60), default=list)
    article_6 = models.CharField(max_length=1, blank=True)
    article_9 = models.CharField(max_length=1, blank=True)
    confidence = models.CharField(max_length=30, blank=True)
    data_categories = ArrayField(models.CharField(max_length=80), default=list)
    sources = ArrayField(models.CharField(max_length=80), default=list)
    owner = models.CharField(max_length=120)
    owner_user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    owner_role = models.ForeignKey(Role, null=True, on_delete=models.PROTECT, related_name="+")
    owner_team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(null=True)
    asked_from = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    review_date = models.DateField(null=True)
    privacy_notice = models.CharField(max_length=120, blank=True)
    is_direct_care = models.BooleanField(default=False)
    opt_out_applies = models.BooleanField(default=False)
    replaced_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="replaces")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(owner=""), name="legalbasis_has_an_owner"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=False) | Q(is_direct_care=True, review_date__isnull=False),
                name="legalbasis_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="legalbasis_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=False) | Q(asked_from__isnull=False), name="legalbasis_begins"
            ),
            models.CheckConstraint(
                condition=Q(asked_from=None) | Q(starts_at=None) | Q(starts_at__gte=F("asked_from")),
                name="legalbasis_not_before_it_was_asked",
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(asked_from=None) | Q(ends_at__gt=F("asked_from")),
                name="legalbasis_ends_after_it_was_asked",
            ),
        ]


class BasisParty(models.Model):
    """An organisation under a basis: the power it acts by, and whether it controls or processes."""

    basis = models.ForeignKey(LegalBasis, on_delete=models.PROTECT, related_name="parties")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    power = models.CharField(max_length=200)
    capacity = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["basis", "organisation"], name="basisparty_once")]


class BasisExtension(models.Model):
    """Somebody asked that a basis which is approved ends later. Until two others have approved it the old end holds.

    At most one of a basis is open. It is settled when it takes effect, and when another decision about the end
    takes its place. `by` is a user, or a system actor where a file says so, which needs nobody's approval.
    """

    basis = models.ForeignKey(LegalBasis, on_delete=models.PROTECT, related_name="extensions")
    ends_at = models.DateTimeField()
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    words = models.TextField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["basis"], condition=Q(settled_at=None), name="basisextension_one_open_each")
        ]


class BasisApproval(models.Model):
    """Somebody who may approve a basis, or an extension of it, did, with their words. Append-only.

    `by` is a user, or a name where the basis came from a file.
    """

    basis = models.ForeignKey(LegalBasis, on_delete=models.PROTECT, related_name="approvals")
    extension = models.ForeignKey(BasisExtension, null=True, on_delete=models.PROTECT, related_name="approvals")
    approver = models.CharField(max_length=30)
    by = models.CharField(max_length=80)
    at = models.DateTimeField()
    words = models.TextField()


class BasisChange(models.Model):
    """One decision about a basis, and the end that was in force from then on. Append-only.

    So the end that was known on a day long past can still be told. `delete_on` is the day from which a
    decision to stop and delete erases people; without one their records stay for the period of the rule.
    """

    class What(models.TextChoices):
        STATED = "stated"
        EXTENDED = "extend", "Extended"
        REPLACED = "replace", "To be replaced"
        ENDED = "end", "Ended early"
        REVIEWED = "review", "Reviewed"
        STOP_AND_DELETE = "stop_and_delete", "At its end: stop, and delete what identifies"
        ARCHIVE_ON_HOLD = "archive_on_hold", "At its end: archive on hold"

    basis = models.ForeignKey(LegalBasis, on_delete=models.PROTECT, related_name="changes")
    what = models.CharField(max_length=20, choices=What.choices)
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    words = models.TextField()
    ends_at = models.DateTimeField(null=True)
    replaced_by = models.ForeignKey(LegalBasis, null=True, on_delete=models.PROTECT, related_name="+")
    delete_on = models.DateField(null=True)


class BasisWarning(models.Model):
    """Somebody was told that a basis ends: once for each end, each number of days, each person. Append-only."""

    basis = models.ForeignKey(LegalBasis, on_delete=models.PROTECT, related_name="warnings")
    user = models.ForeignKey(User, on_delete=models.PROTECT)
    ends_at = models.DateTimeField()
    days = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["basis", "ends_at", "days", "user"], name="basiswarning_once")]


class LegalHold(models.Model):
    """Nothing that it covers is deleted while it lasts: a programme's records, a basis's, or all.

    A row is only ever ended, never taken away. `review_on` is by when somebody asks whether it still has to last.
    """

    name = models.CharField(max_length=120)
    reason = models.TextField()
    programme = models.CharField(max_length=60, blank=True)
    basis = models.ForeignKey(LegalBasis, null=True, on_delete=models.PROTECT)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    by = models.CharField(max_length=80)
    review_on = models.DateField(null=True)
    lifted_by = models.CharField(max_length=80, blank=True, db_default="")
    lifted_because = models.TextField(blank=True, db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason="") & ~Q(name=""), name="legalhold_has_a_reason"),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="legalhold_ends_after_it_starts"
            ),
        ]
