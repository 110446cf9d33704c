"""What keeps the demonstration's accounts safe: the devices on which its citizen is signed in."""

from datetime import datetime, timedelta

from app import ids
from app.accounts.models import Person, Session

_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
_ON = (
    ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36", "password", 2, 5),
    (f"{_WINDOWS} Chrome/140.0.0.0 Safari/537.36 Edg/140.0", "password", 26, 70),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "passkey", 50, 120),
)
"""User-Agent, how they signed in, hours since it was last used, hours since it began."""


async def seed(now: datetime) -> None:
    """Sign the citizen in on devices whose tokens nobody has."""
    citizen = await Person.get_or_none(email="citizen@demo.example")
    if citizen is None:
        return
    for user_agent, method, used, began in _ON:
        await Session.create(
            token_hash=ids.token_hash(ids.token()),
            person=citizen,
            created_at=now - timedelta(hours=began),
            expires_at=now + timedelta(days=9),
            last_seen_at=now - timedelta(hours=used),
            device=user_agent,
            method=method,
        )
