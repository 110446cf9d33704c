"""Tables of companies and associations, and of those who may speak for them."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from app.accounts.models.people import Person


class Organization(Model):
    """A company or an association with an account of its own, for which its representatives act."""

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(16)
    name = fields.JSONField[dict[str, str]]()
    number = fields.CharField(60)
    email = fields.CharField(320, default="", db_default="")
    phone = fields.CharField(40, default="", db_default="")
    address = fields.CharField(300, default="", db_default="")
    state = fields.CharField(12, default="waiting", db_default="waiting")
    created_at = fields.DatetimeField()
    created_by: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="organizations_founded", on_delete=fields.RESTRICT
    )
    decided_at = fields.DatetimeField(null=True)
    decided_by = fields.CharField(120, default="", db_default="")
    decision = fields.TextField(default="", db_default="")

    class Meta:
        """One account a registration number and kind."""

        table = "organization"
        unique_together = (("kind", "number"),)
        indexes = (
            Index(fields=("state",), name="organization_state"),
            Index(fields=("created_by_id",), name="organization_founder"),
        )


class Representative(Model):
    """Somebody who may act for an organization, and in what. Ended, never deleted."""

    id = fields.BigIntField(primary_key=True)
    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "accounts.Organization", related_name="representatives", on_delete=fields.RESTRICT
    )
    person: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="represents", null=True, on_delete=fields.RESTRICT
    )
    email = fields.CharField(320, default="", db_default="")
    token_hash = fields.CharField(64, unique=True, null=True)
    powers = fields.JSONField[list[str]]()
    invited_at = fields.DatetimeField()
    invited_by_id = fields.BigIntField()
    accepted_at = fields.DatetimeField(null=True)
    expires_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    ended_by = fields.CharField(120, default="", db_default="")

    class Meta:
        """Found by person and by organization."""

        table = "representative"
        indexes = (
            Index(fields=("person_id", "ended_at"), name="representative_person"),
            Index(fields=("organization_id",), name="representative_organization"),
        )
