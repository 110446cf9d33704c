import functools
from json import dumps, loads

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Announcement",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("text", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                ("kind", fields.CharField(default="info", db_default="info", max_length=8)),
                ("url", fields.CharField(default="", db_default="", max_length=500)),
                ("starts_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ends_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("made_by", fields.CharField(max_length=120)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "announcement",
                "app": "admin",
                "indexes": [Index(fields=["ends_at"], name="announcement_end")],
                "pk_attr": "id",
                "table_description": "A banner on every page for some time.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Choice",
            fields=[
                ("key", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=60)),
                ("value", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                ("changed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("changed_by", fields.CharField(max_length=120)),
            ],
            options={
                "table": "choice",
                "app": "admin",
                "pk_attr": "key",
                "table_description": "A setting that may be changed while the portal runs, such as how long something is kept.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="MailTemplate",
            fields=[
                ("key", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=60)),
                ("subject", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                ("body", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                ("changed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("changed_by", fields.CharField(max_length=120)),
                ("version", fields.IntField(default=1, db_default=1)),
            ],
            options={
                "table": "mail_template",
                "app": "admin",
                "pk_attr": "key",
                "table_description": "A mail in the words of the administrator instead of ours.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PageText",
            fields=[
                ("key", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=60)),
                ("text", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                ("changed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("changed_by", fields.CharField(max_length=120)),
                ("version", fields.IntField(default=1, db_default=1)),
            ],
            options={
                "table": "page_text",
                "app": "admin",
                "pk_attr": "key",
                "table_description": "A text of a page that an administrator has put in place of ours, in Markdown.",
            },
            bases=["Model"],
        ),
    ]
