"""Tables of people, their sessions, and what they have begun to write."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class Person(Model):
    """Somebody with an account. Address and number are stored folded, and only once they are proven or waiting to be.

    Of a deleted person the row stays, without anything that tells who it was.
    """

    id = fields.BigIntField(primary_key=True)
    email = fields.CharField(320, unique=True, null=True)
    phone = fields.CharField(20, unique=True, null=True)
    name = fields.CharField(200)
    password = fields.CharField(200)
    language = fields.CharField(2, default="ar", db_default="ar")
    created_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)
    register_hash = fields.CharField(64, unique=True, null=True)
    matched_at = fields.DatetimeField(null=True)
    place = fields.CharField(40, default="", db_default="")
    seen_at = fields.DatetimeField(null=True)
    blocked_at = fields.DatetimeField(null=True)
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        """Found by mail address, number, and pseudonym in the civil register."""

        table = "person"


class Session(Model):
    """A signed-in browser. Only the hash of its token is stored, so that a copy of the table signs nobody in."""

    token_hash = fields.CharField(64, primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="sessions", on_delete=fields.CASCADE
    )
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    last_seen_at = fields.DatetimeField(null=True)
    device = fields.CharField(200, default="", db_default="")
    method = fields.CharField(16, default="password", db_default="password")
    proven_at = fields.DatetimeField(null=True)
    acts_for_id = fields.BigIntField(null=True)
    visit_id = fields.BigIntField(null=True)

    class Meta:
        """Those of one person are found to be ended together."""

        table = "session"
        indexes = (
            Index(fields=("person_id",), name="session_person"),
            Index(fields=("expires_at",), name="session_expiry"),
        )


class Device(Model):
    """A kind of browser on a kind of system from which a person has signed in before. Another one is announced."""

    id = fields.BigIntField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="devices", on_delete=fields.CASCADE
    )
    family = fields.CharField(40)
    first_seen_at = fields.DatetimeField()

    class Meta:
        """Once a family."""

        table = "device"
        unique_together = (("person", "family"),)


class Link(Model):
    """A link sent by mail that proves who holds the address: to confirm an account or to set a new password."""

    token_hash = fields.CharField(64, primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="links", on_delete=fields.CASCADE
    )
    purpose = fields.CharField(16)
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)
    next = fields.CharField(500, default="", db_default="")

    class Meta:
        """Those of one person are found to be made void together."""

        table = "link"
        indexes = (Index(fields=("person_id",), name="link_person"),)


class Draft(Model):
    """What somebody wrote and could not send yet: a form as it was filled in, and where it was to go.

    Until somebody signs in it belongs to the browser in which it was written, by the hash of a cookie. Of one that was
    sent the row stays for a while, emptied, so that it is not sent twice.
    """

    id = fields.BigIntField(primary_key=True)
    token_hash = fields.CharField(64, unique=True)
    person: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="drafts", null=True, on_delete=fields.CASCADE
    )
    browser_hash = fields.CharField(64, default="", db_default="")
    title = fields.CharField(200)
    path = fields.CharField(500)
    values = fields.JSONField[dict[str, list[str]]]()
    files = fields.JSONField[list[str]](default=list)
    saved_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    sending_until = fields.DatetimeField(null=True)
    sent_at = fields.DatetimeField(null=True)

    class Meta:
        """Found by person on the own page, by browser on signing in, by expiry when old ones are thrown away."""

        table = "draft"
        indexes = (
            Index(fields=("person_id",), name="draft_person"),
            Index(fields=("browser_hash",), name="draft_browser"),
            Index(fields=("expires_at",), name="draft_expiry"),
        )
