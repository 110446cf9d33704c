import functools
from json import dumps, loads

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Document",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("kind", fields.CharField(max_length=24)),
                ("key", fields.CharField(max_length=80)),
                ("title", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                ("excerpt", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                ("url", fields.CharField(max_length=500)),
                ("seen_by", fields.CharField(default="public", db_default="public", max_length=40)),
                ("words", fields.TextField(unique=False)),
                ("changed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "search_document",
                "app": "search",
                "unique_together": (("kind", "key"),),
                "indexes": [Index(fields=["seen_by", "kind"], name="search_document_seen")],
                "pk_attr": "id",
                "table_description": "A thing that can be found. `seen_by` is public, person:N or agency:N, `words` is normalised text.",
            },
            bases=["Model"],
        ),
    ]
