"""Acts of drafts and of the own details."""

from app.i18n import mark as _
from app.policy import Act

READ = Act("draft.read", _("See what one has written and not sent yet"), signed_in=True, by_agent=False)
THROW_AWAY = Act("draft.delete", _("Throw a draft away"), signed_in=True, by_agent=False)
CORRECT = Act("account.correct", _("Correct one's own name and language"), signed_in=True, by_agent=False)
