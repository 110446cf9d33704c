"""Asking the civil register: the imported table, or the authority's own service. And what was imported."""

from dataclasses import dataclass
from typing import Protocol

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.accounts.models import Person, RegisterBatch, RegisterEntry
from app.accounts.register import Claim, invented
from app.accounts.register_file import PLACE_LENGTH
from app.settings import Settings

PATIENCE = 10.0
"""Seconds that the authority's service may take."""
MOST_ANSWERED = 4_096


@dataclass(frozen=True, slots=True)
class Found:
    """The register holds somebody with this number and birth date, in the list of this place."""

    place: str


class RegisterAway(Exception):
    """The register does not answer, or not as agreed. Carries nothing of what was asked."""


class Register(Protocol):
    """Whoever can say whether a number and a birth date belong together."""

    async def find(self, claim: Claim) -> Found | None:
        """What the register says; raises `RegisterAway` when it says nothing."""


class ImportedRegister:
    """The register as it was imported: keyed hashes in our own table."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    async def find(self, claim: Claim) -> Found | None:
        """Only imports that were finished count; the newest says the place."""
        entry = (
            await RegisterEntry.filter(entry_hash=claim.hashed(self._key), batch__finished_at__not_isnull=True)
            .order_by("-batch_id")
            .first()
        )
        return Found(entry.place) if entry else None


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    match: bool
    place: str = Field("", max_length=PLACE_LENGTH)


class RemoteRegister:
    """The authority's service: `POST {number, birth_date}` with a bearer token, answered `{match, place}`."""

    def __init__(self, url: str, token: str, *, patience: float = PATIENCE) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._patience = patience

    async def find(self, claim: Claim) -> Found | None:
        """Ask; redirections are not followed, since they would carry the number elsewhere."""
        question = {"number": claim.number, "birth_date": claim.born.isoformat()}
        try:
            async with (
                httpx.AsyncClient(timeout=self._patience, follow_redirects=False, trust_env=False) as client,
                client.stream("POST", self._url, json=question, headers=self._headers) as response,
            ):
                if response.status_code != httpx.codes.OK:
                    raise RegisterAway(f"the register answered {response.status_code}")
                body = b""
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > MOST_ANSWERED:
                        raise RegisterAway("the register said more than an answer")
            answer = _Answer.model_validate_json(body)
        except ValidationError:
            raise RegisterAway("the register did not answer as agreed") from None
        except httpx.HTTPError as error:  # it holds the request, and the request holds the number
            raise RegisterAway(type(error).__name__) from None
        return Found(" ".join(answer.place.split())) if answer.match else None


def register_of(settings: Settings) -> Register:
    """The register that these settings name."""
    if settings.register_url:
        return RemoteRegister(settings.register_url, settings.register_token.get_secret_value())
    return ImportedRegister(settings.key)


async def batches(page: int, per_page: int = 20) -> tuple[list[RegisterBatch], int]:
    """What was imported, the newest first; and how many imports there are."""
    query = RegisterBatch.all()
    return await query.order_by("-id").offset((page - 1) * per_page).limit(per_page), await query.count()


async def matched() -> int:
    """How many accounts are matched with the register."""
    return await Person.filter(register_hash__not_isnull=True).count()


async def example(settings: Settings) -> Claim | None:
    """An entry of the demonstration's register that no account has taken yet."""
    if settings.register_url:
        return None
    claims = {claim.hashed(settings.key): claim for claim in invented(settings.national_number_digits)}
    listed = await RegisterEntry.filter(entry_hash__in=list(claims), batch__finished_at__not_isnull=True).values(
        "entry_hash"
    )
    taken = await Person.filter(register_hash__in=list(claims)).values("register_hash")
    free = {row["entry_hash"] for row in listed} - {row["register_hash"] for row in taken}
    return next((claim for hashed, claim in claims.items() if hashed in free), None)
