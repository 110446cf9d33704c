"""Passkeys (WebAuthn level 3): what is asked of a browser, and whether its answer proves anything.

No database, no clock, no request. Host and origin are those of the settings, never those of a request.
"""

import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import webauthn
from webauthn.helpers import bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

MOST = 20
"""Passkeys of one person."""
LONGEST_ID = 512
"""Characters of a credential id; authenticators make 22 to 120 of them."""
MILLISECONDS = 300_000
"""How long a browser may ask a person; as long as a challenge holds."""


class Refused(Exception):
    """The answer proves nothing."""


@dataclass(frozen=True, slots=True)
class Site:
    """Whom passkeys are made for."""

    host: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class Made:
    """A passkey that a browser has just made."""

    credential_id: str
    public_key: str
    sign_count: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Which passkey, and whose, an answer says it is of. Proves nothing yet."""

    credential_id: str
    user_handle: bytes | None


def user_handle(key: bytes, person: int) -> bytes:
    """What a passkey remembers of its person: nothing that tells who it is."""
    return hmac.new(key, f"passkey|{person}".encode(), sha256).digest()


def to_make(
    site: Site, challenge: str, *, handle: bytes, account: str, name: str, known: Iterable[str]
) -> dict[str, Any]:
    """Options for `navigator.credentials.create`: on this device or key ring, unlocked by its holder, not twice."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_id=handle,
        user_name=account,
        user_display_name=name,
        challenge=webauthn.base64url_to_bytes(challenge),
        timeout=MILLISECONDS,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_descriptors(known),
    )
    return _plain(options)


def to_show(site: Site, challenge: str, known: Iterable[str] = ()) -> dict[str, Any]:
    """Options for `navigator.credentials.get`; without `known` the person chooses among all for this site."""
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=webauthn.base64url_to_bytes(challenge),
        timeout=MILLISECONDS,
        allow_credentials=_descriptors(known),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return _plain(options)


def made(site: Site, challenge: str, credential: Mapping[str, Any]) -> Made:
    """The passkey in an answer to `to_make`, or `Refused`."""
    with _doubted():
        verified = webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=webauthn.base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    identifier = bytes_to_base64url(verified.credential_id)
    if len(identifier) > LONGEST_ID:
        raise Refused("the credential id is too long")
    return Made(identifier, bytes_to_base64url(verified.credential_public_key), verified.sign_count)


def claim(credential: Mapping[str, Any]) -> Claim:
    """Which passkey an answer says it is of, or `Refused`."""
    with _doubted():
        parsed = parse_authentication_credential_json(dict(credential))
    return Claim(bytes_to_base64url(parsed.raw_id), parsed.response.user_handle)


def shown(site: Site, challenge: str, credential: Mapping[str, Any], public_key: str) -> int:
    """The signature counter of a right answer to `to_show`, or `Refused`. The caller compares the counter."""
    with _doubted():
        verified = webauthn.verify_authentication_response(
            credential=dict(credential),
            expected_challenge=webauthn.base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=webauthn.base64url_to_bytes(public_key),
            credential_current_sign_count=0,  # compared where it is stored, by whoever is first
            require_user_verification=True,
        )
    return verified.new_sign_count


def short(credential_id: str) -> str:
    """A short name for an address of the portal."""
    return sha256(credential_id.encode()).hexdigest()[:16]


@contextmanager
def _doubted() -> Iterator[None]:
    """A hostile answer may fail anywhere in the library. Whatever fails, the answer proves nothing."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - turned into the one error of this module
        raise Refused(f"{type(error).__name__}: {error}") from None


def _descriptors(known: Iterable[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=webauthn.base64url_to_bytes(one)) for one in known]


def _plain(options: Any) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    return plain
