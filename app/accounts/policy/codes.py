"""Acts of codes."""

from app.i18n import mark as _
from app.policy import Act

ENTER = Act("codes.enter", _("Enter a code from a short message"))
