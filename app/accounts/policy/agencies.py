"""Acts on agencies: what each may say of itself, and what only the whole portal's administrators decide."""

from app.i18n import mark as _
from app.policy import Act, Role, roles

_OWN = roles(Role.COORDINATOR, Role.SUPERVISOR, Role.ADMINISTRATOR)
_WHOLE = roles(Role.ADMINISTRATOR)

MANAGE = Act("agency.manage", _("See the agencies one looks after"), signed_in=True, roles=_OWN)
EDIT = Act("agency.edit", _("Edit contact and summary of an agency"), signed_in=True, roles=_OWN)
UNITS = Act("agency.units", _("Add, rename and close the units of an agency"), signed_in=True, roles=_OWN)
CALENDAR = Act("agency.calendar", _("Set the working calendar of an agency"), signed_in=True, roles=_OWN)
DOCUMENTS = Act("agency.documents", _("Add and remove documents of an agency"), signed_in=True, roles=_OWN)

CREATE = Act("agency.create", _("Enter an agency"), signed_in=True, roles=_WHOLE)
RENAME = Act("agency.rename", _("Rename an agency"), signed_in=True, roles=_WHOLE)
MOVE = Act("agency.move", _("Move an agency to another place in the tree"), signed_in=True, roles=_WHOLE)
MERGE = Act("agency.merge", _("Merge an agency into another"), signed_in=True, roles=_WHOLE, proof=True)
CLOSE = Act("agency.close", _("Close an agency"), signed_in=True, roles=_WHOLE, proof=True)
REOPEN = Act("agency.reopen", _("Open an agency again"), signed_in=True, roles=_WHOLE, proof=True)
IMPORT = Act("agency.import", _("Import agencies from a file"), signed_in=True, roles=_WHOLE)
PORTAL_CALENDAR = Act(
    "agency.portal_calendar", _("Set the calendar for agencies without their own"), signed_in=True, roles=_WHOLE
)
