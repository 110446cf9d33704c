"""Acts of proving again who one is."""

from app.i18n import mark as _
from app.policy import Act

PROVE = Act("proof.give", _("Prove again who one is"), signed_in=True, by_agent=False)
