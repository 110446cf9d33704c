"""Acts on the civil register as a whole."""

from app.i18n import mark as _
from app.policy import Act, Role, roles

IMPORT = Act(
    "register.import",
    _("Import the civil register"),
    signed_in=True,
    roles=roles(Role.ADMINISTRATOR),
    proof=True,
    by_agent=False,
)
