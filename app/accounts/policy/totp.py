"""Acts with an authenticator app and printed codes."""

from app.i18n import mark as _
from app.policy import Act

GIVE = Act("second_factor.give", _("Give the second factor when signing in"))
READ = Act("second_factor.read", _("See whether signing in takes two steps"), signed_in=True, by_agent=False)
CHANGE = Act(
    "second_factor.change", _("Turn signing in with two steps on or off"), signed_in=True, proof=True, by_agent=False
)
