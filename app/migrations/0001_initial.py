import functools
from json import dumps, loads

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="AuditEntry",
            fields=[
                ("number", fields.BigIntField(generated=False, primary_key=True, unique=True, db_index=True)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("actor", fields.CharField(max_length=120)),
                ("verb", fields.CharField(max_length=80)),
                ("object", fields.CharField(max_length=160)),
                ("reason", fields.TextField(default="", db_default="", unique=False)),
                ("details", fields.TextField(default="{}", db_default="{}", unique=False)),
                ("previous", fields.CharField(max_length=64)),
                ("digest", fields.CharField(unique=True, max_length=64)),
            ],
            options={
                "table": "audit_entry",
                "app": "kernel",
                "indexes": [Index(fields=["object"], name="audit_object"), Index(fields=["actor"], name="audit_actor")],
                "pk_attr": "number",
                "table_description": "One link of the audit trail, never changed and never deleted.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Job",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("name", fields.CharField(max_length=80)),
                ("arguments", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                ("unique_key", fields.CharField(null=True, unique=True, max_length=120)),
                ("run_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("attempts", fields.IntField(default=0, db_default=0)),
                ("taken_until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("finished_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("failed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("error", fields.TextField(default="", db_default="", unique=False)),
            ],
            options={
                "table": "job",
                "app": "kernel",
                "indexes": [Index(fields=["finished_at", "failed_at", "run_at"], name="job_due")],
                "pk_attr": "id",
                "table_description": "Work to be done after the change that asked for it, written in the same transaction.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Message",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("kind", fields.CharField(default="mail", db_default="mail", max_length=8)),
                ("recipient", fields.CharField(max_length=320)),
                ("subject", fields.CharField(max_length=300)),
                ("body", fields.TextField(unique=False)),
                ("language", fields.CharField(default="ar", db_default="ar", max_length=2)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("sent_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("error", fields.TextField(default="", db_default="", unique=False)),
            ],
            options={
                "table": "message",
                "app": "kernel",
                "indexes": [Index(fields=["created_at"], name="message_created")],
                "pk_attr": "id",
                "table_description": "A mail or short message on its way out. In development this table is the mailbox.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Schedule",
            fields=[
                ("name", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=80)),
                ("last_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "schedule",
                "app": "kernel",
                "pk_attr": "name",
                "table_description": "When a repeated job was last put into the queue, so that several workers do it once.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="StoredFile",
            fields=[
                ("digest", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("size", fields.BigIntField()),
                ("media_type", fields.CharField(max_length=100)),
                ("stored_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "stored_file",
                "app": "kernel",
                "pk_attr": "digest",
                "table_description": "The content of an attachment, once, under its hash.",
            },
            bases=["Model"],
        ),
    ]
