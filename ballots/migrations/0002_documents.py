import functools
from json import dumps, loads

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "0002_people_and_agencies"),
        ("ballots", "0001_initial"),
        ("kernel", "0002_unsubscribe"),
    ]

    initial = False

    operations = [
        ops.CreateModel(
            name="ElectionDocument",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "election",
                    fields.ForeignKeyField(
                        "ballots.Election",
                        source_field="election_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="documents",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "file",
                    fields.ForeignKeyField(
                        "kernel.StoredFile",
                        source_field="file_id",
                        db_constraint=True,
                        to_field="digest",
                        related_name="election_documents",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("title", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                ("name", fields.CharField(max_length=200)),
                ("added_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "election_document",
                "app": "ballots",
                "unique_together": (("election", "file"),),
                "indexes": [Index(fields=["file_id"], name="election_document_file")],
                "pk_attr": "id",
                "table_description": "A file that voters should read, such as the text of a law. Frozen with the election, by its hash.",
            },
            bases=["Model"],
        ),
    ]
