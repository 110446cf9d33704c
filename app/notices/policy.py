"""Acts with notifications. They are for the person alone: an agent of a service centre does not read them."""

from app.i18n import mark as _
from app.policy import Act

READ = Act("notices.read", _("Read one's own notifications"), signed_in=True, by_agent=False)
MUTE = Act("notices.mute", _("Mute a thread of notifications"), signed_in=True, by_agent=False)
CHANGE = Act("notices.change", _("Choose how one wants to be told"), signed_in=True, by_agent=False)
STOP = Act("notices.stop", _("Stop mails by the link in a mail"))
