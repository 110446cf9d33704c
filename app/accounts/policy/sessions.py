"""Acts with one's own sessions."""

from app.i18n import mark as _
from app.policy import Act

READ = Act("session.read", _("See where one is signed in"), signed_in=True, by_agent=False)
END = Act("session.end", _("Sign out another device"), signed_in=True, by_agent=False)
