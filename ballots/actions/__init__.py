"""One function a verb, by resource."""

from app.i18n import gettext as _


class Refused(Exception):
    """What was asked for is not possible; the sentence says why, in the reader's language. `code` is for programs."""

    def __init__(self, sentence: str, code: str = "refused") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code


class Outdated(Refused):
    """Somebody else has changed the draft since the page was opened; nothing is saved, and nothing typed is lost."""

    def __init__(self) -> None:
        super().__init__(
            _("Somebody else has changed this meanwhile. What you typed is still here; look again, and save it."),
            "outdated",
        )
