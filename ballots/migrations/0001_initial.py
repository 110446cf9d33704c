import functools
from json import dumps, loads

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from ballots.rules import State


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_people_and_agencies")]

    initial = True

    operations = [
        ops.CreateModel(
            name="Election",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("uuid", fields.CharField(unique=True, max_length=22)),
                (
                    "state",
                    fields.CharEnumField(
                        default=State.DRAFT,
                        description="DRAFT: draft\nREADY: ready\nOPEN: open\nCLOSED: closed\nDECRYPTING: decrypting\nTALLIED: tallied\nARCHIVED: archived\nCANCELLED: cancelled",
                        enum_type=State,
                        max_length=12,
                    ),
                ),
                ("is_test", fields.BooleanField(default=False, db_default=False)),
                ("title", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                (
                    "description",
                    fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads),
                ),
                ("contact", fields.CharField(default="", db_default="", max_length=320)),
                ("group", fields.CharField(default="Ed25519", db_default="Ed25519", max_length=16)),
                ("questions", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                (
                    "agency",
                    fields.ForeignKeyField(
                        "accounts.Agency",
                        source_field="agency_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="elections",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("opens_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("closes_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("count_from", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("voters_by", fields.CharField(default="list", db_default="list", max_length=8)),
                ("level", fields.IntField(default=2, db_default=2)),
                ("place", fields.CharField(default="", db_default="", max_length=40)),
                ("sign_in", fields.BooleanField(default=True, db_default=True)),
                ("weighted", fields.BooleanField(default=False, db_default=False)),
                ("threshold", fields.IntField(default=0, db_default=0)),
                ("authority_name", fields.CharField(default="", db_default="", max_length=120)),
                ("authority_email", fields.CharField(default="", db_default="", max_length=320)),
                ("authority_token", fields.CharField(null=True, unique=True, max_length=64)),
                ("credentials_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("delivered_by_portal", fields.BooleanField(default=False, db_default=False)),
                ("version", fields.IntField(default=1, db_default=1)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("frozen_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("record", fields.TextField(default="", db_default="", unique=False)),
                ("trustees_record", fields.TextField(default="", db_default="", unique=False)),
                ("fingerprint", fields.CharField(default="", db_default="", max_length=43)),
                ("credentials_fingerprint", fields.CharField(default="", db_default="", max_length=43)),
                ("archive_time", fields.BigIntField(default=0, db_default=0)),
                ("archive_size", fields.BigIntField(default=0, db_default=0)),
                ("height", fields.BigIntField(default=-1, db_default=-1)),
                ("head", fields.CharField(default="", db_default="", max_length=64)),
                ("voters_number", fields.BigIntField(default=0, db_default=0)),
                ("ballots", fields.BigIntField(default=0, db_default=0)),
                ("counted", fields.BigIntField(default=0, db_default=0)),
                ("weight", fields.BigIntField(default=0, db_default=0)),
                (
                    "result",
                    fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads),
                ),
                ("tally", fields.TextField(default="", db_default="", unique=False)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("tallied_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "election",
                "app": "ballots",
                "indexes": [
                    Index(fields=["state", "closes_at"], name="election_state"),
                    Index(fields=["agency_id"], name="election_agency"),
                ],
                "pk_attr": "id",
                "table_description": "An election or referendum. Texts and times are the draft until it is frozen, and never change afterwards.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="BoardEvent",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "election",
                    fields.ForeignKeyField(
                        "ballots.Election",
                        source_field="election_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="events",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("height", fields.BigIntField()),
                ("kind", fields.CharField(max_length=20)),
                ("digest", fields.CharField(max_length=64)),
                ("payload", fields.CharField(null=True, max_length=64)),
                ("start", fields.BigIntField()),
                ("size", fields.BigIntField()),
                ("chunk", fields.BinaryField()),
            ],
            options={
                "table": "board_event",
                "app": "ballots",
                "unique_together": (("election", "height"),),
                "indexes": [Index(fields=["election_id", "start"], name="board_event_start")],
                "pk_attr": "id",
                "table_description": "One event of the board with its records, as the bytes that stand in the archive. Never changed.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CastBallot",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "election",
                    fields.ForeignKeyField(
                        "ballots.Election",
                        source_field="election_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="cast",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("height", fields.BigIntField()),
                ("tracker", fields.CharField(max_length=43)),
                ("seal", fields.CharField(max_length=43)),
                ("credential", fields.CharField(max_length=64)),
                ("replaces", fields.BigIntField(null=True)),
                ("replaced_by", fields.BigIntField(null=True)),
            ],
            options={
                "table": "cast_ballot",
                "app": "ballots",
                "unique_together": (("election", "height"), ("election", "tracker"), ("election", "seal")),
                "indexes": [Index(fields=["election_id", "credential"], name="cast_ballot_credential")],
                "pk_attr": "id",
                "table_description": "A ballot on the board, found by its tracker, its seal and its credential. Nothing here names a voter.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CeremonyPart",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "election",
                    fields.ForeignKeyField(
                        "ballots.Election",
                        source_field="election_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="parts",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("kind", fields.CharField(max_length=16)),
                ("index", fields.IntField()),
                ("body", fields.TextField(unique=False)),
            ],
            options={
                "table": "ceremony_part",
                "app": "ballots",
                "unique_together": (("election", "kind", "index"),),
                "pk_attr": "id",
                "table_description": "What a trustee has published in the key ceremony. Nothing in it is secret: shares are encrypted to others.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Credential",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "election",
                    fields.ForeignKeyField(
                        "ballots.Election",
                        source_field="election_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="credentials",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("digest", fields.CharField(max_length=64)),
                ("public", fields.TextField(unique=False)),
                ("weight", fields.BigIntField(default=1, db_default=1)),
                ("bound", fields.BooleanField(default=False, db_default=False)),
                (
                    "used_by",
                    fields.ForeignKeyField(
                        "accounts.Person",
                        source_field="used_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="credentials",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
            ],
            options={
                "table": "election_credential",
                "app": "ballots",
                "unique_together": (("election", "digest"), ("election", "used_by")),
                "pk_attr": "id",
                "table_description": "An entry of the public list: who may vote, by a key. `used_by` is the account that cast with it first.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SpoiledSeal",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "election",
                    fields.ForeignKeyField(
                        "ballots.Election",
                        source_field="election_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="spoiled",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("seal", fields.CharField(max_length=43)),
            ],
            options={
                "table": "spoiled_seal",
                "app": "ballots",
                "unique_together": (("election", "seal"),),
                "pk_attr": "id",
                "table_description": "A seal that was opened for an audit and can never be cast.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Trustee",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "election",
                    fields.ForeignKeyField(
                        "ballots.Election",
                        source_field="election_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="trustees",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("index", fields.IntField()),
                ("name", fields.CharField(max_length=120)),
                ("email", fields.CharField(max_length=320)),
                ("token_hash", fields.CharField(unique=True, max_length=64)),
                ("language", fields.CharField(default="ar", db_default="ar", max_length=2)),
                (
                    "test",
                    fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads),
                ),
                ("test_answer", fields.CharField(default="", db_default="", max_length=64)),
                ("tested_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("lost_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "strong",
                    fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads),
                ),
                ("decrypted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "trustee",
                "app": "ballots",
                "unique_together": (("election", "index"),),
                "pk_attr": "id",
                "table_description": "Somebody who holds a part of the key. The link in the invitation carries the token, of which a hash is kept.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Turnout",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "election",
                    fields.ForeignKeyField(
                        "ballots.Election",
                        source_field="election_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="turnout",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("hour", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("voters", fields.BigIntField(default=0, db_default=0)),
            ],
            options={
                "table": "election_turnout",
                "app": "ballots",
                "unique_together": (("election", "hour"),),
                "pk_attr": "id",
                "table_description": "How many voters came in an hour, shown only where there are many of them.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Voter",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "election",
                    fields.ForeignKeyField(
                        "ballots.Election",
                        source_field="election_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="voters",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("number", fields.CharField(max_length=80)),
                ("name", fields.CharField(max_length=300)),
                ("contact", fields.CharField(default="", db_default="", max_length=320)),
                ("weight", fields.BigIntField(default=1, db_default=1)),
                (
                    "person",
                    fields.ForeignKeyField(
                        "accounts.Person",
                        source_field="person_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="may_vote",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                ("reminded_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("bound", fields.BooleanField(default=False, db_default=False)),
            ],
            options={
                "table": "election_voter",
                "app": "ballots",
                "unique_together": (("election", "number"),),
                "indexes": [
                    Index(fields=["election_id", "contact"], name="election_voter_contact"),
                    Index(fields=["person_id"], name="election_voter_person"),
                ],
                "pk_attr": "id",
                "table_description": "An entry of the voters' list that the credential authority works from. It never meets the public credentials.",
            },
            bases=["Model"],
        ),
    ]
