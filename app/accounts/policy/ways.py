"""Acts of signing in and of the own page."""

from app.i18n import mark as _
from app.policy import Act

PUBLIC = Act("anything.read", _("Read what is public"))
OWN_PAGE = Act("account.read", _("See one's own page"), signed_in=True)
