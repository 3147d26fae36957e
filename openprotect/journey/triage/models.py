"""What was decided about an answer set, by which rows of which table. Append-only."""

from __future__ import annotations

import uuid

from django.db import models

from openprotect.journey.check_in.models import AnswerSet
from openprotect.people.models import Person
from openprotect.programmes.models import PackVersion


class Decision(models.Model):
    """The decision about one answer set: the rows that fired, what each read, the version.

    `fired` is a list of {row, category, urgency, advice, why, read}; `outcome` the most
    urgent urgency of all rows, or `cannot_assess`; `calls` what act was asked to raise.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    answer_set = models.OneToOneField(AnswerSet, on_delete=models.PROTECT)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    pack_version = models.ForeignKey(PackVersion, on_delete=models.PROTECT)
    outcome = models.CharField(max_length=20)
    fired = models.JSONField()
    calls = models.JSONField(default=list)
    cannot_assess = models.JSONField(default=list)
    decided_at = models.DateTimeField()
