"""The local outbox: texts, e-mails and letters that would have left, to be read in the demo."""

from __future__ import annotations

from django.db import models


class Message(models.Model):
    """One accepted message. `reference` is ours; asking twice with it gives one message."""

    reference = models.UUIDField(primary_key=True)
    channel = models.CharField(max_length=10)
    to = models.TextField()
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    person_id = models.UUIDField(null=True)
    accepted_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["channel", "-accepted_at", "reference"])]
