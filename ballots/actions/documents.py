"""What can be done with the documents of a draft: add one, take one away."""

from datetime import datetime

from app import audit
from app.accounts.forms.agencies import DocumentTitled
from app.attachments import clean_name
from app.audit import Actor
from app.i18n import format_number
from app.i18n import gettext as _
from app.uploads import Uploaded
from ballots.actions import Refused
from ballots.actions.preparing import drafting
from ballots.models import Election, ElectionDocument
from ballots.rules import MOST_DOCUMENTS


async def add(election: Election, form: DocumentTitled, upload: Uploaded, *, actor: Actor, now: datetime) -> None:
    """Give voters a file to read. The same content is there once; sent again, it takes the newer title."""
    file, name = upload
    async with drafting(election) as row:
        there = ElectionDocument.filter(election_id=row.id)
        details = {"digest": file.digest}
        if await there.filter(file_id=file.digest).exists():
            await there.filter(file_id=file.digest).update(title=form.title, name=clean_name(name))
        elif await there.count() >= MOST_DOCUMENTS:
            raise Refused(_("This election has %(n)s documents, and more do not fit.", n=format_number(MOST_DOCUMENTS)))
        else:
            await ElectionDocument.create(
                election_id=row.id, file_id=file.digest, title=form.title, name=clean_name(name), added_at=now
            )
        await audit.record(actor, "election_document_added", row.subject, now=now, details=details)


async def remove(election: Election, document: int, *, actor: Actor, now: datetime) -> None:
    """Take a document away. Whoever takes away what is gone has nothing to do."""
    async with drafting(election) as row:
        found = await ElectionDocument.get_or_none(id=document, election_id=row.id)
        if found is None:
            return
        await found.delete()
        details = {"digest": found.digest}
        await audit.record(actor, "election_document_removed", row.subject, now=now, details=details)
