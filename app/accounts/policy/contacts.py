"""Acts of one's own address and number."""

from app.i18n import mark as _
from app.policy import Act

READ = Act("contacts.read", _("See one's own address and number"), signed_in=True, by_agent=False)
FIRST = Act("contacts.first", _("Confirm a first address or number"), signed_in=True, by_agent=False)
"""Without a fresh proof: who came from another provider has nothing yet to prove with."""
CHANGE = Act("contacts.change", _("Change one's own address or number"), signed_in=True, proof=True, by_agent=False)
CONFIRM = Act("contacts.confirm", _("Confirm a new address or number"), signed_in=True, by_agent=False)
