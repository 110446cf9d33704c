"""What can be done with the documents of an agency: add one, take one away."""

from datetime import datetime

from tortoise.expressions import F
from tortoise.transactions import in_transaction

from app import audit
from app.accounts.forms.agencies import DocumentTitled
from app.accounts.models import Agency, AgencyDocument
from app.attachments import clean_name
from app.audit import Actor
from app.forms import Invalid
from app.i18n import gettext as _
from app.models import StoredFile


async def add(
    agency: Agency, form: DocumentTitled, file: StoredFile, name: str, *, actor: Actor, now: datetime
) -> AgencyDocument:
    """Show a file on the page of an agency. The same file under the same title is shown once."""
    async with in_transaction():
        if not await Agency.filter(id=agency.id, closed_at=None).update(version=F("version")):
            raise Invalid.because(form.model_dump(), form=_("This agency is closed."))
        shown = await AgencyDocument.filter(agency_id=agency.id, file_id=file.digest, removed_at=None)
        for document in shown:
            if document.title == form.title:
                return document
        document = await AgencyDocument.create(
            agency_id=agency.id, file_id=file.digest, title=form.title, name=clean_name(name), added_at=now
        )
        details = {"agency": agency.id, "digest": file.digest}
        await audit.record(actor, "added_document", f"document:{document.id}", now=now, details=details)
    return document


async def remove(agency: Agency, document: int, *, actor: Actor, now: datetime) -> None:
    """Show a document no more. Its content stays in the store, as what the public could read."""
    async with in_transaction():
        taken = AgencyDocument.filter(id=document, agency_id=agency.id, removed_at=None)
        if await taken.update(removed_at=now):
            details = {"agency": agency.id}
            await audit.record(actor, "removed_document", f"document:{document}", now=now, details=details)
