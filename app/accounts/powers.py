"""What a representative may do for an organization. Pure."""

from collections.abc import Mapping

from app.i18n import mark as _

MANAGE = "manage"

POWERS: Mapping[str, str] = {
    "contribute": _("Contribute to consultations"),
    "propose": _("Put forward and sign suggestions"),
    "complain": _("Make complaints and follow them"),
    MANAGE: _("Decide who may act for the organization"),
}
"""Power -> words."""

STATES: Mapping[str, str] = {
    "waiting": _("Waiting to be checked"),
    "confirmed": _("Confirmed"),
    "refused": _("Refused"),
    "closed": _("Closed"),
}
