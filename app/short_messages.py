"""Short messages by a gateway that speaks HTTP: one POST a message, JSON {to, text, id}, a bearer token.

`id` stays the same at every attempt, so that the gateway can drop a second copy. Any 2xx means that it has taken it.
A gateway that speaks otherwise gets a small adapter in front of it, or a class like this one.
"""

import httpx2

from app.mail import ShortMessages
from app.settings import Settings

SECONDS = httpx2.Timeout(10.0, connect=5.0)


class NotTaken(Exception):
    """The gateway did not take the message; it will be asked again. Never says what was in it or who it was for."""


class HttpGateway:
    """A gateway at an address that the operator named."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def send(self, number: str, text: str, *, identifier: str) -> None:
        """Hand over one message; a redirect is not followed, since the token and the code would go along."""
        body = {"to": number, "text": text, "id": identifier}
        try:
            async with (
                httpx2.AsyncClient(timeout=SECONDS, follow_redirects=False, headers=self._headers) as client,
                client.stream("POST", self._url, json=body) as answer,
            ):
                taken, status = answer.is_success, answer.status_code  # what it says beside that is not read
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise NotTaken(f"the gateway for short messages cannot be reached: {type(error).__name__}") from None
        if not taken:
            raise NotTaken(f"the gateway for short messages answered {status}")


def gateway_of(settings: Settings) -> ShortMessages | None:
    """The gateway that the settings name, if any."""
    return HttpGateway(settings.sms_url, settings.sms_token.get_secret_value()) if settings.sms_url else None
