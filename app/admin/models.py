"""Tables of what administrators write: texts of pages, mail templates, announcements, run-time settings."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class PageText(Model):
    """A text of a page that an administrator has put in place of ours, in Markdown."""

    key = fields.CharField(60, primary_key=True)
    text = fields.JSONField[dict[str, str]]()
    changed_at = fields.DatetimeField()
    changed_by = fields.CharField(120)
    version = fields.IntField(default=1, db_default=1)

    class Meta:
        """One row a text."""

        table = "page_text"


class MailTemplate(Model):
    """A mail in the words of the administrator instead of ours."""

    key = fields.CharField(60, primary_key=True)
    subject = fields.JSONField[dict[str, str]]()
    body = fields.JSONField[dict[str, str]]()
    changed_at = fields.DatetimeField()
    changed_by = fields.CharField(120)
    version = fields.IntField(default=1, db_default=1)

    class Meta:
        """One row a mail."""

        table = "mail_template"


class Announcement(Model):
    """A banner on every page for some time."""

    id = fields.BigIntField(primary_key=True)
    text = fields.JSONField[dict[str, str]]()
    kind = fields.CharField(8, default="info", db_default="info")
    url = fields.CharField(500, default="", db_default="")
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    made_by = fields.CharField(120)
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        """Those in force are looked up for every page."""

        table = "announcement"
        indexes = (Index(fields=("ends_at",), name="announcement_end"),)


class Choice(Model):
    """A setting that may be changed while the portal runs, such as how long something is kept."""

    key = fields.CharField(60, primary_key=True)
    value = fields.JSONField[object]()
    changed_at = fields.DatetimeField()
    changed_by = fields.CharField(120)

    class Meta:
        """One row a setting; none means the default."""

        table = "choice"
