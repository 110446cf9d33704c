"""Acts on one's level of assurance."""

from app.i18n import mark as _
from app.policy import Act

SHOW = Act("level.raise", _("See one's level and prove more"), signed_in=True)
"""An agent may help with it while the person is present."""
