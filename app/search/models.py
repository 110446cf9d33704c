"""What can be found: one row a thing, with its words in one spelling."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class Document(Model):
    """A thing that can be found. `seen_by` is public, person:N or agency:N.

    `heading` holds the words of the titles, a line each language, and `words` those of the whole.
    `name_ar` and `name_en` are the titles once more, to be looked up as they are.
    `step` says how far a rebuilding of the index has come with it: 0 not yet, 1 written, 2 confirmed.
    """

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(24)
    key = fields.CharField(80)
    title = fields.JSONField[dict[str, str]]()
    excerpt = fields.JSONField[dict[str, str]]()
    url = fields.CharField(500)
    seen_by = fields.CharField(40, default="public", db_default="public")
    name_ar = fields.CharField(120)
    name_en = fields.CharField(120)
    heading = fields.TextField()
    words = fields.TextField()
    changed_at = fields.DatetimeField()
    step = fields.SmallIntField(default=2, db_default=2)

    class Meta:
        """One row a thing. Its words are also in an index that the migration makes, kept in step by the database."""

        table = "search_document"
        unique_together = (("kind", "key"),)
        indexes = (
            Index(fields=("seen_by", "kind"), name="search_document_seen"),
            Index(fields=("name_ar",), name="search_document_name_ar"),
            Index(fields=("name_en",), name="search_document_name_en"),
        )
