"""The mails that the portal writes: their words, and those an administrator has put in place of ours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.admin.models import MailTemplate
from app.i18n import Reader, gettext, reading
from app.i18n import mark as _

_PLACE = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail: when it is sent, its words as messages of the catalogue, and what is filled in."""

    key: str
    says: str
    subject: str
    body: str
    must: frozenset[str] = field(default_factory=frozenset)
    """What the body cannot do without, such as the link."""
    may: frozenset[str] = field(default_factory=frozenset)


LETTERS: Mapping[str, Letter] = {
    letter.key: letter
    for letter in (
        Letter(
            "confirm",
            _("To somebody who asked for an account"),
            _("Confirm your account"),
            _(
                "Open this link to confirm your account. It holds for three days.\n\n%(link)s\n\n"
                "If you did not ask for an account, do nothing."
            ),
            frozenset({"link"}),
        ),
        Letter(
            "reset",
            _("To somebody who forgot a password"),
            _("Set a new password"),
            _(
                "Open this link to set a new password. It holds for one hour.\n\n%(link)s\n\n"
                "If you did not ask for it, do nothing: your password stays as it is."
            ),
            frozenset({"link"}),
        ),
        Letter(
            "exists",
            _("To somebody who asked for an account and has one"),
            _("You have an account already"),
            _(
                "Somebody, probably you, has just asked for an account with this address. There is one already.\n\n"
                "Sign in: %(sign_in)s\nSet a new password: %(reset)s"
            ),
            frozenset({"sign_in", "reset"}),
        ),
        Letter(
            "invitation",
            _("To somebody who is offered a role"),
            _("You are invited to work on Sawtuna"),
            _(
                "You are offered the role “%(role)s” at: %(agency)s.\n\n"
                "Open this link to accept it, until %(until)s:\n\n%(link)s\n\nIf you do not know why, do nothing."
            ),
            frozenset({"link"}),
            frozenset({"role", "agency", "until"}),
        ),
    )
}
"""Key -> letter."""


def mistakes(letter: Letter, body: str) -> tuple[set[str], set[str]]:
    """What a body lacks, and what stands in it that nothing fills."""
    used = set(_PLACE.findall(body))
    return set(letter.must - used), used - letter.must - letter.may


async def compose(key: str, language: str, **values: str) -> tuple[str, str]:
    """Subject and body of a mail in a language, in the administrator's words where there are any."""
    letter = LETTERS[key]
    with reading(Reader("en" if language == "en" else "ar")):
        subject, body = gettext(letter.subject), gettext(letter.body)
    own = await MailTemplate.get_or_none(key=key)
    if own is not None:
        subject = own.subject.get(language) or subject
        body = own.body.get(language) or body
    return subject, _PLACE.sub(lambda found: values.get(found[1], ""), body)
