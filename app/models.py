"""Tables of the kernel: jobs, the outbox, the audit trail, stored files.

A docstring of a model goes into the database as its comment: no semicolon and no quote may stand in it, because
Tortoise splits its statements there.
"""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class Job(Model):
    """Work to be done after the change that asked for it, written in the same transaction."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(80)
    arguments = fields.JSONField[dict[str, object]]()
    unique_key = fields.CharField(120, null=True, unique=True)
    run_at = fields.DatetimeField()
    attempts = fields.IntField(default=0, db_default=0)
    taken_until = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)
    failed_at = fields.DatetimeField(null=True)
    error = fields.TextField(default="", db_default="")

    class Meta:
        """Open jobs are found by when they are due."""

        table = "job"
        indexes = (Index(fields=("finished_at", "failed_at", "run_at"), name="job_due"),)


class Schedule(Model):
    """When a repeated job was last put into the queue, so that several workers do it once."""

    name = fields.CharField(80, primary_key=True)
    last_at = fields.DatetimeField()

    class Meta:
        """One row a schedule."""

        table = "schedule"


class Message(Model):
    """A mail or short message on its way out. In development this table is the mailbox."""

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(8, default="mail", db_default="mail")
    recipient = fields.CharField(320)
    subject = fields.CharField(300)
    body = fields.TextField()
    language = fields.CharField(2, default="ar", db_default="ar")
    created_at = fields.DatetimeField()
    sent_at = fields.DatetimeField(null=True)
    error = fields.TextField(default="", db_default="")
    list_unsubscribe = fields.CharField(500, null=True)

    class Meta:
        """The newest are looked at first."""

        table = "message"
        indexes = (Index(fields=("created_at",), name="message_created"),)


class AuditEntry(Model):
    """One link of the audit trail, never changed and never deleted."""

    number = fields.BigIntField(primary_key=True, generated=False)
    at = fields.DatetimeField()
    actor = fields.CharField(120)
    verb = fields.CharField(80)
    object = fields.CharField(160)
    reason = fields.TextField(default="", db_default="")
    details = fields.TextField(default="{}", db_default="{}")
    previous = fields.CharField(64)
    digest = fields.CharField(64, unique=True)

    class Meta:
        """Found by object and by actor."""

        table = "audit_entry"
        indexes = (
            Index(fields=("object",), name="audit_object"),
            Index(fields=("actor",), name="audit_actor"),
        )


class StoredFile(Model):
    """The content of an attachment, once, under its hash."""

    digest = fields.CharField(64, primary_key=True)
    size = fields.BigIntField()
    media_type = fields.CharField(100)
    stored_at = fields.DatetimeField()

    class Meta:
        """One row a content."""

        table = "stored_file"
