"""Tables of agencies: the tree, its units, how it changed, working calendars, documents."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from app.models import StoredFile


class Agency(Model):
    """A public body: a ministry, a directorate, an office of a governorate."""

    id = fields.BigIntField(primary_key=True)
    slug = fields.CharField(80, unique=True)
    kind = fields.CharField(20)
    name = fields.JSONField[dict[str, str]]()
    summary = fields.JSONField[dict[str, str]]()
    parent: fields.ForeignKeyNullableRelation[Agency] = fields.ForeignKeyField(
        "accounts.Agency", related_name="children", null=True, on_delete=fields.RESTRICT
    )
    place = fields.CharField(40, default="", db_default="")
    email = fields.CharField(320, default="", db_default="")
    phone = fields.CharField(40, default="", db_default="")
    website = fields.CharField(300, default="", db_default="")
    address = fields.JSONField[dict[str, str]]()
    search = fields.TextField(default="", db_default="")
    closed_at = fields.DatetimeField(null=True)
    merged_into: fields.ForeignKeyNullableRelation[Agency] = fields.ForeignKeyField(
        "accounts.Agency", related_name="merged", null=True, on_delete=fields.RESTRICT
    )
    version = fields.IntField(default=1, db_default=1)

    class Meta:
        """Found by parent."""

        table = "agency"
        indexes = (
            Index(fields=("parent_id",), name="agency_parent"),
            Index(fields=("merged_into_id",), name="agency_merged"),
        )


class AgencyChange(Model):
    """A step in the history of an agency that the public may read: renamed, moved, merged, closed, opened."""

    id = fields.BigIntField(primary_key=True)
    agency: fields.ForeignKeyRelation[Agency] = fields.ForeignKeyField(
        "accounts.Agency", related_name="changes", on_delete=fields.RESTRICT
    )
    verb = fields.CharField(16)
    at = fields.DatetimeField()
    by = fields.CharField(120)
    old_slug = fields.CharField(80, null=True)
    old_name = fields.JSONField[dict[str, str]](null=True)
    other_id = fields.BigIntField(null=True)
    reason = fields.TextField(default="", db_default="")
    moved = fields.JSONField[dict[str, list[int]]](null=True)

    class Meta:
        """Found by agency, and by an address that was given up."""

        table = "agency_change"
        indexes = (
            Index(fields=("agency_id",), name="agency_change_agency"),
            Index(fields=("old_slug",), name="agency_change_slug"),
        )


class Unit(Model):
    """A department of an agency with a queue of its own."""

    id = fields.BigIntField(primary_key=True)
    agency: fields.ForeignKeyRelation[Agency] = fields.ForeignKeyField(
        "accounts.Agency", related_name="units", on_delete=fields.RESTRICT
    )
    name = fields.JSONField[dict[str, str]]()
    email = fields.CharField(320, default="", db_default="")
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        """Listed by agency."""

        table = "unit"
        indexes = (Index(fields=("agency_id",), name="unit_agency"),)


class Calendar(Model):
    """When an agency works, from a day on: hours by weekday and days off. None of its own means that of its parent."""

    id = fields.BigIntField(primary_key=True)
    agency: fields.ForeignKeyNullableRelation[Agency] = fields.ForeignKeyField(
        "accounts.Agency", related_name="calendars", null=True, on_delete=fields.RESTRICT
    )
    valid_from = fields.DateField()
    zone = fields.CharField(60)
    hours = fields.JSONField[dict[str, list[list[str]]]]()
    days_off = fields.JSONField[dict[str, dict[str, str]]]()
    made_at = fields.DatetimeField()
    made_by = fields.CharField(120)

    class Meta:
        """The one in force is the newest that has begun."""

        table = "calendar"
        indexes = (Index(fields=("agency_id", "valid_from"), name="calendar_agency"),)


class AgencyDocument(Model):
    """A file that an agency shows on its page: a service charter, a form."""

    id = fields.BigIntField(primary_key=True)
    agency: fields.ForeignKeyRelation[Agency] = fields.ForeignKeyField(
        "accounts.Agency", related_name="documents", on_delete=fields.RESTRICT
    )
    file: fields.ForeignKeyRelation[StoredFile] = fields.ForeignKeyField(
        "kernel.StoredFile", related_name="agency_documents", on_delete=fields.RESTRICT
    )
    title = fields.JSONField[dict[str, str]]()
    name = fields.CharField(200)
    added_at = fields.DatetimeField()
    removed_at = fields.DatetimeField(null=True)

    class Meta:
        """Listed by agency."""

        table = "agency_document"
        indexes = (
            Index(fields=("agency_id",), name="agency_document_agency"),
            Index(fields=("file_id",), name="agency_document_file"),
        )
