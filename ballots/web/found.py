"""What the pages of elections ask of a request."""

from starlette.exceptions import HTTPException
from starlette.requests import Request

from app import clock, ids
from ballots.models import Election, Trustee
from ballots.queries import public


async def election(request: Request) -> Election:
    """The published election that the address names."""
    row = await public.find(request.path_params["uuid"], clock.now())
    if row is None:
        raise HTTPException(404)
    return row


def bearer(request: Request) -> str:
    """The token that a program or a page of ours sends, as its hash; it never stands in an address."""
    kind, _space, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not ids.TOKEN.match(token.strip()):
        raise HTTPException(401)
    return ids.token_hash(token.strip())


async def trustee(request: Request) -> Trustee:
    """The trustee whose link was used."""
    found = await Trustee.filter(token_hash=bearer(request), election__uuid=request.path_params["uuid"]).first()
    if found is None:
        raise HTTPException(401)
    return found


async def authority_of(request: Request) -> Election:
    """The election whose credential authority's link was used."""
    found = await Election.get_or_none(authority_token=bearer(request), uuid=request.path_params["uuid"])
    if found is None:
        raise HTTPException(401)
    return found
