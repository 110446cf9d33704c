import functools
from json import dumps, loads

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    initial = True

    operations = [
        ops.CreateModel(
            name="Mute",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "person",
                    fields.ForeignKeyField(
                        "accounts.Person",
                        source_field="person_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="mutes",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("thread", fields.CharField(max_length=120)),
                ("muted_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "mute",
                "app": "notices",
                "unique_together": (("person", "thread"),),
                "pk_attr": "id",
                "table_description": "A thread of which a person does not want to hear any more.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Notification",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "person",
                    fields.ForeignKeyField(
                        "accounts.Person",
                        source_field="person_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="notifications",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("kind", fields.CharField(max_length=40)),
                ("thread", fields.CharField(default="", db_default="", max_length=120)),
                ("title", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                ("text", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                ("url", fields.CharField(default="", db_default="", max_length=500)),
                ("must_act", fields.BooleanField(default=False, db_default=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("read_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("told_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "notification",
                "app": "notices",
                "indexes": [
                    Index(fields=["person_id", "id"], name="notification_person"),
                    Index(fields=["person_id", "read_at"], name="notification_unread"),
                    Index(fields=["told_at", "person_id"], name="notification_to_tell"),
                ],
                "pk_attr": "id",
                "table_description": "One thing a person is told, in both languages.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Telling",
            fields=[
                (
                    "person",
                    fields.OneToOneField(
                        "accounts.Person",
                        source_field="person_id",
                        primary_key=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="telling",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("channel", fields.CharField(default="mail", db_default="mail", max_length=8)),
                ("rhythm", fields.CharField(default="daily", db_default="daily", max_length=8)),
                ("digest_hour", fields.IntField(default=8, db_default=8)),
                ("quiet_from", fields.IntField(null=True)),
                ("quiet_until", fields.IntField(null=True)),
                ("last_digest_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("stopped_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "telling",
                "app": "notices",
                "pk_attr": "person_id",
                "table_description": "How a person wants to be told: at once or once a day, by mail or by short message, and when not.",
            },
            bases=["Model"],
        ),
    ]
