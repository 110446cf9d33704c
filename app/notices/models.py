"""Tables of notifications and of how each person wants to be told."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from app.accounts.models import Person


class Notification(Model):
    """One thing a person is told, in both languages."""

    id = fields.BigIntField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="notifications", on_delete=fields.CASCADE
    )
    kind = fields.CharField(40)
    thread = fields.CharField(120, default="", db_default="")
    title = fields.JSONField[dict[str, str]]()
    text = fields.JSONField[dict[str, str]]()
    url = fields.CharField(500, default="", db_default="")
    must_act = fields.BooleanField(default=False, db_default=False)
    created_at = fields.DatetimeField()
    read_at = fields.DatetimeField(null=True)
    told_at = fields.DatetimeField(null=True)

    class Meta:
        """Listed by person, newest first, unread ones apart; those still to be told are found for the digest."""

        table = "notification"
        indexes = (
            Index(fields=("person_id", "id"), name="notification_person"),
            Index(fields=("person_id", "read_at"), name="notification_unread"),
            Index(fields=("told_at", "person_id"), name="notification_to_tell"),
        )


class Mute(Model):
    """A thread of which a person does not want to hear any more."""

    id = fields.BigIntField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="mutes", on_delete=fields.CASCADE
    )
    thread = fields.CharField(120)
    muted_at = fields.DatetimeField()

    class Meta:
        """Once a thread."""

        table = "mute"
        unique_together = (("person", "thread"),)


class Telling(Model):
    """How a person wants to be told: at once or once a day, by mail or by short message, and when not."""

    person: fields.OneToOneRelation[Person] = fields.OneToOneField(
        "accounts.Person", related_name="telling", on_delete=fields.CASCADE, primary_key=True
    )
    channel = fields.CharField(8, default="mail", db_default="mail")
    rhythm = fields.CharField(8, default="daily", db_default="daily")
    digest_hour = fields.IntField(default=8, db_default=8)
    quiet_from = fields.IntField(null=True)
    quiet_until = fields.IntField(null=True)
    last_digest_at = fields.DatetimeField(null=True)
    stopped_at = fields.DatetimeField(null=True)

    class Meta:
        """At most one a person; none means the defaults."""

        table = "telling"
