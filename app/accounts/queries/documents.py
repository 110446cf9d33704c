"""Reads of the documents and units of an agency."""

from app.accounts.models import Agency, AgencyDocument, Unit


async def units(agency: Agency) -> list[Unit]:
    """The open units, in the order in which they were added."""
    return await Unit.filter(agency_id=agency.id, closed_at=None).order_by("id")


async def unit(agency: Agency, number: int) -> Unit | None:
    """An open unit of this agency."""
    return await Unit.get_or_none(id=number, agency_id=agency.id, closed_at=None)


async def documents(agency: Agency) -> list[AgencyDocument]:
    """What an agency shows, with its file, the newest first."""
    query = AgencyDocument.filter(agency_id=agency.id, removed_at=None)
    return await query.order_by("-added_at", "-id").select_related("file")


async def document(number: int) -> AgencyDocument | None:
    """A document that is still shown, with its file and its agency."""
    return await AgencyDocument.get_or_none(id=number, removed_at=None).select_related("file", "agency")
