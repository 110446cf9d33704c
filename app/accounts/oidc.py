"""Another provider's word for who somebody is (OpenID Connect Core 1.0): authorization code, PKCE, state and nonce.

Only what the provider signs for this portal, for this visit, in the last minutes is believed. The settings name the
issuer; where its endpoints are it says itself, under that address (OpenID Connect Discovery 1.0).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]  # it ships no types
from authlib.integrations.httpx_client import AsyncOAuth2Client  # type: ignore[import-untyped]  # it ships no types
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from app.accounts.forms.fields import email_address, person_name
from app.settings import Settings

ALGORITHMS = ("RS256", "ES256")
"""Signatures by a key that only the provider has; never `none`, never one by a secret that we have too."""
SCOPE = "openid profile email"
TIMEOUT = httpx2.Timeout(10.0, connect=5.0)
LEEWAY = 60
"""Seconds by which two clocks may differ."""
LONGEST = timedelta(minutes=10)
"""How old an id token may be, and how long a visit to the provider may take."""
REMEMBERED = timedelta(hours=1)
"""How long the provider's endpoints and keys are remembered."""
AGAIN = timedelta(minutes=1)
"""How soon its keys are asked for again when it signs with one that is not known yet."""


class Unreachable(Exception):
    """The provider does not answer, or not as it should."""


class Refused(Exception):
    """What the provider sent is not to be believed. The reason is for the log and names nobody."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What is believed of somebody. `email` only when the provider has verified it."""

    subject: str
    name: str
    email: str | None


@dataclass(frozen=True, slots=True)
class _Known:
    endpoints: Mapping[str, Any]
    keys: KeySet
    at: datetime


class Provider:
    """The provider that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self.issuer = settings.oidc_issuer
        self._client_id = settings.oidc_client_id
        self._secret = settings.oidc_client_secret.get_secret_value()
        self._callback = f"{settings.base_url}/account/oidc/callback"
        self._known: _Known | None = None

    async def address(self, *, state: str, nonce: str, verifier: str, now: datetime) -> str:
        """Where to send the browser."""
        known = await self._look(now)
        async with self._client(known) as client:
            url, _state = client.create_authorization_url(
                known.endpoints["authorization_endpoint"], state=state, code_verifier=verifier, nonce=nonce
            )
        return str(url)

    async def claims(self, code: str, *, verifier: str, nonce: str, now: datetime) -> Claims:
        """Redeem a code; raises `Refused` unless everything is right."""
        known = await self._look(now)
        async with self._client(known) as client:
            try:
                token = await client.fetch_token(
                    known.endpoints["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                    redirect_uri=self._callback,
                )
                told = await self._told(token, nonce, now)
                if "email" not in told and known.endpoints.get("userinfo_endpoint"):
                    told = {**await self._user_info(client, known, told["sub"]), **told}
            except httpx2.HTTPError as error:
                raise Unreachable(type(error).__name__) from None
            except (AuthlibBaseError, ValueError) as error:
                raise Refused(type(error).__name__) from None
        return Claims(told["sub"], name_in(told), email_in(told))

    async def _told(self, token: object, nonce: str, now: datetime) -> dict[str, Any]:
        text = token.get("id_token") if isinstance(token, dict) else None
        if not isinstance(text, str):
            raise Refused("no id token")
        known = await self._look(now)
        try:
            return verified(text, known.keys, issuer=self.issuer, client=self._client_id, nonce=nonce, now=now)
        except InvalidKeyIdError:
            if now - known.at < AGAIN:
                raise Refused("InvalidKeyIdError") from None
        self._known = None  # it may have changed its keys
        known = await self._look(now)
        try:
            return verified(text, known.keys, issuer=self.issuer, client=self._client_id, nonce=nonce, now=now)
        except InvalidKeyIdError:
            raise Refused("InvalidKeyIdError") from None

    async def _user_info(self, client: Any, known: _Known, subject: str) -> dict[str, Any]:
        """More claims; only those of the same subject count (OpenID Connect Core 5.3.2)."""
        answer = await client.get(known.endpoints["userinfo_endpoint"])
        told = answer.json() if answer.is_success else None
        if not isinstance(told, dict) or told.get("sub") != subject:
            raise Refused("user info of somebody else")
        return told

    async def _look(self, now: datetime) -> _Known:
        if self._known is not None and now - self._known.at < REMEMBERED:
            return self._known
        try:
            async with httpx2.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as client:
                endpoints = await _json(client, f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
                if endpoints.get("issuer") != self.issuer:
                    raise Refused("the issuer calls itself something else")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
                    self._check_endpoint(endpoints.get(name), needed=name != "userinfo_endpoint")
                keys = await _json(client, endpoints["jwks_uri"])
            self._known = _Known(endpoints, _keys(keys), now)
        except (httpx2.HTTPError, httpx2.InvalidURL, JoseError, ValueError, TypeError, KeyError) as error:
            raise Unreachable(type(error).__name__) from None
        return self._known

    def _check_endpoint(self, url: object, *, needed: bool) -> None:
        if url is None and not needed:
            return
        parts = urlsplit(url) if isinstance(url, str) else None
        if parts is None or not parts.hostname or parts.scheme not in {"https", urlsplit(self.issuer).scheme}:
            raise Refused("an endpoint without encryption")

    def _client(self, known: _Known) -> Any:
        methods = known.endpoints.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        basic = not isinstance(methods, list) or "client_secret_basic" in methods
        method = ("client_secret_basic" if basic else "client_secret_post") if self._secret else "none"
        return AsyncOAuth2Client(
            client_id=self._client_id,
            client_secret=self._secret or None,
            token_endpoint_auth_method=method,
            scope=SCOPE,
            redirect_uri=self._callback,
            code_challenge_method="S256",
            timeout=TIMEOUT,
            follow_redirects=False,
        )


async def _json(client: httpx2.AsyncClient, url: str) -> dict[str, Any]:
    answer = await client.get(url, headers={"Accept": "application/json"})
    if answer.status_code != 200:
        raise ValueError("not answered")
    told = answer.json()
    if not isinstance(told, dict):
        raise TypeError("no object")
    return told


def _keys(told: Mapping[str, Any]) -> KeySet:
    """The public keys that may sign."""
    usable = [key for key in told["keys"] if key.get("kty") in {"RSA", "EC"} and key.get("use", "sig") == "sig"]
    return KeySet.import_key_set({"keys": usable})


def verified(text: str, keys: KeySet, *, issuer: str, client: str, nonce: str, now: datetime) -> dict[str, Any]:
    """The claims of an id token, if it is right in every point of OpenID Connect Core 3.1.3.7."""
    rules = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        claims = jwt.decode(text, keys, algorithms=list(ALGORITHMS)).claims
        rules.validate(claims)
    except InvalidKeyIdError:
        raise
    except (JoseError, ValueError, TypeError) as error:
        raise Refused(type(error).__name__) from None
    audience = claims["aud"]
    if claims.get("azp", client) != client or (
        isinstance(audience, list) and len(audience) > 1 and "azp" not in claims
    ):
        raise Refused("meant for another client")
    if not isinstance(claims["nonce"], str) or now.timestamp() - claims["iat"] > LONGEST.total_seconds() + LEEWAY:
        raise Refused("too old")
    if not 0 < len(claims["sub"]) <= 255:
        raise Refused("no subject")
    return claims


def email_in(told: Mapping[str, Any]) -> str | None:
    """The mail address, folded, when it is one and the provider has verified it."""
    address = told.get("email")
    if told.get("email_verified") is not True or not isinstance(address, str):
        return None
    try:
        return email_address(address)
    except ValueError:
        return None


def name_in(told: Mapping[str, Any]) -> str:
    """A name to address somebody by, or an empty text."""
    parts = [told.get("name")] if told.get("name") else [told.get("given_name"), told.get("family_name")]
    text = " ".join(part for part in parts if isinstance(part, str))
    try:
        return person_name("".join(letter for letter in text if letter.isprintable()))[:200]
    except ValueError:
        return ""
