"""What pages of administration share."""

from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.audit import Actor
from app.web import person_of


def actor(request: Request) -> Actor:
    """The administrator; the acts of these pages let no agent in for somebody else."""
    return Actor.person(person_of(request).id)


def page_number(request: Request) -> int:
    """`?page=`, at least 1."""
    text = request.query_params.get("page", "1")
    return int(text) if text.isdecimal() and len(text) < 7 else 1


def number_in(request: Request, name: str = "id") -> int:
    """A number in the path, or 404."""
    text = request.path_params[name]
    if not str(text).isdecimal() or len(str(text)) > 18:
        raise HTTPException(404)
    return int(text)
