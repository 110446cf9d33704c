"""Tables of people, sessions and agencies."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class Person(Model):
    """Somebody with an account. The address is stored folded, and confirmed when a mail to it was answered."""

    id = fields.BigIntField(primary_key=True)
    email = fields.CharField(320, unique=True)
    name = fields.CharField(200)
    password = fields.CharField(200)
    language = fields.CharField(2, default="ar", db_default="ar")
    created_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)
    is_admin = fields.BooleanField(default=False, db_default=False)

    class Meta:
        """Found by mail address."""

        table = "person"


class Session(Model):
    """A signed-in browser. Only the hash of its token is stored, so that a copy of the table signs nobody in."""

    token_hash = fields.CharField(64, primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="sessions", on_delete=fields.CASCADE
    )
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    device = fields.CharField(200, default="", db_default="")

    class Meta:
        """Those of one person are found to be ended together."""

        table = "session"
        indexes = (
            Index(fields=("person_id",), name="session_person"),
            Index(fields=("expires_at",), name="session_expiry"),
        )


class Link(Model):
    """A link sent by mail that proves who holds the address: to confirm an account or to set a new password."""

    token_hash = fields.CharField(64, primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="links", on_delete=fields.CASCADE
    )
    purpose = fields.CharField(16)
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        """Those of one person are found to be made void together."""

        table = "link"
        indexes = (Index(fields=("person_id",), name="link_person"),)


class Agency(Model):
    """A public body: a ministry, a directorate, an office of a governorate."""

    id = fields.BigIntField(primary_key=True)
    slug = fields.CharField(80, unique=True)
    kind = fields.CharField(20)
    name = fields.JSONField[dict[str, str]]()
    summary = fields.JSONField[dict[str, str]]()
    parent: fields.ForeignKeyNullableRelation[Agency] = fields.ForeignKeyField(
        "accounts.Agency", related_name="children", null=True, on_delete=fields.RESTRICT
    )
    email = fields.CharField(320, default="", db_default="")
    phone = fields.CharField(40, default="", db_default="")
    address = fields.JSONField[dict[str, str]]()
    search = fields.TextField(default="", db_default="")

    class Meta:
        """Found by parent."""

        table = "agency"
        indexes = (Index(fields=("parent_id",), name="agency_parent"),)
