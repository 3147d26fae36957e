"""Calls to action, the cases they are worked in, and referrals to other organisations."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from openprotect.governance.models import Organisation, Team
from openprotect.journey.identify.models import Member
from openprotect.people.models import Person
from openprotect.programmes.models import PackVersion


class Case(models.Model):
    """The calls to action of one person that are worked together. One open case a member."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    member = models.ForeignKey(Member, on_delete=models.PROTECT)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member"], condition=Q(closed_at=None), name="case_one_open")]


class CallToAction(models.Model):
    """Something somebody has to do for a person: a category, an urgency, an owner, a clock.

    `source` and `source_id` name what raised it (`decision`, `contact`); the pair is unique
    with the category, so a job that runs twice raises it once. `rank` orders urgencies, the
    most urgent highest.
    """

    class Status(models.TextChoices):
        OPEN = "open"
        ACKNOWLEDGED = "acknowledged"
        WITH_PARTNER = "with_partner"
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey(Case, on_delete=models.PROTECT)
    member = models.ForeignKey(Member, on_delete=models.PROTECT)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    pack_version = models.ForeignKey(PackVersion, on_delete=models.PROTECT)
    category = models.CharField(max_length=40)
    urgency = models.CharField(max_length=20)
    rank = models.PositiveSmallIntegerField()
    why = models.CharField(max_length=200)
    source = models.CharField(max_length=20)
    source_id = models.CharField(max_length=60)
    owner_team = models.ForeignKey(Team, on_delete=models.PROTECT)
    raised_at = models.DateTimeField()
    due_at = models.DateTimeField()
    status = models.CharField(max_length=15, choices=Status.choices, default=Status.OPEN)
    accepted_by = models.CharField(max_length=80, blank=True)
    accepted_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "source_id", "category"], name="calltoaction_raised_once"),
            models.UniqueConstraint(
                fields=["member", "category"],
                condition=~Q(status="closed"),
                name="calltoaction_one_open_a_category",
            ),
            models.CheckConstraint(
                condition=Q(status="closed", closed_at__isnull=False) & ~Q(outcome="")
                | ~Q(status="closed") & Q(closed_at=None),
                name="calltoaction_closed_with_an_outcome",
            ),
            models.CheckConstraint(condition=Q(due_at__gte=F("raised_at")), name="calltoaction_due_after_raised"),
        ]
        indexes = [
            models.Index(
                fields=["owner_team", "-rank", "due_at", "id"],
                condition=~Q(status="closed"),
                name="calltoaction_worklist",
            ),
            models.Index(
                fields=["-rank", "due_at", "id"], condition=~Q(status="closed"), name="calltoaction_everybody"
            ),
            models.Index(fields=["member"], condition=~Q(status="closed"), name="calltoaction_open"),
            models.Index(fields=["due_at"], condition=~Q(status="closed"), name="calltoaction_due"),
            models.Index(fields=["owner_team"], condition=Q(status="open"), name="calltoaction_unaccepted"),
        ]


class Step(models.Model):
    """One change of a call to action: from, to, by whom, when. Append-only."""

    call_to_action = models.ForeignKey(CallToAction, on_delete=models.PROTECT, related_name="steps")
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    what = models.CharField(max_length=20)
    from_status = models.CharField(max_length=15, blank=True)
    to_status = models.CharField(max_length=15)
    detail = models.CharField(max_length=60, blank=True)


class Note(models.Model):
    """What somebody wrote about a call to action. Append-only."""

    call_to_action = models.ForeignKey(CallToAction, on_delete=models.PROTECT, related_name="notes")
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    text = models.TextField()


class Referral(models.Model):
    """A call to action handed to another organisation, with just what they need to help.

    `name`, `telephone`, `address` and `asked` are all that the partner sees. One open referral
    a call to action: it has one owner until the outcome is back.
    """

    class Status(models.TextChoices):
        SENT = "sent"
        ACCEPTED = "accepted"
        HANDED_BACK = "handed_back"
        REPORTED = "reported"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    call_to_action = models.ForeignKey(CallToAction, on_delete=models.PROTECT, related_name="referrals")
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    pack_version = models.ForeignKey(PackVersion, on_delete=models.PROTECT)
    sent_at = models.DateTimeField()
    sent_by = models.CharField(max_length=80)
    category_label = models.CharField(max_length=120)
    name = models.CharField(max_length=200)
    telephone = models.CharField(max_length=40, blank=True)
    address = models.TextField(blank=True)
    asked = models.TextField()
    due_at = models.DateTimeField()
    status = models.CharField(max_length=15, choices=Status.choices, default=Status.SENT)
    outcome = models.CharField(max_length=40, blank=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["call_to_action"],
                condition=Q(status__in=["sent", "accepted"]),
                name="referral_one_open",
            )
        ]
        indexes = [
            models.Index(
                fields=["organisation", "due_at", "id"],
                condition=Q(status__in=["sent", "accepted"]),
                name="referral_waiting",
            )
        ]


class ReferralLink(models.Model):
    """The link to a referral. Only the keyed hash of its token is kept."""

    token_hash = models.CharField(max_length=64, primary_key=True)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT)
    reference = models.UUIDField(unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)


class ReferralStep(models.Model):
    """One change of a referral, with the partner's words. Append-only."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="steps")
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    what = models.CharField(max_length=15)
    text = models.TextField(blank=True)
