"""Acts on one's own data."""

from app.i18n import mark as _
from app.policy import Act

READ_OWN_DATA = Act("data.read", _("See and download what is kept about oneself"), signed_in=True, by_agent=False)
DELETE_OWN_ACCOUNT = Act("account.delete", _("Delete one's own account"), signed_in=True, by_agent=False, proof=True)
