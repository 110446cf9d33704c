"""Tables of elections: the draft, the board, credentials, trustees, voters."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from app.accounts.models import Agency, Person
from app.models import StoredFile
from ballots.rules import Pause, State, due, is_paused


class Election(Model):
    """An election or referendum. Texts and times are the draft until it is frozen, and never change afterwards."""

    id = fields.BigIntField(primary_key=True)
    uuid = fields.CharField(22, unique=True)
    state = fields.CharEnumField(State, max_length=12, default=State.DRAFT)
    is_test = fields.BooleanField(default=False, db_default=False)
    title = fields.JSONField[dict[str, str]]()
    description = fields.JSONField[dict[str, str]]()
    contact = fields.CharField(320, default="", db_default="")
    group = fields.CharField(16, default="Ed25519", db_default="Ed25519")
    questions = fields.JSONField[list[dict[str, Any]]]()
    agency: fields.ForeignKeyNullableRelation[Agency] = fields.ForeignKeyField(
        "accounts.Agency", related_name="elections", null=True, on_delete=fields.RESTRICT
    )
    opens_at = fields.DatetimeField(null=True)
    closes_at = fields.DatetimeField(null=True)
    count_from = fields.DatetimeField(null=True)
    voters_by = fields.CharField(8, default="list", db_default="list")
    level = fields.IntField(default=2, db_default=2)
    place = fields.CharField(40, default="", db_default="")
    sign_in = fields.BooleanField(default=True, db_default=True)
    weighted = fields.BooleanField(default=False, db_default=False)
    threshold = fields.IntField(default=0, db_default=0)
    authority_name = fields.CharField(120, default="", db_default="")
    authority_email = fields.CharField(320, default="", db_default="")
    authority_token = fields.CharField(64, null=True, unique=True)
    credentials_at = fields.DatetimeField(null=True)
    delivered_by_portal = fields.BooleanField(default=False, db_default=False)
    version = fields.IntField(default=1, db_default=1)
    created_at = fields.DatetimeField()
    frozen_at = fields.DatetimeField(null=True)
    record = fields.TextField(default="", db_default="")
    trustees_record = fields.TextField(default="", db_default="")
    fingerprint = fields.CharField(43, default="", db_default="")
    credentials_fingerprint = fields.CharField(43, default="", db_default="")
    archive_time = fields.BigIntField(default=0, db_default=0)
    archive_size = fields.BigIntField(default=0, db_default=0)
    height = fields.BigIntField(default=-1, db_default=-1)
    head = fields.CharField(64, default="", db_default="")
    voters_number = fields.BigIntField(default=0, db_default=0)
    ballots = fields.BigIntField(default=0, db_default=0)
    counted = fields.BigIntField(default=0, db_default=0)
    weight = fields.BigIntField(default=0, db_default=0)
    result = fields.JSONField[list[list[int]]](null=True)
    tally = fields.TextField(default="", db_default="")
    closed_at = fields.DatetimeField(null=True)
    paused_at = fields.DatetimeField(null=True)
    paused_why = fields.CharEnumField(Pause, max_length=8, null=True)
    tallied_at = fields.DatetimeField(null=True)

    @property
    def subject(self) -> str:
        """What the audit trail calls it."""
        return f"election:{self.uuid}"

    @property
    def is_paused(self) -> bool:
        """Whether the vote stands still."""
        return is_paused(self.state, self.paused_at)

    def due(self, now: datetime) -> State | None:
        """The state that time alone brings about, if any."""
        return due(self.state, self.opens_at, self.closes_at, now, self.paused_at)

    class Meta:
        """Found by state and time."""

        table = "election"
        indexes = (
            Index(fields=("state", "closes_at"), name="election_state"),
            Index(fields=("agency_id",), name="election_agency"),
        )


class ElectionDocument(Model):
    """A file that voters should read, such as the text of a law. Frozen with the election, by its hash."""

    id = fields.BigIntField(primary_key=True)
    election: fields.ForeignKeyRelation[Election] = fields.ForeignKeyField(
        "ballots.Election", related_name="documents", on_delete=fields.RESTRICT
    )
    file: fields.ForeignKeyRelation[StoredFile] = fields.ForeignKeyField(
        "kernel.StoredFile", related_name="election_documents", on_delete=fields.RESTRICT
    )
    title = fields.JSONField[dict[str, str]]()
    name = fields.CharField(200)
    added_at = fields.DatetimeField()

    @property
    def digest(self) -> str:
        """SHA-256 of the content, in hexadecimal."""
        return str(self.file_id)  # type: ignore[attr-defined]  # Tortoise adds it

    class Meta:
        """Listed by election; the same content once."""

        table = "election_document"
        unique_together = (("election", "file"),)
        indexes = (Index(fields=("file_id",), name="election_document_file"),)


class BoardEvent(Model):
    """One event of the board with its records, as the bytes that stand in the archive. Never changed."""

    id = fields.BigIntField(primary_key=True)
    election: fields.ForeignKeyRelation[Election] = fields.ForeignKeyField(
        "ballots.Election", related_name="events", on_delete=fields.RESTRICT
    )
    height = fields.BigIntField()
    kind = fields.CharField(20)
    digest = fields.CharField(64)
    payload = fields.CharField(64, null=True)
    start = fields.BigIntField()
    size = fields.BigIntField()
    chunk = fields.BinaryField()

    class Meta:
        """The chain has one event at each height."""

        table = "board_event"
        unique_together = (("election", "height"),)
        indexes = (Index(fields=("election_id", "start"), name="board_event_start"),)


class CastBallot(Model):
    """A ballot on the board, found by its tracker, its seal and its credential. Nothing here names a voter."""

    id = fields.BigIntField(primary_key=True)
    election: fields.ForeignKeyRelation[Election] = fields.ForeignKeyField(
        "ballots.Election", related_name="cast", on_delete=fields.RESTRICT
    )
    height = fields.BigIntField()
    tracker = fields.CharField(43)
    seal = fields.CharField(43)
    credential = fields.CharField(64)
    replaces = fields.BigIntField(null=True)
    replaced_by = fields.BigIntField(null=True)

    class Meta:
        """No ballot and no seal stands twice."""

        table = "cast_ballot"
        unique_together = (("election", "height"), ("election", "tracker"), ("election", "seal"))
        indexes = (Index(fields=("election_id", "credential"), name="cast_ballot_credential"),)


class Credential(Model):
    """An entry of the public list: who may vote, by a key. `used_by` is the account that cast with it first."""

    id = fields.BigIntField(primary_key=True)
    election: fields.ForeignKeyRelation[Election] = fields.ForeignKeyField(
        "ballots.Election", related_name="credentials", on_delete=fields.RESTRICT
    )
    digest = fields.CharField(64)
    public = fields.TextField()
    weight = fields.BigIntField(default=1, db_default=1)
    bound = fields.BooleanField(default=False, db_default=False)
    used_by: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="credentials", null=True, on_delete=fields.SET_NULL
    )

    class Meta:
        """One key once; one account one key."""

        table = "election_credential"
        unique_together = (("election", "digest"), ("election", "used_by"))


class Voter(Model):
    """An entry of the voters' list that the credential authority works from. It never meets the public credentials."""

    id = fields.BigIntField(primary_key=True)
    election: fields.ForeignKeyRelation[Election] = fields.ForeignKeyField(
        "ballots.Election", related_name="voters", on_delete=fields.CASCADE
    )
    number = fields.CharField(80)
    name = fields.CharField(300)
    contact = fields.CharField(320, default="", db_default="")
    weight = fields.BigIntField(default=1, db_default=1)
    person: fields.ForeignKeyNullableRelation[Person] = fields.ForeignKeyField(
        "accounts.Person", related_name="may_vote", null=True, on_delete=fields.SET_NULL
    )
    reminded_at = fields.DatetimeField(null=True)
    bound = fields.BooleanField(default=False, db_default=False)

    class Meta:
        """A number stands once."""

        table = "election_voter"
        unique_together = (("election", "number"),)
        indexes = (
            Index(fields=("election_id", "contact"), name="election_voter_contact"),
            Index(fields=("person_id",), name="election_voter_person"),
        )


class Trustee(Model):
    """Somebody who holds a part of the key. The link in the invitation carries the token, of which a hash is kept."""

    id = fields.BigIntField(primary_key=True)
    election: fields.ForeignKeyRelation[Election] = fields.ForeignKeyField(
        "ballots.Election", related_name="trustees", on_delete=fields.CASCADE
    )
    index = fields.IntField()
    name = fields.CharField(120)
    email = fields.CharField(320)
    token_hash = fields.CharField(64, unique=True)
    language = fields.CharField(2, default="ar", db_default="ar")
    test = fields.JSONField[dict[str, str]](null=True)
    test_answer = fields.CharField(64, default="", db_default="")
    tested_at = fields.DatetimeField(null=True)
    lost_at = fields.DatetimeField(null=True)
    strong = fields.JSONField[dict[str, Any]](null=True)
    decrypted_at = fields.DatetimeField(null=True)

    class Meta:
        """Numbered from 1, as in the record."""

        table = "trustee"
        unique_together = (("election", "index"),)


class CeremonyPart(Model):
    """What a trustee has published in the key ceremony. Nothing in it is secret: shares are encrypted to others."""

    id = fields.BigIntField(primary_key=True)
    election: fields.ForeignKeyRelation[Election] = fields.ForeignKeyField(
        "ballots.Election", related_name="parts", on_delete=fields.CASCADE
    )
    kind = fields.CharField(16)
    index = fields.IntField()
    body = fields.TextField()

    class Meta:
        """Published once."""

        table = "ceremony_part"
        unique_together = (("election", "kind", "index"),)


class SpoiledSeal(Model):
    """A seal that was opened for an audit and can never be cast."""

    id = fields.BigIntField(primary_key=True)
    election: fields.ForeignKeyRelation[Election] = fields.ForeignKeyField(
        "ballots.Election", related_name="spoiled", on_delete=fields.CASCADE
    )
    seal = fields.CharField(43)

    class Meta:
        """Once is enough."""

        table = "spoiled_seal"
        unique_together = (("election", "seal"),)


class Turnout(Model):
    """How many voters came in an hour, shown only where there are many of them."""

    id = fields.BigIntField(primary_key=True)
    election: fields.ForeignKeyRelation[Election] = fields.ForeignKeyField(
        "ballots.Election", related_name="turnout", on_delete=fields.CASCADE
    )
    hour = fields.DatetimeField()
    voters = fields.BigIntField(default=0, db_default=0)

    class Meta:
        """A row an hour."""

        table = "election_turnout"
        unique_together = (("election", "hour"),)
