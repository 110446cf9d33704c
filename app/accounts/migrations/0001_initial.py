import functools
from json import dumps, loads

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Agency",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("slug", fields.CharField(unique=True, max_length=80)),
                ("kind", fields.CharField(max_length=20)),
                ("name", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                ("summary", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                (
                    "parent",
                    fields.ForeignKeyField(
                        "accounts.Agency",
                        source_field="parent_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="children",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("email", fields.CharField(default="", db_default="", max_length=320)),
                ("phone", fields.CharField(default="", db_default="", max_length=40)),
                ("address", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                ("search", fields.TextField(default="", db_default="", unique=False)),
            ],
            options={
                "table": "agency",
                "app": "accounts",
                "indexes": [Index(fields=["parent_id"], name="agency_parent")],
                "pk_attr": "id",
                "table_description": "A public body: a ministry, a directorate, an office of a governorate.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Person",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("email", fields.CharField(unique=True, max_length=320)),
                ("name", fields.CharField(max_length=200)),
                ("password", fields.CharField(max_length=200)),
                ("language", fields.CharField(default="ar", db_default="ar", max_length=2)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("confirmed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("is_admin", fields.BooleanField(default=False, db_default=False)),
            ],
            options={
                "table": "person",
                "app": "accounts",
                "pk_attr": "id",
                "table_description": "Somebody with an account. The address is stored folded, and confirmed when a mail to it was answered.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Link",
            fields=[
                ("token_hash", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                (
                    "person",
                    fields.ForeignKeyField(
                        "accounts.Person",
                        source_field="person_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="links",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("purpose", fields.CharField(max_length=16)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "link",
                "app": "accounts",
                "indexes": [Index(fields=["person_id"], name="link_person")],
                "pk_attr": "token_hash",
                "table_description": "A link sent by mail that proves who holds the address: to confirm an account or to set a new password.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Session",
            fields=[
                ("token_hash", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                (
                    "person",
                    fields.ForeignKeyField(
                        "accounts.Person",
                        source_field="person_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="sessions",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("device", fields.CharField(default="", db_default="", max_length=200)),
            ],
            options={
                "table": "session",
                "app": "accounts",
                "indexes": [
                    Index(fields=["person_id"], name="session_person"),
                    Index(fields=["expires_at"], name="session_expiry"),
                ],
                "pk_attr": "token_hash",
                "table_description": "A signed-in browser. Only the hash of its token is stored, so that a copy of the table signs nobody in.",
            },
            bases=["Model"],
        ),
    ]
