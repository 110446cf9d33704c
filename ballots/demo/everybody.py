"""Everybody's part in an election, played by one process: for the demonstration and for tests, never for a real vote.

What is here knows every secret at once, which nobody may in an election that counts. It goes through the same actions
that the pages call, and through the same library as the trustees' and voters' own programs.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from starlette.datastructures import UploadFile

from app import ids
from app.accounts.forms.agencies import DocumentTitled
from app.attachments import accept, store_for
from app.audit import SYSTEM
from app.settings import Settings
from app.uploads import Uploaded
from ballots.actions import casting, ceremony, counting, credentials, documents, running
from ballots.frozen import election_of
from ballots.models import Election, Trustee, Voter
from ballots.receipts import signing_key
from ballots.rules import State, new_uuid
from crypto import credentials as codes
from crypto import decryption_proofs, keygen, tally, transcripts
from crypto.ballot import seal
from crypto.credentials import public_list
from crypto.encoding import canonical, parse_json
from crypto.groups import Secret, named
from crypto.keygen import Ceremony
from crypto.transcripts import VERSION_1
from crypto.trustees import PublicKey

People = Sequence[tuple[str, str, str, int]]
"""Number, name, contact, weight of each voter."""


@dataclass
class Holder:
    """A trustee's secrets, as they are on the trustee's own device."""

    index: int
    token: str
    private: Secret | None = None
    seed: str = ""
    output: Mapping[str, Any] | None = None


@dataclass
class Made:
    """An election with everything that nobody has all of."""

    id: int
    uuid: str
    holders: list[Holder] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    """Private codes by the voter's number."""
    authority: str = ""

    async def row(self) -> Election:
        """As it is now."""
        return await Election.get(id=self.id)


async def drafted(
    *,
    voters: People,
    trustees: int | Sequence[str] = 3,
    threshold: int = 2,
    questions: Sequence[Mapping[str, Any]],
    group: str = "Ed25519",
    opens: datetime,
    closes: datetime,
    created: datetime,
    **more: Any,
) -> Made:
    """A draft with voters and trustees, before any key was made."""
    authority = ids.token()
    row = await Election.create(
        **{
            "title": {},
            "description": {},
            "sign_in": False,
            "uuid": new_uuid(),
            "group": group,
            "questions": [dict(one) for one in questions],
            "opens_at": opens,
            "closes_at": closes,
            "created_at": created,
            "threshold": threshold,
            "weighted": any(weight != 1 for *_rest, weight in voters),
            "authority_name": "مكتب السجل",
            "authority_email": "registrar@example.org",
            "authority_token": ids.token_hash(authority),
            **more,
        }
    )
    made = Made(row.id, row.uuid, authority=authority)
    await Voter.bulk_create(
        [
            Voter(election_id=row.id, number=number, name=name, contact=contact, weight=weight)
            for number, name, contact, weight in voters
        ]
    )
    names = [f"Trustee {number}" for number in range(1, trustees + 1)] if isinstance(trustees, int) else trustees
    for index, name in enumerate(names, 1):
        token = ids.token()
        await Trustee.create(
            election_id=row.id,
            index=index,
            name=name,
            email=f"trustee{index}@example.org",
            token_hash=ids.token_hash(token),
        )
        made.holders.append(Holder(index, token))
    return made


async def with_keys(made: Made, *, now: datetime) -> None:
    """Let every trustee go through the whole ceremony, and prove the key."""
    row = await made.row()
    group, size = named(row.group), len(made.holders)
    trustees = {one.index: one for one in await Trustee.filter(election_id=row.id)}
    if row.threshold == size:
        for holder in made.holders:
            holder.private = group.random()
            public = canonical(str(group.generator**holder.private))
            body = {"name": trustees[holder.index].name, "commitment": transcripts.key_commitment(public)}
            await ceremony.publish(trustees[holder.index], "commitments", body, now=now)
        for holder in made.holders:
            assert holder.private is not None
            key = PublicKey.make(VERSION_1, holder.private, trustees[holder.index].name)
            await ceremony.publish(trustees[holder.index], "keys", {"public_key": key.to_json()}, now=now)
    else:
        await _threshold(made, Ceremony(VERSION_1, group, size, row.threshold), trustees, now)
    for trustee in await Trustee.filter(election_id=row.id):
        await ceremony.prove_key(trustee, await answer(made, trustee), now=now)


async def _threshold(made: Made, agreed: Ceremony, trustees: Mapping[int, Trustee], now: datetime) -> None:
    for holder in made.holders:
        holder.seed = keygen.new_seed(agreed)
        cert = keygen.certificate(agreed, holder.index, holder.seed)
        body = {"name": trustees[holder.index].name, "certificate": cert}
        await ceremony.publish(trustees[holder.index], "certificates", body, now=now)
    parts = await ceremony.parts_of(made.id)
    certs = keygen.check_certificates(agreed, [parts["certificates"][at]["certificate"] for at in sorted(trustees)])
    committed = [keygen.commitment(agreed, certs, holder.seed) for holder in made.holders]
    for holder, one in zip(made.holders, committed, strict=True):
        await ceremony.publish(trustees[holder.index], "commitments", {"commitment": one}, now=now)
    deals = [keygen.deal(agreed, certs, holder.seed, committed) for holder in made.holders]
    for holder, dealt in zip(made.holders, deals, strict=True):
        await ceremony.publish(trustees[holder.index], "shares", dealt, now=now)
    for holder in made.holders:
        holder.output = keygen.finish(agreed, certs, holder.seed, keygen.regroup(deals, holder.index), committed)
        await ceremony.publish(trustees[holder.index], "keys", holder.output, now=now)


async def secret_of(made: Made, index: int) -> Secret:
    """A trustee's decryption key."""
    row, holder = await made.row(), made.holders[index - 1]
    group = named(row.group)
    if holder.private is not None:
        return holder.private
    assert holder.output is not None
    public = group.parse_key(holder.output["public_key"]["public_key"])
    return keygen.decryption_key(VERSION_1, group, holder.seed, holder.output["private_key"], public)


async def answer(made: Made, trustee: Trustee) -> str:
    """What the trustee's key makes of the test."""
    row = await made.row()
    group = named(row.group)
    assert trustee.test is not None
    alpha, beta = group.parse_point(trustee.test["alpha"]), group.parse_point(trustee.test["beta"])
    return str(beta / alpha ** await secret_of(made, trustee.index))


async def with_credentials(made: Made, *, now: datetime) -> None:
    """Let the credential authority make a code for every voter and hand in the public halves."""
    row = await made.row()
    group, keys = named(row.group), []
    for voter in await Voter.filter(election_id=row.id).order_by("id"):
        code = codes.generate()
        made.codes[voter.number] = code
        public = group.generator ** codes.signing_key(VERSION_1, group, row.uuid, code)
        keys.append((public, voter.weight if row.weighted else None))
    await credentials.issue(row, [str(entry) for entry in public_list(keys)], now=now)


async def with_document(made: Made, settings: Settings, name: str, title: Mapping[str, str], text: str) -> None:
    """Give the voters of a draft a text to read."""
    row = await made.row()
    upload = UploadFile(io.BytesIO(text.encode()), filename=name)
    file = await accept(upload, settings=settings, store=store_for(settings), now=row.created_at)
    titled = DocumentTitled(title_ar=title["ar"], title_en=title["en"])
    await documents.add(row, titled, Uploaded(file, name), actor=SYSTEM, now=row.created_at)


async def ready(*, now: datetime, **chosen: Any) -> Made:
    """Frozen, not open yet."""
    return await frozen(await drafted(created=now, **chosen), now=now)


async def frozen(made: Made, *, now: datetime) -> Made:
    """Let a draft get its keys and codes, and freeze it."""
    await with_keys(made, now=now)
    await with_credentials(made, now=now)
    await running.freeze(await made.row(), actor=SYSTEM, now=now)
    return made


def ballot_of(row: Election, code: str, marks: Sequence[Sequence[int]]) -> str:
    """A sealed and signed ballot, as the booth or `sawtuna vote` makes it."""
    election = election_of(row)
    key = codes.signing_key(VERSION_1, election.group, row.uuid, code)
    return seal(election, key, [list(one) for one in marks]).ballot.data.decode()


async def vote(
    made: Made, number: str, marks: Sequence[Sequence[int]], *, now: datetime, key: bytes, person: Any = None
) -> casting.Accepted:
    """Seal and cast; `key` is the portal's secret, for the receipt."""
    row = await made.row()
    text = ballot_of(row, made.codes[number], marks)
    return await casting.cast(row, text, person=person, key=signing_key(key), now=now)


async def closed(made: Made, settings: Settings, *, now: datetime) -> None:
    """Closed, and the ballots added up."""
    assert await running.turn(made.id, now=now) is State.CLOSED
    await counting.add_up(made.id, settings=settings, now=now)


async def part_of(made: Made, index: int) -> dict[str, Any]:
    """A trustee's part of the count."""
    row = await made.row()
    election, secret = election_of(row), await secret_of(made, index)
    total = tally.parse(election, row.tally.encode())
    decryption = tally.decrypt(election, total, secret)
    strong = decryption_proofs.prove(election, total, index, secret, decryption)
    return {
        "format": counting.DECRYPTION_FORMAT,
        "uuid": row.uuid,
        "decryption": parse_json(decryption.to_json()),
        "strong": strong.to_json(),
    }


async def decrypted(made: Made, *indexes: int, now: datetime) -> None:
    """These trustees open their parts."""
    for index in indexes:
        trustee = await Trustee.get(election_id=made.id, index=index)
        await counting.decrypt(trustee, await part_of(made, index), now=now)


async def counted(
    settings: Settings, votes: Sequence[Sequence[Sequence[int]]], *, now: datetime, **chosen: Any
) -> Made:
    """The whole way, one voter after another."""
    made = await ready(now=now, **chosen)
    row = await made.row()
    assert row.opens_at is not None
    assert row.closes_at is not None
    for number, marks in enumerate(votes, 1):
        await vote(made, str(number), marks, now=row.opens_at + timedelta(minutes=number), key=settings.key)
    after = row.closes_at + timedelta(minutes=1)
    await closed(made, settings, now=after)
    await decrypted(made, *range(1, row.threshold + 1), now=after)
    await counting.publish(made.id, now=after)
    return made
