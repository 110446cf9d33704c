"""From the close to the result: add up, take trustees' parts, publish what the verifier accepts, and nothing else."""

import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tortoise.transactions import in_transaction

from app import audit, jobs, mail
from app.audit import SYSTEM, Actor
from app.i18n import Reader, reading
from app.i18n import gettext as _
from app.settings import Settings
from ballots import board
from ballots.actions import Refused, running
from ballots.frozen import election_of, trustees_of
from ballots.models import BoardEvent, CastBallot, Credential, Election, Trustee
from ballots.rules import State, spoken
from crypto import decryption_proofs, seals, tally
from crypto.ballot import Envelope
from crypto.board import Kind
from crypto.decryption_proofs import StrongProofs
from crypto.election import Election as Parsed
from crypto.elgamal import Ciphertext
from crypto.encoding import canonical, members, sha256_hex
from crypto.errors import ProtocolError, Rejected
from crypto.journal import Journal
from crypto.tally import Ciphertexts, PartialDecryption, SizedTally
from crypto.verification import Verdict
from crypto.verification.record import proofs_path

PUBLISH = "ballots.publish"
DECRYPTION_FORMAT = "sawtuna decryption 1"
_BATCH = 200


class Unsound(RuntimeError):
    """The record does not pass the verifier: nothing is published, and somebody has to look."""


async def add_up(election: int, *, settings: Settings, now: datetime) -> None:
    """Multiply the last ballots of all voters, each as often as its weight, without opening any. Safe to repeat."""
    row = await Election.get(id=election)
    if await board.last_kind(row) is not Kind.END_BALLOTS:
        return
    parsed = election_of(row)
    listed = await Credential.filter(election_id=row.id).values_list("digest", "weight")
    weights = {str(digest): int(weight) for digest, weight in listed}
    total, counted, weight, after = tally.empty(parsed), 0, 0, -1
    while True:
        rows = (
            await CastBallot.filter(election_id=row.id, replaced_by=None, height__gt=after)
            .order_by("height")
            .limit(_BATCH)
            .values("height", "credential")
        )
        if not rows:
            break
        heights = [one["height"] for one in rows]
        chunks = await BoardEvent.filter(election_id=row.id, height__in=heights).order_by("height").values("chunk")
        own = [weights[one["credential"]] for one in rows]
        ballots = [board.records_in(bytes(chunk["chunk"]))[0] for chunk in chunks]
        total = await asyncio.to_thread(_added, parsed, total, ballots, own)
        counted, weight, after = counted + len(rows), weight + sum(own), heights[-1]
    encrypted = tally.to_json(total)
    sized = SizedTally(counted, weight, sha256_hex(encrypted))
    async with in_transaction() as connection:
        row = await board.locked(election, connection)
        if await board.last_kind(row, connection) is not Kind.END_BALLOTS:
            return  # another worker was faster
        await board.append(row, Kind.ENCRYPTED_TALLY, [encrypted, sized.to_json()], connection)
        row.state, row.tally, row.counted, row.weight = State.DECRYPTING, encrypted.decode(), counted, weight
        await row.save(update_fields=["state", "tally", "counted", "weight"], using_db=connection)
        await audit.record(SYSTEM, "election_added_up", row.subject, now=now, details={"ballots": counted})
        for trustee in await Trustee.filter(election_id=row.id, lost_at=None):
            with reading(Reader("en" if trustee.language == "en" else "ar")):
                await mail.post(
                    trustee.email,
                    _("The vote is closed: your part of the count is needed"),
                    _(
                        "%(name)s,\n\nthe vote “%(title)s” is closed and its ballots are added up, still sealed. "
                        "Open the link from your invitation, with your key file at hand, and open your part.\n\n"
                        "The election: %(url)s",
                        name=trustee.name,
                        title=row.title.get(trustee.language) or spoken(row.title),
                        url=f"{settings.base_url}/elections/{row.uuid}",
                    ),
                    language=trustee.language,
                    now=now,
                )


def _added(parsed: Parsed, total: Ciphertexts, ballots: Sequence[bytes], weights: Sequence[int]) -> Ciphertexts:
    for data, weight in zip(ballots, weights, strict=True):
        answers = Envelope.parse(data).answers
        choices = [[Ciphertext.parse(parsed.group, value) for value in answer["choices"]] for answer in answers]
        total = tally.add(total, choices, weight)
    return total


async def decrypt(trustee: Trustee, value: object, *, now: datetime) -> None:
    """Take a trustee's part of the count, after checking both kinds of its proofs. The same one again is fine."""
    row = await Election.get(id=trustee.election_id)  # type: ignore[attr-defined]  # Tortoise adds it
    if trustee.decrypted_at is not None:
        return
    if row.state is not State.DECRYPTING:
        raise Refused(_("There is nothing to decrypt now: the vote must be closed and added up."), "not_yet")
    try:
        decryption, strong = await asyncio.to_thread(_checked, row, trustee.index, value)
    except ProtocolError as error:
        raise Refused(str(error), "rejected") from None
    data = decryption.to_json()
    async with in_transaction() as connection:
        row = await board.locked(row.id, connection)
        held = await Trustee.filter(id=trustee.id, token_hash=trustee.token_hash).using_db(connection).first()
        if held is None:
            raise Refused(_("This link is not valid any more. Use the newest one, or ask the administrator."), "link")
        if held.decrypted_at is not None:
            return
        if row.state is not State.DECRYPTING:
            raise Refused(_("There is nothing to decrypt now: the vote must be closed and added up."), "not_yet")
        owned = tally.owned_json(trustee.index, sha256_hex(data))
        await board.append(row, Kind.PARTIAL_DECRYPTION, [data, owned], connection)
        held.strong, held.decrypted_at = strong.to_json(), now
        await held.save(update_fields=["strong", "decrypted_at"], using_db=connection)
        await audit.record(Actor(f"trustee:{trustee.index}"), "trustee_decrypted", row.subject, now=now)
        if await Trustee.filter(election_id=row.id, decrypted_at__isnull=False).count() >= row.threshold:
            await jobs.enqueue(PUBLISH, now=now, election=row.id)


def _checked(row: Election, owner: int, value: object) -> tuple[PartialDecryption, StrongProofs]:
    parsed = election_of(row)
    fields = members(value, "format", "uuid", "decryption", "strong")
    if fields["format"] != DECRYPTION_FORMAT:
        raise Rejected("this is not a trustee's decryption")
    if fields["uuid"] != row.uuid:
        raise Rejected("the decryption belongs to another election")
    decryption = PartialDecryption.parse(parsed, canonical(fields["decryption"]))
    strong = StrongProofs.parse(parsed, fields["strong"])
    if strong.owner != owner:
        raise Rejected("this is the part of trustee %(owner)s", owner=strong.owner)
    if strong.payload != sha256_hex(decryption.to_json()):
        raise Rejected("the strong proofs belong to another decryption")
    total = tally.parse(parsed, row.tally.encode())
    key = trustees_of(row).keys[owner]
    decryption.verify(parsed, total, key)
    strong.verify(parsed, total, key, decryption)
    return decryption, strong


async def publish(election: int, *, now: datetime) -> None:
    """Combine the parts and publish the counts, if the verifier accepts the whole record with them. Safe to repeat."""
    row = await Election.get(id=election)
    if row.state is not State.DECRYPTING:
        return
    found = await asyncio.to_thread(_combined, row, await _decryptions(row))
    data = tally.result_json(found)
    with tempfile.TemporaryDirectory(prefix="sawtuna-count-") as folder:
        path = Path(folder) / f"{row.uuid}.bel"
        await _write(row, path)
        proofs = proofs_path(path, row.uuid)
        proofs.parent.mkdir()
        proofs.write_bytes(await proofs_json(row))
        seals.list_path(path, row.uuid).write_bytes(await running.seals_json(row))
        await _verified(path, data)
    async with in_transaction() as connection:
        held = await board.locked(election, connection)
        if held.height != row.height or held.state is not State.DECRYPTING:
            await jobs.enqueue(PUBLISH, now=now, election=row.id)  # another part came in while we verified
            return
        await board.append(held, Kind.RESULT, [data], connection)
        held.state, held.result, held.tallied_at = State.TALLIED, found, now
        await held.save(update_fields=["state", "result", "tallied_at"], using_db=connection)
        await audit.record(SYSTEM, "election_result", row.subject, now=now)


async def _decryptions(row: Election) -> dict[int, PartialDecryption]:
    parsed = election_of(row)
    events = await BoardEvent.filter(election_id=row.id, kind=str(Kind.PARTIAL_DECRYPTION)).order_by("height")
    found = {}
    for event in events:
        data, owned, _event = board.records_in(bytes(event.chunk))
        found[tally.parse_owned(owned)[0]] = PartialDecryption.parse(parsed, data)
    return found


def _combined(row: Election, decryptions: dict[int, PartialDecryption]) -> list[list[int]]:
    parsed = election_of(row)
    total = tally.parse(parsed, row.tally.encode())
    factors = tally.combine(trustees_of(row), decryptions)
    return tally.counts(parsed.group, tally.messages(total, factors), row.weight)


async def _write(row: Election, path: Path) -> None:
    with path.open("wb") as file:
        async for part in board.archive(row):
            file.write(part)


async def _verified(path: Path, result: bytes) -> None:
    """The whole record with the result in it, by the program that observers use, in a process of its own.

    It may take an hour, uses every core, and is stopped with us.
    """

    def complete() -> None:
        with Journal.open(path) as journal:
            journal.append(Kind.RESULT, result)

    await asyncio.to_thread(complete)
    command = [
        sys.executable,
        "-c",
        "from app.cli import main; main()",
        "verify",
        str(path),
        "--require-strong",
        "--json",
    ]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        told, complained = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    try:
        report = json.loads(told)
        verdict = report["verdict"]
    except (ValueError, KeyError):
        raise Unsound(
            f"the verifier ended with {process.returncode}: {complained.decode(errors='replace')[:1500]}"
        ) from None
    if process.returncode != 0 or verdict != Verdict.VERIFIED:
        failed = [
            f"{check['id']}: {failure['reason']}"
            for check in report.get("checks", ())
            if check["status"] == "failed"
            for failure in check["failures"][:1]
        ]
        raise Unsound(f"the record is {verdict}: {'; '.join(failed) or report.get('reason', '')}"[:1500])


async def proofs_json(row: Election) -> bytes:
    """`decryption-proofs.json` as it is now."""
    parsed = election_of(row)
    trustees = await Trustee.filter(election_id=row.id, strong__isnull=False).order_by("index")
    return decryption_proofs.file_json(parsed, [StrongProofs.parse(parsed, trustee.strong) for trustee in trustees])
