"""Acts of administration."""

from app.i18n import mark as _
from app.policy import Act, Role, roles

_ADMINISTRATOR = roles(Role.ADMINISTRATOR)

ADMINISTER = Act("portal.administer", _("Look at the administration"), signed_in=True, roles=_ADMINISTRATOR)
READ_PEOPLE = Act("people.read", _("Look up people"), signed_in=True, roles=_ADMINISTRATOR, by_agent=False)
CHANGE_PEOPLE = Act(
    "people.change", _("Block accounts and end their sessions"), signed_in=True, roles=_ADMINISTRATOR, proof=True
)
READ_AUDIT = Act(
    "audit.read", _("Search the audit trail"), signed_in=True, roles=roles(Role.ADMINISTRATOR, Role.OVERSIGHT)
)
READ_JOBS = Act("jobs.read", _("Look at jobs and failed mails"), signed_in=True, roles=_ADMINISTRATOR)
CHANGE_JOBS = Act("jobs.change", _("Try a failed job again or give it up"), signed_in=True, roles=_ADMINISTRATOR)
CHANGE_TEXTS = Act("texts.change", _("Change texts of pages"), signed_in=True, roles=_ADMINISTRATOR)
CHANGE_LETTERS = Act("letters.change", _("Change mail templates"), signed_in=True, roles=_ADMINISTRATOR, proof=True)
ANNOUNCE = Act("announcements.make", _("Put an announcement on every page"), signed_in=True, roles=_ADMINISTRATOR)
CHANGE_CHOICES = Act(
    "settings.change", _("Change settings while the portal runs"), signed_in=True, roles=_ADMINISTRATOR, proof=True
)
READ_CHOICES = Act("settings.read", _("Look at the settings"), signed_in=True, roles=_ADMINISTRATOR)
