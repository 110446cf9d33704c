"""The voting booth: two pages that are the same for every voter and every election, and the list of all their bytes.

Nothing of the person, of a cookie or of an election is in them: the address names the election, and the modules fetch
it. So anybody can compare what a voter was given with what everybody is given (`/booth/manifest.json`).
"""

import hashlib
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, cast
from urllib.parse import urlsplit

from jinja2 import Environment
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import i18n
from app.access import Guarded
from app.html import STATIC, Pages
from app.i18n import LANGUAGES, Language, Reader
from app.limits import Rule, address
from app.settings import Settings
from app.web import spend
from ballots.models import CastBallot, Credential
from ballots.policy import READ
from ballots.web.found import election

FORMAT = "sawtuna booth manifest 1"
PAGES = {"/booth/{}": "ballots/booth.html", "/booth/{}/check": "ballots/booth_check.html"}
"""Addresses of the booth's pages by language, and their templates."""

POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Stricter than that of other pages: nothing but files of this portal, and no form leaves it."""

LOOK = Rule("booth-codes", "1200/minute")
"""Of one address: behind one of a mobile network there may be a town. Whether a code is listed is no secret."""

_IN_PAGE = re.compile(r"""(?:src|href)="(/static/[^"]+)\"""")
_IN_SHEET = re.compile(r"""@import\s+(?:url\()?["']?([^"')\s;]+)|url\(["']?([^"')]+)["']?\)""")
_IN_MODULE = re.compile(
    r"""^(?:import\s*|(?:import|export)\b[^;"'()=]*?\bfrom\s*)["']([^"'\n]+)["']|\bimport\(\s*["']([^"'\n]+)["']"""
    r"""|new URL\(\s*["']([^"'\n]+)["'],\s*import\.meta\.url\)""",
    re.MULTILINE,
)
_COMMENTS = re.compile(r"/\*.*?\*/", re.DOTALL)


@lru_cache(maxsize=32)
def document(environment: Environment, template: str, language: Language) -> bytes:
    """A page of the booth, written once a process."""
    with i18n.reading(Reader(language)):
        values = {"lang": language, "direction": Reader(language).direction}
        return environment.get_template(template).render(values).encode()


def _language(request: Request) -> Language:
    asked = request.path_params["language"]
    if asked not in LANGUAGES:
        raise HTTPException(404)
    return cast("Language", asked)


def _page(address_of: str) -> Callable[[Request], Any]:
    async def show(request: Request) -> Response:
        pages: Pages = request.app.state.pages
        body = document(pages.environment, PAGES[address_of], _language(request))
        tag = f'"{hashlib.sha256(body).hexdigest()}"'
        headers = {"Cache-Control": "no-cache", "ETag": tag, "Content-Security-Policy": POLICY}
        if request.headers.get("if-none-match", "").removeprefix("W/") == tag:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="text/html", headers=headers)

    return show


def read_static(path: str) -> bytes:
    """The bytes that are served at a path under /static/."""
    return (STATIC / urlsplit(path).path.removeprefix("/static/")).read_bytes()


def mentioned(path: str, body: bytes) -> Iterator[str]:
    """What a page, a style sheet or a module of the booth makes the browser fetch; addresses as they are used."""
    kind = urlsplit(path).path.rpartition(".")[2]
    if kind == "css":
        found = _IN_SHEET.findall(_COMMENTS.sub(" ", body.decode()))
    elif kind == "js":
        found = _IN_MODULE.findall(_COMMENTS.sub(" ", body.decode()))
    elif "." not in posixpath.basename(urlsplit(path).path):
        found = [(name,) for name in _IN_PAGE.findall(body.decode())]
    else:
        return
    for names in found:
        name = next(filter(None, names))
        if name.startswith("data:"):
            continue
        base = posixpath.dirname(urlsplit(path).path)
        yield name if name.startswith("/") else posixpath.normpath(posixpath.join(base, name))


def manifest_of(environment: Environment) -> dict[str, Any]:
    """Every file of the booth with the SHA-256 of its bytes (hex): what its pages name, and what that names in turn."""
    bodies = {
        name.format(language): document(environment, template, language)
        for name, template in PAGES.items()
        for language in LANGUAGES
    }
    waiting = list(bodies)
    while waiting:
        path = waiting.pop()
        for name in mentioned(path, bodies[path]):
            if name not in bodies:
                bodies[name] = read_static(name)
                waiting.append(name)
    files = {path: hashlib.sha256(bodies[path]).hexdigest() for path in sorted(bodies)}
    return {"format": FORMAT, "digest": digest_of(files), "files": files}


def digest_of(files: Mapping[str, str]) -> str:
    """One hash for all: of a line `HASH  PATH` a file, sorted by path, as `sha256sum` would print them."""
    lines = "".join(f"{files[path]}  {path}\n" for path in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


def manifest_for(settings: Settings) -> dict[str, Any]:
    """The same for a portal that does not run: for the command."""
    return manifest_of(Pages(settings, {"ballots": "ballots"}).environment)


async def manifest(request: Request) -> Response:
    """The list, for whoever compares."""
    pages: Pages = request.app.state.pages
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache"}
    return JSONResponse(manifest_of(pages.environment), headers=headers)


async def code(request: Request) -> Response:
    """Whether the public half of a code is on the list, and whether somebody has voted with it.

    Both stand in the public record. A booth asks before it closes a seal, which it can do once: so a typing error that
    leaves a code well formed is found while nothing is lost yet.
    """
    await spend(request, (LOOK, address(request)))
    row = await election(request)
    digest = request.path_params["digest"]
    listed = await Credential.filter(election_id=row.id, digest=digest).exists()
    before = await CastBallot.filter(election_id=row.id, credential=digest, replaced_by=None).first()
    body = {"listed": listed, "height": before.height if before is not None else None}
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


ROUTES = [
    Guarded("/booth/manifest.json", manifest, name="booth:manifest", act=READ),
    Guarded("/booth/{language}", _page("/booth/{}"), name="booth:show", act=READ),
    Guarded("/booth/{language}/check", _page("/booth/{}/check"), name="booth:check", act=READ),
    Guarded("/api/elections/{uuid}/codes/{digest}", code, name="booth:code", act=READ),
]
