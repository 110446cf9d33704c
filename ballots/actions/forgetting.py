"""When an account is deleted: what ties a person to an election is cut, the election stays countable."""

from datetime import datetime

from app.accounts.models import Person
from app.i18n import gettext as _
from ballots.models import Credential, Voter
from ballots.queries import own


async def forget(person: Person, _now: datetime) -> list[str]:
    """Cut the ties, in the caller's transaction; sentences on what stays."""
    stays = []
    if await own.entries(person).exists():
        stays.append(
            _(
                "Your entries in the voters' lists of elections, which belong to the election. They lead to no account "
                "any more, and go when the election is archived."
            )
        )
    if await Credential.filter(used_by_id=person.id).exists():
        stays.append(_("The sealed ballots that you cast. Nobody can tell any more that they came from your account."))
    await Voter.filter(person_id=person.id).update(person_id=None)
    await Credential.filter(used_by_id=person.id).update(used_by_id=None)
    return stays
