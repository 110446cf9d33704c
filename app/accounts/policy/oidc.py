"""Acts of signing in with another provider's identity."""

from app.i18n import mark as _
from app.policy import Act

ENTER = Act("oidc.enter", _("Sign in with the identity of another provider"))
LINK = Act("oidc.link", _("Link the identity of another provider"), signed_in=True, proof=True, by_agent=False)
UNLINK = Act("oidc.unlink", _("Unlink the identity of another provider"), signed_in=True, proof=True, by_agent=False)
