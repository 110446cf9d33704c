"""Tables of roles: who holds which, where, until when, and the invitations that lead there."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from app.accounts.models.agencies import Agency, Unit
from app.accounts.models.people import Person


class Membership(Model):
    """A role of a person, in an agency or in the whole portal. Ended, never deleted."""

    id = fields.BigIntField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="memberships", on_delete=fields.RESTRICT
    )
    role = fields.CharField(24)
    agency: fields.ForeignKeyNullableRelation[Agency] = fields.ForeignKeyField(
        "accounts.Agency", related_name="memberships", null=True, on_delete=fields.RESTRICT
    )
    unit: fields.ForeignKeyNullableRelation[Unit] = fields.ForeignKeyField(
        "accounts.Unit", related_name="memberships", null=True, on_delete=fields.RESTRICT
    )
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField(null=True)
    granted_by = fields.CharField(120)
    reason = fields.TextField(default="", db_default="")
    stands_in_for: fields.ForeignKeyNullableRelation[Membership] = fields.ForeignKeyField(
        "accounts.Membership", related_name="deputies", null=True, on_delete=fields.RESTRICT
    )
    ended_at = fields.DatetimeField(null=True)
    ended_by = fields.CharField(120, default="", db_default="")

    class Meta:
        """Found by person at every request, by agency on its pages."""

        table = "membership"
        indexes = (
            Index(fields=("person_id", "ended_at"), name="membership_person"),
            Index(fields=("agency_id", "role"), name="membership_agency"),
            Index(fields=("role",), name="membership_role"),
            Index(fields=("unit_id",), name="membership_unit"),
            Index(fields=("stands_in_for_id",), name="membership_deputies"),
        )


class Invitation(Model):
    """An offer of a role, by mail. That of an administrator waits for the consent of a second one."""

    id = fields.BigIntField(primary_key=True)
    token_hash = fields.CharField(64, unique=True, null=True)
    email = fields.CharField(320)
    role = fields.CharField(24)
    agency: fields.ForeignKeyNullableRelation[Agency] = fields.ForeignKeyField(
        "accounts.Agency", related_name="invitations", null=True, on_delete=fields.RESTRICT
    )
    unit: fields.ForeignKeyNullableRelation[Unit] = fields.ForeignKeyField(
        "accounts.Unit", related_name="invitations", null=True, on_delete=fields.RESTRICT
    )
    role_until = fields.DatetimeField(null=True)
    reason = fields.TextField(default="", db_default="")
    invited_by: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="invitations_sent", on_delete=fields.RESTRICT
    )
    invited_at = fields.DatetimeField()
    approved_by: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="invitations_approved", null=True, on_delete=fields.RESTRICT
    )
    approved_at = fields.DatetimeField(null=True)
    expires_at = fields.DatetimeField()
    accepted_by: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="invitations_accepted", null=True, on_delete=fields.RESTRICT
    )
    accepted_at = fields.DatetimeField(null=True)
    withdrawn_at = fields.DatetimeField(null=True)
    withdrawn_by = fields.CharField(120, default="", db_default="")

    class Meta:
        """Open ones are listed by agency and by address."""

        table = "invitation"
        indexes = (
            Index(fields=("email",), name="invitation_email"),
            Index(fields=("agency_id",), name="invitation_agency"),
            Index(fields=("expires_at",), name="invitation_expiry"),
        )
