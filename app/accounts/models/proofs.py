"""Tables of what proves a person: codes, passkeys, one-time passwords, other providers, the register, a visit."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from app.accounts.models.people import Person


class Code(Model):
    """A code sent to an address or a number. Every guess is counted before it is compared."""

    id = fields.BigIntField(primary_key=True)
    purpose = fields.CharField(16)
    target = fields.CharField(320)
    person: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="codes", null=True, on_delete=fields.CASCADE
    )
    handle = fields.CharField(64, unique=True)
    code_hash = fields.CharField(64)
    guesses = fields.IntField(default=0, db_default=0)
    data = fields.JSONField[dict[str, str]](default=dict)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        """Found by the handle that the browser holds."""

        table = "code"
        indexes = (
            Index(fields=("person_id",), name="code_person"),
            Index(fields=("target", "created_at"), name="code_target"),
            Index(fields=("expires_at",), name="code_expiry"),
        )


class Ceremony(Model):
    """The server's half of an exchange that is under way: a challenge for a passkey, a visit to another provider."""

    token_hash = fields.CharField(64, primary_key=True)
    kind = fields.CharField(24)
    person: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="ceremonies", null=True, on_delete=fields.CASCADE
    )
    data = fields.JSONField[dict[str, str]]()
    guesses = fields.IntField(default=0, db_default=0)
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        """Used once."""

        table = "ceremony"
        indexes = (
            Index(fields=("person_id",), name="ceremony_person"),
            Index(fields=("expires_at",), name="ceremony_expiry"),
        )


class Passkey(Model):
    """A key of a device or a key ring (WebAuthn), by its credential id."""

    credential_id = fields.CharField(512, primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="passkeys", on_delete=fields.CASCADE
    )
    public_key = fields.TextField()
    sign_count = fields.BigIntField(default=0, db_default=0)
    name = fields.CharField(100)
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField(null=True)

    class Meta:
        """Listed by person."""

        table = "passkey"
        indexes = (Index(fields=("person_id",), name="passkey_person"),)


class Totp(Model):
    """The secret of an authenticator app, sealed with the portal key, and the last step that was used."""

    person: fields.OneToOneRelation[Person] = fields.OneToOneField(
        "accounts.Person", related_name="totp", on_delete=fields.CASCADE, primary_key=True
    )
    secret = fields.TextField()
    created_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)
    last_step = fields.BigIntField(default=0, db_default=0)

    class Meta:
        """At most one a person."""

        table = "totp"


class RecoveryCode(Model):
    """A printed code that stands in for a lost authenticator, once."""

    id = fields.BigIntField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="recovery_codes", on_delete=fields.CASCADE
    )
    code_hash = fields.CharField(64)
    used_at = fields.DatetimeField(null=True)

    class Meta:
        """Found by person and hash."""

        table = "recovery_code"
        indexes = (Index(fields=("person_id", "code_hash"), name="recovery_code_person"),)


class Identity(Model):
    """Who somebody is at another provider (OpenID Connect): issuer and subject."""

    id = fields.BigIntField(primary_key=True)
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="identities", on_delete=fields.CASCADE
    )
    issuer = fields.CharField(200)
    subject = fields.CharField(255)
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField(null=True)

    class Meta:
        """One account a subject."""

        table = "identity"
        unique_together = (("issuer", "subject"),)
        indexes = (Index(fields=("person_id",), name="identity_person"),)


class RegisterBatch(Model):
    """An import of the civil register. Its entries count from the moment it is finished."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(40, unique=True)
    rows = fields.BigIntField(default=0, db_default=0)
    started_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)
    made_by = fields.CharField(120)

    class Meta:
        """One row a file."""

        table = "register_batch"


class RegisterEntry(Model):
    """Somebody in the civil register: a keyed hash of number and birth date, and the place whose list holds them."""

    id = fields.BigIntField(primary_key=True)
    entry_hash = fields.CharField(64)
    place = fields.CharField(40, default="", db_default="")
    batch: fields.ForeignKeyRelation[RegisterBatch] = fields.ForeignKeyField(
        "accounts.RegisterBatch", related_name="entries", on_delete=fields.CASCADE
    )

    class Meta:
        """Once a batch, so that a new one can be brought in beside the old."""

        table = "register_entry"
        unique_together = (("entry_hash", "batch"),)
        indexes = (Index(fields=("batch_id",), name="register_entry_batch"),)


class Visit(Model):
    """An agent of a service centre acting for somebody who is present, for half an hour."""

    id = fields.BigIntField(primary_key=True)
    agent: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="visits_given", on_delete=fields.RESTRICT
    )
    citizen: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="visits", on_delete=fields.RESTRICT
    )
    agency_id = fields.BigIntField()
    proof = fields.CharField(16)
    note = fields.CharField(200, default="", db_default="")
    started_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    acts = fields.JSONField[list[dict[str, str]]](default=list)
    disputed_at = fields.DatetimeField(null=True)
    dispute = fields.TextField(default="", db_default="")
    decided_at = fields.DatetimeField(null=True)
    decision = fields.TextField(default="", db_default="")

    class Meta:
        """Found by citizen on the own page, by agent and agency in oversight."""

        table = "visit"
        indexes = (
            Index(fields=("citizen_id",), name="visit_citizen"),
            Index(fields=("agent_id",), name="visit_agent"),
            Index(fields=("disputed_at",), name="visit_disputed"),
        )
