"""An identity provider of this machine, and what a dishonest one would send."""

from __future__ import annotations

import contextlib
import re
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import authlib.deprecate  # noqa: F401 - first, since it turns its own warnings on
import flask
import httpx2
import werkzeug.serving
from httpx2 import Response
from joserfc import jws, jwt
from joserfc.jwk import RSAKey
from starlette.testclient import TestClient

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it stands on a part of Authlib that will be gone in version 2
    import oidc_provider_mock as mock
    from oidc_provider_mock._storage import storage

CLIENT = "sawtuna"
SECRET = "the portal's secret"

Twist = Callable[[dict[str, Any]], Any]


class Provider:
    """A real OpenID provider over HTTP. `twist` changes the claims of the next id tokens before they are signed."""

    def __init__(self) -> None:
        self.twist: Twist | None = None
        self.algorithm = "RS256"
        self.key: Any = None
        self.discovery: dict[str, Any] = {}
        self.asked: list[str] = []
        self.forms: list[dict[str, list[str]]] = []
        self.down = False
        self.app = mock.app()
        self.app.debug = False
        self.app.before_request(self._note)
        self.app.after_request(self._after)
        self.server = werkzeug.serving.make_server("127.0.0.1", 0, self.app, threaded=True)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"

    def user(self, subject: str, **claims: Any) -> None:
        """Make somebody known there."""
        answer = httpx2.put(f"{self.issuer}/users/{subject}", json=claims)
        assert answer.status_code < 300, answer.text

    def _note(self) -> Any:
        self.asked.append(flask.request.path)
        if flask.request.path == "/oauth2/token":
            self.forms.append(flask.request.form.to_dict(flat=False))
        return ("", 503) if self.down else None

    def _after(self, response: flask.Response) -> flask.Response:
        body: Any = response.get_json(silent=True) if response.is_json else None
        if flask.request.path.endswith("openid-configuration") and body is not None:
            response.set_data(flask.json.dumps({**body, **self.discovery}))
        elif flask.request.path == "/oauth2/token" and body is not None and "id_token" in body and self._is_false():
            body["id_token"] = self._again(body["id_token"])
            response.set_data(flask.json.dumps(body))
        return response

    def _is_false(self) -> bool:
        return self.twist is not None or self.key is not None or self.algorithm != "RS256"

    def _again(self, token: str) -> Any:
        """The id token once more, with other claims, another key or another algorithm."""
        claims = flask.json.loads(jws.extract_compact(token.encode()).payload)
        claims = self.twist(claims) if self.twist is not None else claims
        if not isinstance(claims, dict):
            return claims
        own = RSAKey.import_key(storage.jwk.as_dict(is_private=True))
        header = {"alg": self.algorithm}
        return jwt.encode(header, claims, self.key or own, algorithms=[self.algorithm])

    def sign_in(self, address: str, subject: str) -> str:
        """Be somebody at the provider, at the address to which the portal sent: where that sends back to."""
        answer = httpx2.post(address, data={"sub": subject})
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    def deny(self, address: str) -> str:
        """Refuse there."""
        return httpx2.post(address, data={"action": "deny"}).headers["location"]


@contextlib.contextmanager
def provider() -> Iterator[Provider]:
    """A provider that listens."""
    made = Provider()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        thread.join()
        made.server.server_close()


def leave(browser: TestClient, path: str = "/account/oidc", **query: str) -> str:
    """Follow the link to the provider: its address."""
    answer = browser.get(path, params=query)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def come_back(browser: TestClient, address: str) -> Response:
    """Arrive again, as a browser does that the provider has sent."""
    parts = urlsplit(address)
    return browser.get(f"{parts.path}?{parts.query}", headers={"sec-fetch-site": "cross-site"})


def visit(browser: TestClient, at: Provider, subject: str, path: str = "/account/oidc", **query: str) -> Response:
    """There and back."""
    return come_back(browser, at.sign_in(leave(browser, path, **query), subject))


def asked_of(address: str) -> dict[str, str]:
    """What the portal asked the provider for."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def later(seconds: int) -> int:
    """A moment as tokens write it."""
    return int(time.time()) + seconds


def reason(html: str) -> str:
    """The heading of a page."""
    found = re.search(r"<h1>(.*?)</h1>", html)
    assert found
    return found[1]
