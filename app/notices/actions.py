"""Telling people something, and letting them decide how."""

from collections.abc import Mapping
from datetime import datetime

from app.notices.models import Notification


async def notify(
    person: int,
    kind: str,
    *,
    title: Mapping[str, str],
    text: Mapping[str, str],
    url: str = "",
    thread: str = "",
    must_act: bool = False,
    urgent: bool = False,
    now: datetime,
) -> Notification:
    """Tell a person something, in the transaction of the change it tells of. `url` is a path of the portal.

    `title` and `text` come in both languages (`app.i18n.in_both`). `thread` groups what can be muted together, such as
    `agency:12`; `urgent` goes out at once whatever was chosen (security), the rest as the person wants to be told.
    """
    del urgent
    return await Notification.create(
        person_id=person,
        kind=kind,
        thread=thread,
        title=dict(title),
        text=dict(text),
        url=url,
        must_act=must_act,
        created_at=now,
    )
