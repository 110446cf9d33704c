"""Acts with passkeys."""

from app.i18n import mark as _
from app.policy import Act

SHOW = Act("passkey.use", _("Sign in with a passkey"))
READ = Act("passkey.read", _("See one's own passkeys"), signed_in=True, by_agent=False)
ADD = Act("passkey.add", _("Add a passkey"), signed_in=True, proof=True, by_agent=False)
RENAME = Act("passkey.rename", _("Rename a passkey"), signed_in=True, by_agent=False)
REMOVE = Act("passkey.remove", _("Remove a passkey"), signed_in=True, proof=True, by_agent=False)
