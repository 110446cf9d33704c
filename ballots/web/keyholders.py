"""Trustees and the credential authority, as the administrator sees them."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded
from app.accounts.web.numbers import number
from app.forms import Entered, Invalid, parse
from app.web import settings_of
from ballots import policy
from ballots.actions import Outdated, Refused, running
from ballots.actions import authority as authorities
from ballots.actions import trustees as actions
from ballots.forms.drafts import YES
from ballots.forms.people import Authority, Invited, Threshold
from ballots.models import Credential, Election, Trustee, Voter
from ballots.queries import managing as queries
from ballots.queries.managing import place_of
from ballots.rules import needed
from ballots.web.common import BOTH, actor_of, done, election_of, page, refused
from ballots.web.manage import typed_in


async def trustees(request: Request) -> Response:
    """Who they are, how far each is, and a form for one more."""
    row = await election_of(request)
    if request.method != "POST":
        return await _trustees(request, row)
    try:
        form = await parse(request, Invited)
        await actions.add_trustee(row, form, actor=actor_of(request), now=clock.now())
    except Invalid as invalid:
        return await _trustees(request, row, invalid.entered, 422)
    except Refused as refusal:
        form_again = refused(refusal.sentence, await typed_in(request))
        return await _trustees(request, await election_of(request), form_again, 409)
    return done(request, "ballots:trustees", "added", row)


async def _trustees(
    request: Request, row: Election, form: Entered | None = None, status: int = 200, threshold: Entered | None = None
) -> Response:
    ceremony = await queries.ceremony(row)
    return await page(
        request,
        "manage_trustees.html",
        row,
        form,
        status=status,
        ceremony=ceremony,
        suggested=needed(ceremony.size),
        threshold_form=threshold or Entered({"threshold": str(row.threshold), "version": str(row.version)}),
    )


async def trustee(request: Request) -> Response:
    """Take one out, send the link again, note that a key is lost."""
    row, now, actor = await election_of(request), clock.now(), actor_of(request)
    found = await Trustee.get_or_none(id=number(request, "trustee"), election_id=row.id)
    if found is None:
        raise HTTPException(404)
    try:
        match request.path_params["verb"]:
            case "remove":
                await actions.remove_trustee(row, found.id, actor=actor, now=now)
                what = "removed"
            case "again":
                base_url = settings_of(request).base_url
                await actions.send_invitation_again(row, found.id, base_url=base_url, actor=actor, now=now)
                what = "again"
            case "lost":
                await running.report_lost_key(found, actor=actor, now=now)
                what = "lost"
            case _unknown:
                raise HTTPException(404)
    except Refused as refusal:
        return await _trustees(request, await election_of(request), refused(refusal.sentence), 409)
    return done(request, "ballots:trustees", what, row)


async def invite(request: Request) -> Response:
    """Send the links."""
    row = await election_of(request)
    base_url = settings_of(request).base_url
    try:
        await actions.invite_trustees(row, base_url=base_url, actor=actor_of(request), now=clock.now())
    except Refused as refusal:
        return await _trustees(request, await election_of(request), refused(refusal.sentence), 409)
    return done(request, "ballots:trustees", "invited", row)


async def threshold(request: Request) -> Response:
    """How many are needed."""
    row = await election_of(request)
    try:
        form = await parse(request, Threshold)
        await actions.set_threshold(row, form, actor=actor_of(request), now=clock.now())
    except Invalid as invalid:
        values = {"version": str(row.version), **invalid.entered.values}
        return await _trustees(request, row, None, 422, Entered(values, invalid.entered.errors))
    except Refused as refusal:
        fresh = await election_of(request)
        if isinstance(refusal, Outdated) and fresh.threshold == form.threshold:
            return done(request, "ballots:trustees", "threshold", row)
        typed = {**await typed_in(request), "version": str(fresh.version)}
        return await _trustees(request, fresh, None, 409, refused(refusal.sentence, typed))
    return done(request, "ballots:trustees", "threshold", row)


async def restart(request: Request) -> Response:
    """Begin the key ceremony anew."""
    row = await election_of(request)
    if request.method != "POST":
        return await page(request, "manage_restart.html", row)
    try:
        await actions.restart_ceremony(row, actor=actor_of(request), now=clock.now())
    except Refused as refusal:
        return await page(
            request, "manage_restart.html", await election_of(request), refused(refusal.sentence), status=409
        )
    return done(request, "ballots:trustees", "anew", row)


async def authority(request: Request) -> Response:
    """Who issues the codes."""
    row = await election_of(request)
    if request.method != "POST":
        values = {
            "name": row.authority_name,
            "email": row.authority_email,
            "by_portal": YES if row.delivered_by_portal else "",
        }
        return await _authority(request, row, Entered(values))
    base_url = settings_of(request).base_url
    try:
        form = await parse(request, Authority)
        await authorities.invite_authority(row, form, base_url=base_url, actor=actor_of(request), now=clock.now())
    except Invalid as invalid:
        return await _authority(request, row, invalid.entered, 422)
    except Refused as refusal:
        form_again = refused(refusal.sentence, await typed_in(request))
        return await _authority(request, await election_of(request), form_again, 409)
    return done(request, "ballots:authority", "invited", row)


async def _authority(request: Request, row: Election, form: Entered, status: int = 200) -> Response:
    return await page(
        request,
        "manage_authority.html",
        row,
        form,
        status=status,
        voters=await Voter.filter(election_id=row.id).count(),
        credentials=await Credential.filter(election_id=row.id).count(),
    )


async def withdraw(request: Request) -> Response:
    """Void the codes that were issued."""
    row = await election_of(request)
    if request.method != "POST":
        return await page(request, "manage_withdraw.html", row)
    try:
        await authorities.withdraw_credentials(row, actor=actor_of(request), now=clock.now())
    except Refused as refusal:
        return await page(
            request, "manage_withdraw.html", await election_of(request), refused(refusal.sentence), status=409
        )
    return done(request, "ballots:authority", "withdrawn", row)


_ONE = "/manage/elections/{uuid}"
_POST = ["POST"]

ROUTES = [
    Guarded(f"{_ONE}/trustees", trustees, name="ballots:trustees", act=policy.PREPARE, place=place_of, methods=BOTH),
    Guarded(
        f"{_ONE}/trustees/invite", invite, name="ballots:trustees_invite", act=policy.PREPARE, place=place_of,
        methods=_POST,
    ),
    Guarded(
        f"{_ONE}/trustees/threshold", threshold, name="ballots:threshold", act=policy.PREPARE, place=place_of,
        methods=_POST,
    ),
    Guarded(
        f"{_ONE}/trustees/anew", restart, name="ballots:restart", act=policy.PREPARE, place=place_of, methods=BOTH
    ),
    Guarded(
        f"{_ONE}/trustees/{{trustee:int}}/{{verb}}", trustee, name="ballots:trustee_change", act=policy.PREPARE,
        place=place_of, methods=_POST,
    ),
    Guarded(f"{_ONE}/authority", authority, name="ballots:authority", act=policy.PREPARE, place=place_of, methods=BOTH),
    Guarded(
        f"{_ONE}/authority/withdraw", withdraw, name="ballots:withdraw", act=policy.PREPARE, place=place_of,
        methods=BOTH,
    ),
]  # fmt: skip
