"""The questions of a draft."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.access import Guarded
from app.forms import Entered, Invalid, parse
from app.html import see_other
from ballots import policy
from ballots.actions import Outdated, Refused
from ballots.actions import preparing as actions
from ballots.forms.drafts import YES, Asked, Seen
from ballots.models import Election
from ballots.queries.managing import place_of
from ballots.rules import Question
from ballots.web.common import BOTH, actor_of, done, election_of, page, refused
from ballots.web.manage import typed_in


async def index(request: Request) -> Response:
    """All of them, in their order."""
    return await _index(request, await election_of(request))


async def _index(request: Request, row: Election, form: Entered | None = None, status: int = 200) -> Response:
    questions = [Question.of(value) for value in row.questions]
    return await page(request, "manage_questions.html", row, form, status=status, questions=questions)


async def create(request: Request) -> Response:
    """One more."""
    row = await election_of(request)
    if request.method != "POST":
        values = {"min": "1", "max": "1", "version": str(row.version)}
        return await page(request, "manage_question.html", row, Entered(values), number=None)
    return await _put(request, row, None)


async def edit(request: Request) -> Response:
    """Change one."""
    row = await election_of(request)
    number = int(request.path_params["question"])
    if request.method == "POST":
        return await _put(request, row, number - 1)
    if not 1 <= number <= len(row.questions):
        raise HTTPException(404)
    form = Entered({**fields_of(Question.of(row.questions[number - 1])), "version": str(row.version)})
    return await page(request, "manage_question.html", row, form, number=number)


async def _put(request: Request, row: Election, index: int | None) -> Response:
    number = None if index is None else index + 1
    if index is not None and not 0 <= index < len(row.questions):
        raise HTTPException(404)
    try:
        form = await parse(request, Asked)
    except Invalid as invalid:
        return await page(request, "manage_question.html", row, invalid.entered, status=422, number=number)
    try:
        await actions.put_question(row, index, form.asked, form.version, actor=actor_of(request), now=clock.now())
    except Refused as refusal:
        fresh = await election_of(request)
        if isinstance(refusal, Outdated) and _stands(fresh, index, form.asked):
            return done(request, "ballots:questions", "put", row)  # by a second press of the button
        typed = {**await typed_in(request), "version": str(fresh.version)}
        there = None
        if isinstance(refusal, Outdated) and index is not None and index < len(fresh.questions):
            stored = fields_of(Question.of(fresh.questions[index]))
            there = {name: value for name, value in stored.items() if value != typed.get(name, "").replace("\r", "")}
        form_again = refused(refusal.sentence, typed)
        return await page(request, "manage_question.html", fresh, form_again, status=409, number=number, there=there)
    return done(request, "ballots:questions", "put", row)


def _stands(row: Election, index: int | None, question: Question) -> bool:
    """Whether the question is there already."""
    at = len(row.questions) - 1 if index is None else index
    return 0 <= at < len(row.questions) and Question.of(row.questions[at]) == question


def fields_of(question: Question) -> dict[str, str]:
    """A question as the fields of the form."""
    languages = {
        language: "\n".join(answer.get(language, "") for answer in question.answers).strip("\n")
        for language in ("ar", "en")
    }
    return {
        "question_ar": question.question.get("ar", ""),
        "question_en": question.question.get("en", ""),
        "answers_ar": languages["ar"],
        "answers_en": languages["en"],
        "min": str(question.min),
        "max": str(question.max),
        "blank": YES if question.blank else "",
        "shuffle": YES if question.shuffle else "",
    }


async def change(request: Request) -> Response:
    """Up, down or out."""
    row, index = await election_of(request), int(request.path_params["question"]) - 1
    verb, actor, now = request.path_params["verb"], actor_of(request), clock.now()
    if verb not in {"up", "down", "remove"} or index < 0:
        raise HTTPException(404)
    try:
        form = await parse(request, Seen)
        if verb == "remove":
            await actions.remove_question(row, index, form.version, actor=actor, now=now)
            return done(request, "ballots:questions", "removed", row)
        await actions.move_question(row, index, -1 if verb == "up" else 1, form.version, actor=actor, now=now)
    except Invalid as invalid:
        return await _index(request, row, invalid.entered, 422)
    except Refused as refusal:
        return await _index(request, await election_of(request), refused(refusal.sentence), 409)
    return see_other(request, "ballots:questions", uuid=row.uuid)


_ALL = "/manage/elections/{uuid}/questions"

ROUTES = [
    Guarded(_ALL, index, name="ballots:questions", act=policy.MANAGE, place=place_of),
    Guarded(f"{_ALL}/new", create, name="ballots:question_new", act=policy.PREPARE, place=place_of, methods=BOTH),
    Guarded(
        f"{_ALL}/{{question:int}}", edit, name="ballots:question", act=policy.PREPARE, place=place_of, methods=BOTH
    ),
    Guarded(
        f"{_ALL}/{{question:int}}/{{verb}}",
        change,
        name="ballots:question_change",
        act=policy.PREPARE,
        place=place_of,
        methods=["POST"],
    ),
]
