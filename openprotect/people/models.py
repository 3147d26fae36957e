"""Persons, how to reach them, what they wish, and the lists they stand on.

What different roles may see of a person lives in different tables: `Person` (that somebody is
there), `PersonIdentity` (who), `ContactPoint` (how to reach them), `Need` (what to mind).
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from openprotect.governance.models import Organisation


class Person(models.Model):
    """Somebody on an imported list or in a cohort. Says nothing about who they are.

    `restricted` is PDS security code R: no address, telephone or practice is shown or used.
    `source` and `source_id` say where the person was first seen.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    practice = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    locality = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    restricted = models.BooleanField(default=False)
    died_on = models.DateField(null=True)
    source = models.CharField(max_length=60)
    source_id = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "source_id"], name="person_source_unique")]
        indexes = [models.Index(fields=["locality"])]


class PersonIdentity(models.Model):
    """Who the person is. `nhs_number` is ten digits or empty (NHS Data Dictionary: NHS NUMBER)."""

    person = models.OneToOneField(Person, primary_key=True, on_delete=models.PROTECT)
    nhs_number = models.CharField(max_length=10, blank=True)
    given_name = models.CharField(max_length=100)
    family_name = models.CharField(max_length=100)
    date_of_birth = models.DateField(null=True)
    sex = models.CharField(max_length=10, default="unknown")
    ethnic_category = models.CharField(max_length=2, blank=True)
    imd_decile = models.SmallIntegerField(null=True)
    imd_edition = models.SmallIntegerField(null=True)
    language = models.CharField(max_length=10, default="en")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["nhs_number"], condition=~Q(nhs_number=""), name="personidentity_nhs_number"
            ),
            models.CheckConstraint(
                condition=Q(nhs_number="") | Q(nhs_number__regex=r"^[0-9]{10}$"),
                name="personidentity_nhs_number_shape",
            ),
        ]


class ContactPoint(models.Model):
    """A telephone number, e-mail address or postal address, with its own history.

    A wrong number belongs to the number, not to the person: it ends here and stays visible.
    `value` is what is used (E.164, lower-case e-mail, address lines parted by line feeds),
    `as_given` what stood in the source, `quality` what was noticed (`landline in mobile field`).
    """

    class Kind(models.TextChoices):
        MOBILE = "mobile"
        LANDLINE = "landline"
        EMAIL = "email"
        ADDRESS = "address"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="contact_points")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    value = models.TextField()
    as_given = models.TextField(blank=True)
    quality = models.CharField(max_length=80, blank=True)
    source = models.CharField(max_length=60)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind", "value"],
                condition=Q(ends_at=None),
                name="contactpoint_one_open",
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")),
                name="contactpoint_ends_after_it_starts",
            ),
        ]


class Need(models.Model):
    """What to mind about a person: large print, interpreter, carer, care home, guardian."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="needs")
    kind = models.CharField(max_length=30)
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "kind"], name="need_once")]


class Wish(models.Model):
    """What a person asked of us, such as no more contact. Append-only; the latest counts."""

    class Kind(models.TextChoices):
        NO_CONTACT = "no_contact"
        CONTACT = "contact"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="wishes")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=80)

    class Meta:
        indexes = [models.Index(fields=["person", "-id"])]


class ListVersion(models.Model):
    """One received version of a list, with its control totals.

    rows_in = new + changed + unchanged + duplicate + rejected; `removed` are people of the
    version before who are not in this one.
    """

    name = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    label = models.CharField(max_length=60, blank=True)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    received_by = models.CharField(max_length=80)
    rows_in = models.PositiveIntegerField()
    new = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    unchanged = models.PositiveIntegerField()
    duplicate = models.PositiveIntegerField()
    rejected = models.PositiveIntegerField()
    removed = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "number"], name="listversion_number"),
            models.UniqueConstraint(fields=["name", "sha256"], name="listversion_file_once"),
            models.CheckConstraint(
                condition=Q(rows_in=F("new") + F("changed") + F("unchanged") + F("duplicate") + F("rejected")),
                name="listversion_control_totals",
            ),
        ]


class ListChange(models.Model):
    """What one row of a list version did. `fields` names what changed, never the values."""

    version = models.ForeignKey(ListVersion, on_delete=models.PROTECT)
    row_number = models.PositiveIntegerField(null=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    outcome = models.CharField(max_length=10)
    fields = ArrayField(models.CharField(max_length=40), default=list)


class ListPlace(models.Model):
    """A person's place on a list: since which version, until which."""

    name = models.CharField(max_length=60)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    category = models.CharField(max_length=60, blank=True)
    data_source = models.CharField(max_length=60, blank=True)
    inception_date = models.DateField(null=True)
    first_version = models.ForeignKey(ListVersion, on_delete=models.PROTECT, related_name="+")
    removed_in = models.ForeignKey(ListVersion, null=True, on_delete=models.PROTECT, related_name="+")
    row_hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "person"], condition=Q(removed_in=None), name="listplace_once")
        ]


class OptOutExchange(models.Model):
    """One exchange of NHS numbers with the national data opt-out service: sent, and received cleaned.

    sent = cleaned + opted_out. What was sent lies as a file in the data folder: see `opt_outs.py`.
    """

    sent_at = models.DateTimeField()
    sent_by = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64)
    sent = models.PositiveIntegerField()
    received_at = models.DateTimeField(null=True)
    received_sha256 = models.CharField(max_length=64, blank=True)
    cleaned = models.PositiveIntegerField(default=0)
    opted_out = models.PositiveIntegerField(default=0)
    newly = models.PositiveIntegerField(default=0)
    no_longer = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(received_at=None) | Q(sent=F("cleaned") + F("opted_out")),
                name="optoutexchange_control_totals",
            )
        ]


class OptOut(models.Model):
    """Somebody with this NHS number opted out nationally, from one exchange until another.

    By number and not by person: records of a population name people who are nobody here.
    """

    nhs_number = models.CharField(max_length=10)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    exchange = models.ForeignKey(OptOutExchange, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["nhs_number"], condition=Q(until=None), name="optout_one_open"),
            models.CheckConstraint(condition=Q(nhs_number__regex=r"^[0-9]{10}$"), name="optout_nhs_number_shape"),
        ]


class Objection(models.Model):
    """A person objected to a use of their records, or took that back. Append-only; the latest of a purpose counts.

    `purpose` is that of a legal basis, or empty: every use beyond their own care. Another thing than
    the national opt-out, and than a wish for no messages.
    """

    class Kind(models.TextChoices):
        OBJECTS = "objects"
        WITHDRAWN = "withdrawn"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="objections")
    purpose = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    words = models.TextField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=80)

    class Meta:
        indexes = [models.Index(fields=["person", "purpose", "-id"])]


class RightsRequest(models.Model):
    """What a person asked about their records: access, rectification, erasure, objection, complaint; and its clocks.

    `who` and `reply_to` are as they gave them; `person` is known once they were found here.
    """

    class Kind(models.TextChoices):
        ACCESS = "access"
        RECTIFICATION = "rectification"
        ERASURE = "erasure"
        OBJECTION = "objection"
        COMPLAINT = "complaint"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=15, choices=Kind.choices)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    who = models.CharField(max_length=200)
    reply_to = models.TextField()
    asked = models.TextField()
    received_on = models.DateField()
    acknowledge_by = models.DateField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    due_on = models.DateField()
    extended_because = models.TextField(blank=True)
    identity_checked_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at=None, outcome="") | Q(closed_at__isnull=False) & ~Q(outcome=""),
                name="rightsrequest_closed_with_an_outcome",
            ),
            models.CheckConstraint(condition=Q(due_on__gte=F("received_on")), name="rightsrequest_due_after_received"),
        ]
        indexes = [
            models.Index(fields=["organisation", "due_on"], condition=Q(closed_at=None), name="rightsrequest_open")
        ]


class RightsStep(models.Model):
    """One thing that was done about a request. Append-only."""

    request = models.ForeignKey(RightsRequest, on_delete=models.PROTECT, related_name="steps")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    what = models.CharField(max_length=20)
    words = models.TextField(blank=True)
