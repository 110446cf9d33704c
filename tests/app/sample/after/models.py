"""Tables with every kind of column, a table that points to itself, and a link of many to many."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Topic(Model):
    """Something a book may be about."""

    id = fields.UUIDField(primary_key=True)
    name = fields.CharField(50)

    class Meta:
        """A table of its own."""

        table = "topic"


class Book(Model):
    """One of everything."""

    id = fields.BigIntField(primary_key=True)
    title = fields.TextField()
    note = fields.TextField(default="", db_default="")
    price = fields.DecimalField(max_digits=12, decimal_places=3)
    weight = fields.FloatField()
    cover = fields.BinaryField()
    printed_on = fields.DateField()
    lent_at = fields.DatetimeField(null=True)
    lent_for = fields.TimeDeltaField(null=True)
    is_open = fields.BooleanField()
    details = fields.JSONField[object]()
    sequel: fields.ForeignKeyNullableRelation[Book] = fields.ForeignKeyField(
        "sample.Book", related_name="prequels", null=True, on_delete=fields.RESTRICT
    )
    topics: fields.ManyToManyRelation[Topic] = fields.ManyToManyField(
        "sample.Topic", through="book_topic", related_name="books"
    )

    class Meta:
        """A table of its own."""

        table = "book"
