from typing import ClassVar

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations: ClassVar = [
        ops.CreateModel(
            name="Topic",
            fields=[("id", fields.UUIDField(primary_key=True)), ("name", fields.CharField(max_length=50))],
            options={"table": "topic", "app": "sample", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Book",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True)),
                ("title", fields.TextField()),
                ("price", fields.DecimalField(max_digits=12, decimal_places=3)),
                ("weight", fields.FloatField()),
                ("cover", fields.BinaryField()),
                ("printed_on", fields.DateField()),
                ("lent_at", fields.DatetimeField(null=True)),
                ("lent_for", fields.TimeDeltaField(null=True)),
                ("is_open", fields.BooleanField()),
                ("details", fields.JSONField()),
                (
                    "sequel",
                    fields.ForeignKeyField(
                        "sample.Book",
                        source_field="sequel_id",
                        null=True,
                        to_field="id",
                        related_name="prequels",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "topics",
                    fields.ManyToManyField(
                        "sample.Topic",
                        through="book_topic",
                        forward_key="topic_id",
                        backward_key="book_id",
                        related_name="books",
                    ),
                ),
            ],
            options={"table": "book", "app": "sample", "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
