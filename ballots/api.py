"""The same for programs: JSON under /api/elections, described by /api/openapi.json."""

from collections.abc import Awaitable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import clock
from app.access import Guarded
from app.accounts.models import Person
from app.limits import Rule, address
from app.web import settings_of, spend
from ballots import live
from ballots.actions import Refused, casting, ceremony, counting, credentials, evidence
from ballots.models import Election, Trustee, Voter
from ballots.openapi import DESCRIPTION
from ballots.policy import AUTHORITY, READ, TRUSTEE, VOTE
from ballots.queries import public
from ballots.receipts import CODE, signing_key
from ballots.rules import Question, State, largest_ballot
from ballots.web.found import authority_of, election, trustee
from ballots.web.receipts import MOST_RECEIPT, SHOW
from crypto.encoding import parse_json
from crypto.errors import ProtocolError

CAST = Rule("cast", "60/minute")
AUDIT = Rule("audit", "100/hour")
MOST_BYTES = 8 << 20
"""Of one ballot or one trustee's part; `largest_ballot` says what is possible in an election."""
CEREMONY = Rule("ceremony", "600/hour")
STATUS = {
    **dict.fromkeys(("sign_in", "link"), 401),
    "not_voter": 403,
    **dict.fromkeys(("other_account", "other_credential", "duplicate", "spoiled", "cast"), 409),
    **dict.fromkeys(("closed", "not_open", "paused", "conflict", "frozen", "outdated"), 409),
    "too_often": 429,
}
"""Other codes are 422: what was sent is not acceptable."""


def refusal(request: Request, refused: Refused) -> Response:
    """A problem with the code that programs go by."""
    status = STATUS.get(refused.code, 422)
    body = {
        "type": "about:blank",
        "title": "Refused",
        "status": status,
        "detail": refused.sentence,
        "code": refused.code,
        "request_id": request.scope.get("request_id"),
    }
    return JSONResponse(body, status, {"Content-Type": "application/problem+json"})


async def _body(request: Request) -> Any:
    """The request's JSON: no duplicate keys, no NaN; 400 otherwise."""
    if "json" not in request.headers.get("content-type", ""):
        raise HTTPException(400)
    try:
        return parse_json(await request.body())
    except ProtocolError:
        raise HTTPException(400) from None


def _fits(request: Request, most: int) -> None:
    """Refuse what is larger than it can be before it is read: reading JSON holds up everybody else."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > most:
        raise HTTPException(413 if length else 411)


def _member(value: Any, name: str, kind: type) -> Any:
    if not isinstance(value, dict) or not isinstance(value.get(name), kind):
        raise HTTPException(400)
    return value[name]


def _number(request: Request, name: str, usual: int, most: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return usual
    if not text.removeprefix("-").isdecimal() or len(text) > 12:
        raise HTTPException(400)
    return min(int(text), most)


def _open(body: Any, status: int = 200) -> Response:
    """Public data, which any page may read."""
    return JSONResponse(body, status, {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache"})


async def index(request: Request) -> Response:
    """Every published election, newest first."""
    now, limit = clock.now(), max(1, _number(request, "limit", 50, 200))
    rows = await public.listed(now, after=_number(request, "before", 0, 10**12), limit=limit + 1)
    shown = rows[:limit]
    last = f"/api/elections?before={shown[-1].id}&limit={limit}" if len(rows) > limit else None
    return _open({"items": [_summary(row) for row in shown], "next": last})


def _summary(row: Election) -> dict[str, Any]:
    return {
        "uuid": row.uuid,
        "state": str(row.state),
        "title": row.title,
        "opens_at": row.opens_at.isoformat() if row.opens_at else None,
        "closes_at": row.closes_at.isoformat() if row.closes_at else None,
        "ballots": row.ballots,
        "fingerprint": row.fingerprint,
        "url": f"/elections/{row.uuid}",
    }


async def show(request: Request) -> Response:
    """One election."""
    key = signing_key(settings_of(request).key).verify_key.encode().hex()
    return _open({**await public.details(await election(request)), "receipt_key": key})


async def board(request: Request) -> Response:
    """Events of the board above a height."""
    row = await election(request)
    after, limit = _number(request, "after", -1, 2**40), max(1, _number(request, "limit", 100, public.MOST_ITEMS))
    found = await public.items(row, after=after, limit=limit)
    return _open({"items": [item.to_json() for item in found], "size": row.height + 1, "head": row.head})


async def ballot(request: Request) -> Response:
    """A ballot by its tracker or its seal, with its bytes."""
    row = await election(request)
    found = await public.ballot(row, request.path_params["code"])
    if found is None:
        raise HTTPException(404)
    made, event = found
    key = signing_key(settings_of(request).key)
    return _open(
        {
            "height": made.height,
            "digest": event.digest,
            "tracker": made.tracker,
            "seal": made.seal,
            "replaces": made.replaces,
            "replaced_by": made.replaced_by,
            "ballot": public.text_of(event),
            "receipt": (await casting.receipt_of(row, made, key)).to_json(),
        }
    )


async def cast(request: Request) -> Response:
    """Put a ballot on the board. 201 with the receipt; 200 when the same ballot was there already."""
    await spend(request, (CAST, address(request)))
    row = await election(request)
    _fits(request, largest_ballot(row.group, [Question.of(value) for value in row.questions]))
    text = _member(await _body(request), "ballot", str)
    person: Person | None = request.state.person
    if request.state.visit is not None:
        raise HTTPException(403)  # nobody votes for somebody else
    try:
        done = await casting.cast(row, text, person=person, key=signing_key(settings_of(request).key), now=clock.now())
    except Refused as refused:
        return refusal(request, refused)
    body = {"receipt": done.receipt.to_json(), "replaces": done.replaces}
    return JSONResponse(body, 200 if done.again else 201, {"Cache-Control": "no-store"})


async def audit(request: Request) -> Response:
    """Keep a seal out of the box for ever, before it is opened."""
    await spend(request, (AUDIT, address(request)))
    row = await election(request)
    seal = _member(await _body(request), "seal", str)
    if not CODE.match(seal):
        raise HTTPException(400)
    return await _done(request, casting.spoil(row, seal, now=clock.now()))


async def receipt(request: Request) -> Response:
    """Whether the ballot of a receipt is on the board. One that the portal has signed, and that is not, is evidence."""
    await spend(request, (SHOW, address(request)))
    row = await election(request)
    key = signing_key(settings_of(request).key)
    try:
        there = await evidence.show(row, await _body(request), key=key, now=clock.now())
    except Refused as refused:
        return refusal(request, refused)
    return _private({"there": there})


async def events(request: Request) -> Response:
    """Server-Sent Events: what is new on the board, and each change of state."""
    row = await election(request)
    start = request.headers.get("last-event-id", "")
    after = int(start) if start.isdecimal() and len(start) < 13 else row.height
    return live.response(request, row, after)


# Trustees and the credential authority, by the token of their link


async def ceremony_state(request: Request) -> Response:
    """What a trustee's client needs to do the next step."""
    who = await trustee(request)
    row = await Election.get(id=who.election_id)  # type: ignore[attr-defined]  # Tortoise adds it
    found = await public.find(row.uuid, clock.now())
    return _private(await _ceremony(found or row, who))


async def _ceremony(row: Election, who: Trustee) -> dict[str, Any]:
    trustees = await Trustee.filter(election_id=row.id).order_by("index")
    published = await ceremony.parts_of(row.id)
    keys = published.get("keys", {})
    if row.state is State.DRAFT:
        state = "keys" if len(keys) < len(trustees) else ("ready" if who.tested_at else "test")
    elif row.state is State.DECRYPTING:
        state = "done" if who.decrypted_at else "decrypting"
    elif row.state in (State.TALLIED, State.ARCHIVED):
        state = "done"
    else:
        state = "waiting"
    return {
        "uuid": row.uuid,
        "title": row.title,
        "election_state": str(row.state),
        "group": row.group,
        "size": len(trustees),
        "threshold": row.threshold,
        "index": who.index,
        "name": who.name,
        "state": state,
        "published": {kind: {str(at): body for at, body in parts.items()} for kind, parts in published.items()},
        "trustees": [one.name for one in trustees],
        "decrypted": [one.index for one in trustees if one.decrypted_at],
        "proven": [one.index for one in trustees if one.tested_at],
        "lost": [one.index for one in trustees if one.lost_at],
        "contact": row.contact,
        "needed": row.threshold,
        "test": who.test if who.tested_at is None else None,
        "tested": who.tested_at is not None,
        "closes_at": row.closes_at.isoformat() if row.closes_at else None,
    }


def _private(body: Any) -> Response:
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


async def publish_part(request: Request) -> Response:
    """A trustee's part of the key ceremony."""
    who, body = await _from_trustee(request)
    return await _done(
        request, ceremony.publish(who, _member(body, "kind", str), _member(body, "body", dict), now=clock.now())
    )


async def prove_key(request: Request) -> Response:
    """What the saved key file made of the test."""
    who, body = await _from_trustee(request)
    return await _done(request, ceremony.prove_key(who, _member(body, "answer", str), now=clock.now()))


async def decrypt(request: Request) -> Response:
    """A trustee's part of the count."""
    who, body = await _from_trustee(request)
    return await _done(request, counting.decrypt(who, body, now=clock.now()))


async def _from_trustee(request: Request) -> tuple[Trustee, Any]:
    """Who sends, and what. Nothing is read of whoever has no link, and the actions look at it again under the lock."""
    await spend(request, (CEREMONY, address(request)))
    who = await trustee(request)
    return who, await _body(request)


async def _done(request: Request, work: Awaitable[None]) -> Response:
    """204 when it is done, a refusal with its code otherwise."""
    try:
        await work
    except Refused as refused:
        return refusal(request, refused)
    return Response(status_code=204)


async def voters(request: Request) -> Response:
    """The list for whom the credential authority makes codes."""
    row = await authority_of(request)
    if row.state not in (State.DRAFT, State.READY, State.OPEN):
        raise HTTPException(410)
    listed = await Voter.filter(election_id=row.id).order_by("id").values("number", "name", "contact", "weight")
    return _private(
        {
            "uuid": row.uuid,
            "title": row.title,
            "group": row.group,
            "weighted": row.weighted,
            "done": row.credentials_at is not None,
            "fingerprint": row.credentials_fingerprint if row.credentials_at is not None else None,
            "election_fingerprint": row.fingerprint or None,
            "by_portal": row.delivered_by_portal,
            "mailed": await credentials.was_mailed(row),
            "state": str(row.state),
            "url": f"{settings_of(request).base_url}/elections/{row.uuid}",
            "booth": f"{settings_of(request).base_url}/booth/ar?election={row.uuid}",
            "voters": [
                {"id": one["number"], "name": one["name"], "contact": one["contact"], "weight": one["weight"]}
                for one in listed
            ],
        }
    )


async def issue(request: Request) -> Response:
    """The public halves of the codes, once."""
    await spend(request, (CEREMONY, address(request)))
    row = await authority_of(request)
    _fits(request, 2000 + 660 * await Voter.filter(election_id=row.id).count())
    body = await _body(request)
    return await _done(request, credentials.issue(row, _member(body, "credentials", list), now=clock.now()))


async def mail_codes(request: Request) -> Response:
    """Let the portal send the codes. What the body holds is secret, and goes into the outbox only."""
    await spend(request, (CEREMONY, address(request)))
    row = await authority_of(request)
    body = await _body(request)
    try:
        base_url = settings_of(request).base_url
        sent = await credentials.mail_codes(row, _member(body, "codes", dict), base_url=base_url, now=clock.now())
    except Refused as refused:
        return refusal(request, refused)
    return _private({"sent": sent})


async def openapi(request: Request) -> Response:  # noqa: ARG001 - the form of an endpoint
    """What these addresses do, described for programs."""
    return _open(DESCRIPTION)


_MOST_CREDENTIALS = 128 << 20

ROUTES = [
    Guarded("/api/openapi.json", openapi, name="api:openapi", act=READ),
    Guarded("/api/elections", index, name="api:elections", act=READ),
    Guarded("/api/elections/{uuid}", show, name="api:election", act=READ),
    Guarded("/api/elections/{uuid}/board", board, name="api:board", act=READ),
    Guarded("/api/elections/{uuid}/events", events, name="api:events", act=READ),
    Guarded("/api/elections/{uuid}/ballots/{code:path}", ballot, name="api:ballot", act=READ),
    Guarded(
        "/api/elections/{uuid}/ballots",
        cast,
        name="api:cast",
        act=VOTE,
        methods=["POST"],
        max_body_size=MOST_BYTES,
    ),
    Guarded("/api/elections/{uuid}/audits", audit, name="api:audit", act=VOTE, methods=["POST"]),
    Guarded(
        "/api/elections/{uuid}/receipts",
        receipt,
        name="api:receipt",
        act=READ,
        methods=["POST"],
        max_body_size=MOST_RECEIPT,
    ),
    Guarded("/api/elections/{uuid}/ceremony", ceremony_state, name="api:ceremony", act=TRUSTEE),
    Guarded(
        "/api/elections/{uuid}/ceremony",
        publish_part,
        name="api:publish",
        act=TRUSTEE,
        methods=["POST"],
        max_body_size=4 << 20,
    ),
    Guarded("/api/elections/{uuid}/key-proof", prove_key, name="api:key_proof", act=TRUSTEE, methods=["POST"]),
    Guarded(
        "/api/elections/{uuid}/decryptions",
        decrypt,
        name="api:decrypt",
        act=TRUSTEE,
        methods=["POST"],
        max_body_size=MOST_BYTES,
    ),
    Guarded("/api/elections/{uuid}/voters", voters, name="api:voters", act=AUTHORITY),
    Guarded(
        "/api/elections/{uuid}/credentials",
        issue,
        name="api:issue",
        act=AUTHORITY,
        methods=["POST"],
        max_body_size=_MOST_CREDENTIALS,
    ),
    Guarded(
        "/api/elections/{uuid}/mail-codes",
        mail_codes,
        name="api:mail_codes",
        act=AUTHORITY,
        methods=["POST"],
        max_body_size=8 << 20,
    ),
]
