"""Trustees' key ceremony on the server: what each publishes is checked before anybody else sees it.

The server is one more participant that everybody checks: shares are encrypted to their recipients, polynomials are
committed to before any is revealed, and every trustee's client checks everything again.
"""

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tortoise.transactions import in_transaction

from app import audit, jobs
from app.audit import Actor
from app.i18n import gettext as _
from ballots import board
from ballots.actions import Refused
from ballots.invitations import call_trustee
from ballots.models import CeremonyPart, Election, Trustee
from ballots.rules import State, may_publish
from ballots.rules import parts as parts_of_ceremony
from crypto import key_proof, keygen, transcripts
from crypto.channel import Signed
from crypto.encoding import canonical, hex_digest, members, sha256_hex
from crypto.errors import ProtocolError, Rejected
from crypto.groups import Group, Point, named
from crypto.keygen import Ceremony
from crypto.proofs import Proof
from crypto.transcripts import VERSION_1
from crypto.trustees import Certificate, PublicKey, Trustees, check_alone, parse_coefexps, power_of_index

_FIELDS = {
    "certificates": ("name", "certificate"),
    "commitments": ("name", "commitment"),
    "shares": ("polynomial", "secrets", "coefexps", "signature"),
    "keys": ("private_key", "public_key"),
}
_MOST_BYTES = {"certificates": 16_000, "commitments": 1_000, "shares": 1_000_000, "keys": 64_000}
CALL = "ballots.call_trustees"
PATIENCE = timedelta(minutes=10)
"""How long others may take before they get a mail: a page that was left open goes on by itself."""
Parts = Mapping[str, Mapping[int, Any]]


async def parts_of(election: int) -> dict[str, dict[int, Any]]:
    """Everything published so far, by kind and trustee."""
    found: dict[str, dict[int, Any]] = {}
    for part in await CeremonyPart.filter(election_id=election).order_by("index"):
        found.setdefault(part.kind, {})[part.index] = json.loads(part.body)
    return found


async def publish(trustee: Trustee, kind: str, body: object, *, now: datetime) -> None:
    """Take a trustee's part. The same part again changes nothing; another one is refused.

    Only what was asked for is kept, and not more than it can measure: everything goes into the record for ever.
    """
    fields = body if isinstance(body, dict) else {}
    text = canonical({name: fields[name] for name in _FIELDS.get(kind, ()) if name in fields}).decode()
    if len(text) > _MOST_BYTES.get(kind, 0):
        raise Refused(_("This step is larger than it can be."), "malformed")
    body = json.loads(text)
    async with in_transaction() as connection:
        row = await board.locked(trustee.election_id, connection)  # type: ignore[attr-defined]  # Tortoise adds it
        trustee = await _still(trustee)
        names = await _names(row.id)
        there = await CeremonyPart.filter(election_id=row.id, kind=kind, index=trustee.index).first()
        if there is not None:
            if there.body == text:
                return
            raise Refused(_("You have published this step before, with another content."), "conflict")
        if row.state is not State.DRAFT:
            raise Refused(_("The election is frozen: its keys cannot change."), "frozen")
        parts = await parts_of(row.id)
        if not may_publish(kind, len(names), row.threshold, parts):
            raise Refused(_("It is not the time for this step: others have to finish the one before."), "not_yet")
        try:
            await asyncio.to_thread(_check, row, names, parts, kind, trustee.index, body)
        except ProtocolError as error:
            raise Refused(str(error), "rejected") from None
        await CeremonyPart.create(election_id=row.id, kind=kind, index=trustee.index, body=text, using_db=connection)
        parts.setdefault(kind, {})[trustee.index] = body
        if kind == "keys" and len(parts["keys"]) == len(names):
            await _prepare_tests(row, names, parts)
        if len(parts[kind]) == len(names):
            await jobs.enqueue(CALL, now=now, run_at=now + PATIENCE, election=row.id, after=kind)
        # Last, because the trail is locked for the whole portal until the transaction ends.
        actor = Actor(f"trustee:{trustee.index}")
        await audit.record(actor, f"trustee_published_{kind}", row.subject, now=now)


async def call(election: int, after: str, *, now: datetime) -> None:
    """Write to those for whom the others have waited since a step was complete; whose page is open has gone on."""
    row = await Election.get(id=election)
    trustees = await Trustee.filter(election_id=election).order_by("index")
    steps = parts_of_ceremony(len(trustees), row.threshold)
    if row.state is not State.DRAFT or after not in steps:
        return
    if await CeremonyPart.filter(election_id=election, kind=after).count() < len(trustees):
        return  # the keys are made anew
    if after == steps[-1]:
        late = [trustee for trustee in trustees if trustee.tested_at is None]
    else:
        following = CeremonyPart.filter(election_id=election, kind=steps[steps.index(after) + 1])
        there = {int(part["index"]) for part in await following.values("index")}
        late = [trustee for trustee in trustees if trustee.index not in there]
    async with in_transaction():
        for trustee in late:
            await call_trustee(row, trustee, now)


async def _still(trustee: Trustee) -> Trustee:
    """The trustee as he is under the lock: his link may have been replaced, and he with it, since it was looked at."""
    found = await Trustee.filter(id=trustee.id, token_hash=trustee.token_hash).first()
    if found is None:
        raise Refused(_("This link is not valid any more. Use the newest one, or ask the administrator."), "link")
    return found


async def _names(election: int) -> list[str]:
    return [
        str(name)
        for name in await Trustee.filter(election_id=election).order_by("index").values_list("name", flat=True)
    ]


def _check(row: Election, names: list[str], parts: Parts, kind: str, index: int, body: object) -> None:
    """Everything that can be checked of a part alone, and with the others when it is the last."""
    group, size = named(row.group), len(names)
    others = {at: part for at, part in parts.get(kind, {}).items() if at != index}
    if kind == "commitments":
        commitment = hex_digest(members(body, "commitment")["commitment"])
        if any(part["commitment"] == commitment for part in others.values()):
            raise Rejected("another trustee has committed to this already")
        return
    if row.threshold == size:
        public = PublicKey.parse(group, members(body, "public_key")["public_key"])
        public.verify(VERSION_1)
        committed = parts["commitments"][index]["commitment"]
        if transcripts.key_commitment(canonical(str(public.point))) != committed:
            raise Rejected("this is not what the trustee had committed to")
    else:
        _check_threshold(Ceremony(VERSION_1, group, size, row.threshold), parts, kind, index, body)
    if kind == "keys" and len(parts.get("keys", {})) == size - 1:
        trustees_json(row, names, {**parts, "keys": {**parts.get("keys", {}), index: body}})


def _check_threshold(ceremony: Ceremony, parts: Parts, kind: str, index: int, body: object) -> None:
    if kind == "certificates":
        value = members(body, "certificate")["certificate"]
        cert = Certificate.parse(ceremony.group, value, ceremony.size, ceremony.threshold, index)
        cert.verify(ceremony.version)
        for at, part in parts.get("certificates", {}).items():
            other = Certificate.parse(ceremony.group, part["certificate"], ceremony.size, ceremony.threshold, at)
            if {cert.verification, cert.encryption} & {other.verification, other.encryption}:
                raise Rejected("another trustee has this key already")
        if len(parts.get("certificates", {})) == ceremony.size - 1:
            everybody = {
                **{at: part["certificate"] for at, part in parts.get("certificates", {}).items()},
                index: value,
            }
            keygen.check_certificates(ceremony, [everybody[at] for at in sorted(everybody)])
        return
    certs = keygen.check_certificates(
        ceremony, [parts["certificates"][at]["certificate"] for at in _all(ceremony.size)]
    )
    if kind == "shares":
        keygen.check_deal(ceremony, certs, index, body, parts["commitments"][index]["commitment"])
        return
    public = PublicKey.parse(ceremony.group, members(body, "public_key")["public_key"])
    public.verify(ceremony.version)
    rows = [
        parse_coefexps(
            ceremony.group, Signed.parse(ceremony.group, parts["shares"][at]["coefexps"]), ceremony.threshold
        )
        for at in _all(ceremony.size)
    ]
    polynomial = tuple(ceremony.group.product(column) for column in zip(*rows, strict=True))
    if public.point != power_of_index(polynomial, index):
        raise Rejected("the key does not follow from the trustees' polynomials")


def _all(size: int) -> range:
    return range(1, size + 1)


def trustees_json(row: Election, names: list[str], parts: Parts) -> bytes:
    """The trustees' record, verified whole, from everything they have published."""
    group, size = named(row.group), len(names)
    everybody = _all(size)
    if row.threshold == size:
        listed: list[Any] = []
        for at in everybody:
            key = _plain(group, parts["keys"][at]["public_key"])
            listed.append(["Single", {**key, "name": names[at - 1]}])
    else:
        ceremony = Ceremony(VERSION_1, group, size, row.threshold)
        certs = [Signed.parse(group, parts["certificates"][at]["certificate"]).to_json() for at in everybody]
        deals = [
            {
                **members(parts["shares"][at], "polynomial", "secrets"),
                "coefexps": Signed.parse(group, parts["shares"][at]["coefexps"]).to_json(),
                "signature": Proof.parse(group, parts["shares"][at]["signature"]).to_json(),
            }
            for at in everybody
        ]
        outputs = [{"public_key": _plain(group, parts["keys"][at]["public_key"])} for at in everybody]
        block = keygen.assemble(ceremony, certs, deals, outputs, names)
        listed = [["Pedersen", block]]
    data = canonical(listed)
    trustees = Trustees.parse(VERSION_1, group, data)
    if errors := check_alone(trustees):
        raise errors[0]
    trustees.verify_distinct()
    return data


def _plain(group: Group, value: object) -> dict[str, Any]:
    """A public key with nothing in it but what belongs there."""
    return {name: part for name, part in PublicKey.parse(group, value).to_json().items() if name != "name"}


def keys_of(row: Election, names: list[str], parts: Parts) -> dict[int, Point]:
    """Each trustee's public key, once all are in."""
    return Trustees.parse(VERSION_1, named(row.group), trustees_json(row, names, parts)).keys


async def _prepare_tests(row: Election, names: list[str], parts: Parts) -> None:
    """For each trustee something encrypted to the new key, which only the saved key file can open."""
    keys = await asyncio.to_thread(keys_of, row, names, parts)
    for trustee in await Trustee.filter(election_id=row.id):
        asked = key_proof.ask(keys[trustee.index], row.uuid, trustee.index)
        trustee.test = {key: str(value) for key, value in asked.ciphertext.to_json().items()}
        trustee.test_answer = sha256_hex(asked.answer.encode())
        trustee.tested_at = None
        await trustee.save(update_fields=["test", "test_answer", "tested_at"])


async def prove_key(trustee: Trustee, answer: str, *, now: datetime) -> None:
    """The trustee has loaded the key file back, and it has decrypted the test."""
    if not trustee.test_answer:
        raise Refused(_("There is no test yet: all trustees have to finish their keys first."), "not_yet")
    if sha256_hex(answer.encode()) != trustee.test_answer:
        raise Refused(
            _("This key file did not decrypt the test. Load the file that you saved for this election."), "wrong_key"
        )
    if trustee.tested_at is None:
        async with in_transaction() as connection:
            row = await board.locked(trustee.election_id, connection)  # type: ignore[attr-defined]  # Tortoise adds it
            held = await _still(trustee)
            if held.test_answer != trustee.test_answer:
                raise Refused(_("There is no test yet: all trustees have to finish their keys first."), "not_yet")
            await Trustee.filter(id=trustee.id).update(tested_at=now)
            await audit.record(Actor(f"trustee:{trustee.index}"), "trustee_proved_key", row.subject, now=now)
