"""Trustees with a browser and trustees with `sawtuna trustee` make one key and open one count together."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crypto import channel, key_proof, keygen, seals
from crypto.board import Kind
from crypto.cli.ceremony import Folder, read_key
from crypto.cli.files import pretty
from crypto.encoding import sha256_b64
from crypto.groups import named
from crypto.transcripts import VERSION_1
from crypto.verification import Verdict
from tests.ballots.pages import Page, Refused, Workers
from tests.crypto.cli.conftest import warm  # noqa: F401 - the fixture of the command line, used here as well
from tests.crypto.cli.elections import Election
from tests.crypto.cli.shell import VECTORS, Shell, Warm
from tests.crypto.records import (
    Step,
    another,
    canonical,
    change,
    end_step,
    failed,
    judge,
    plain,
    rich,
    setup_step,
    sha,
    take_apart,
    tally_step,
)
from tests.crypto.verification.test_audits import MALFORMED, NOBODYS, beside, code

SMALL = 'title = "Which?"\n[[questions]]\nquestion = "Which?"\nanswers = ["a", "b"]\nchoose = 1\nblank = true\n'
VOTERS = "id,name\n1,سعاد الكاظم\n2,Yusuf Hanna\n"


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    """Node, with the workers loaded."""
    process = Workers()
    yield process
    process.close()


@pytest.fixture
def sawtuna(warm: Warm, tmp_path: Path) -> Shell:  # noqa: F811 - the fixture imported above
    """The command, in a folder of the test's own."""
    return Shell(warm, tmp_path)


def pages(workers: Workers, folder: Folder, root: Path, *indexes: int) -> list[Page]:
    return [Page(workers, folder, index, root / f"trustee-{index}" / f"{index}.key.json") for index in indexes]


def hold_ceremony(election: Election, workers: Workers, threshold: int) -> list[Page]:
    """Trustees 1 and 2 with a browser, trustee 3 with the command, until everybody's key is ready."""
    election.start(3, threshold)
    folder = Folder(election.ceremony)
    browsers = pages(workers, folder, election.root, 1, 2)
    for _ in range(6):
        answers = [page.advance() for page in browsers]
        command = election.join(3)
        answers += [page.advance() for page in browsers]
        if "The key is ready" in command.out and all(answer["ready"] for answer in answers[2:]):
            made = (election.ceremony / "trustees.json").read_bytes().rstrip(b"\n")
            for answer in answers[2:]:
                assert answer["trustees"].encode() == made
                assert answer["fingerprint"] == sha256_b64(made)
                assert answer["waitingFor"] == []
            return browsers
    raise AssertionError("the ceremony did not end")


@pytest.mark.parametrize("group", ["Ed25519", "BELENIOS-2048"])
@pytest.mark.parametrize("threshold", [2, 3])
def test_two_browsers_and_a_command_make_a_key_and_count_an_election(
    sawtuna: Shell, workers: Workers, tmp_path: Path, group: str, threshold: int
) -> None:
    election = Election.describe(sawtuna, tmp_path / "election", SMALL, group=group)
    browsers = hold_ceremony(election, workers, threshold)
    election.register(VOTERS)
    election.open()
    election.vote(1, ["2"])
    election.vote(2, ["blank"])
    election.step("close")
    election.step("tally")

    # A key file made in a browser decrypts with the command, one made by the command decrypts in a browser.
    for page in browsers:
        sawtuna("trustee", "check", "--key", page.key)
    answer = workers.ask("trustee", "decrypt", keyFile=json.loads(election.key(3).read_bytes()), bel=election.archive)
    assert answer["ballots"]["counted"] == 2
    election.part(3).write_bytes(pretty(answer["body"]))
    election.decrypt(2)
    if threshold == 3:
        first = workers.ask(
            "trustee", "decrypt", keyFile=json.loads(browsers[0].key.read_bytes()), bel=election.archive
        )
        election.part(1).write_bytes(pretty(first["body"]))
        election.step("add", election.part(1))
    for trustee in (2, 3):
        election.step("add", election.part(trustee))  # which checks both kinds of proof
    election.step("result")

    report = election.report()
    assert (report["verdict"], report["decryption_proofs"]) == ("verified", "strong")
    assert report["result"] == [[1, 0, 1]]
    proofs = election.box / f"{election.uuid}.record" / "decryption-proofs.json"
    seen = workers.ask("observer", "verify", bel=election.archive, proofs=proofs, requireStrong=True)
    assert seen == report


# Those who cheat


@pytest.fixture
def ceremony(tmp_path: Path) -> Folder:
    """Two of three, in Ed25519."""
    return Folder.create(tmp_path / "ceremony", "5o6HuwUTRyvcQB", named("Ed25519"), 3, 2)


def joined(workers: Workers, ceremony: Folder, root: Path, until: str) -> tuple[list[Page], Path]:
    """Two pages and the key file of a command, after everybody has published `until`."""
    browsers = pages(workers, ceremony, root, 1, 2)
    key = root / "3.key.json"
    ceremony.join(key, "Command 3", 3)
    for _ in range(4):
        for page in browsers:
            if ceremony.missing(until):
                page.advance()
        if ceremony.missing(until):
            ceremony.advance(key, read_key(key))
        if not ceremony.missing(until):
            return browsers, key
    raise AssertionError("the ceremony did not come so far")


def replace_file(ceremony: Folder, kind: str, index: int, change_it: Any) -> None:
    path = ceremony.path / kind / f"{index}.json"
    path.write_bytes(pretty(change_it(json.loads(path.read_bytes()))))


def test_a_wrong_share_is_refused_and_its_author_named(workers: Workers, ceremony: Folder, tmp_path: Path) -> None:
    browsers, key = joined(workers, ceremony, tmp_path, "shares")
    cheat = read_key(key)
    assert cheat.seed is not None
    certs = keygen.check_certificates(
        cheat.ceremony, [ceremony.read("certificates", i)["certificate"] for i in (1, 2, 3)]
    )
    signing = VERSION_1.signing_key(ceremony.group, cheat.seed)
    wrong = channel.send(VERSION_1, signing, certs[0].encryption, {"secret": "12345"})
    replace_file(ceremony, "shares", 3, lambda dealt: {**dealt, "secrets": [wrong, *dealt["secrets"][1:]]})
    with pytest.raises(Refused, match="does not lie on the trustee's published polynomial") as refusal:
        browsers[0].advance()
    assert refusal.value.place[:2] == ["shares", 3]
    assert browsers[1].advance()["publish"]["kind"] == "keys"  # his own share is right


def test_a_polynomial_that_was_not_committed_to_is_refused_and_its_author_named(
    workers: Workers, ceremony: Folder, tmp_path: Path
) -> None:
    browsers, key = joined(workers, ceremony, tmp_path, "commitments")
    true = [ceremony.read("commitments", i)["commitment"] for i in (1, 2, 3)]
    replace_file(ceremony, "commitments", 3, lambda body: {**body, "commitment": "0" * 64})
    for page in browsers:
        page.advance()
    cheat = read_key(key)
    assert cheat.seed is not None
    certs = keygen.check_certificates(
        cheat.ceremony, [ceremony.read("certificates", i)["certificate"] for i in (1, 2, 3)]
    )
    dealt = keygen.deal(cheat.ceremony, certs, cheat.seed, true)
    (ceremony.path / "shares" / "3.json").write_bytes(pretty(dealt))
    for page in browsers:
        with pytest.raises(Refused, match="not what the trustee had committed to") as refusal:
            page.advance()
        assert refusal.value.place[:2] == ["shares", 3]


def test_certificates_that_changed_after_they_were_relied_on_are_refused(
    workers: Workers, ceremony: Folder, tmp_path: Path
) -> None:
    browsers, key = joined(workers, ceremony, tmp_path, "commitments")
    browsers[0].advance()
    cheat = read_key(key)
    again = keygen.certificate(cheat.ceremony, 3, keygen.new_seed(cheat.ceremony))
    replace_file(ceremony, "certificates", 3, lambda body: {**body, "certificate": again})
    with pytest.raises(Refused, match="have changed") as refusal:
        browsers[0].advance()
    assert (refusal.value.place, refusal.value.code) == (["certificates"], "changed")


def test_what_stands_in_a_trustees_own_name_must_be_his(workers: Workers, ceremony: Folder, tmp_path: Path) -> None:
    (page,) = pages(workers, ceremony, tmp_path, 2)
    page.advance()
    replace_file(ceremony, "certificates", 2, lambda body: {**body, "name": "Somebody else"})
    with pytest.raises(Refused, match="is not his") as refusal:
        page.advance()
    assert refusal.value.place == ["certificates", 2]


# The key's test, and the count


def test_the_saved_key_answers_the_servers_test_and_nothing_else(
    workers: Workers, ceremony: Folder, tmp_path: Path
) -> None:
    page, _ = joined(workers, ceremony, tmp_path, "keys")[0]
    key = json.loads(page.key.read_bytes())
    point = ceremony.group.parse_key(key["public_key"])
    asked = key_proof.ask(point, ceremony.uuid, 1)
    answer = workers.ask("trustee", "answer", keyFile=key, test=asked.ciphertext.to_json())
    assert answer == {"answer": asked.answer}
    for other in (key_proof.ask(point, ceremony.uuid, 2), key_proof.ask(point, "AnotherE1ection", 1)):
        with pytest.raises(Refused, match="no test") as refusal:
            workers.ask("trustee", "answer", keyFile=key, test=other.ciphertext.to_json())
        assert refusal.value.code == "no test"


def little_key(owner: int) -> dict[str, Any]:
    """The key file of a single trustee of the plain little election."""
    little = plain()
    return {
        "format": "sawtuna trustee key 1",
        "uuid": little.election.uuid,
        "group": little.group.name,
        "index": owner,
        "size": 2,
        "threshold": 2,
        "name": f"أمين {owner}",
        "private_key": little.secrets[owner].export(),
        "public_key": str(little.group.generator ** little.secrets[owner]),
        "published": {},
    }


def test_a_sum_that_is_not_that_of_the_ballots_is_never_decrypted(workers: Workers, tmp_path: Path) -> None:
    little = plain()
    ask = {"keyFile": little_key(1)}
    counting = [*little.steps()[:-4], little.tallying]
    honest = little.write(tmp_path, [little.setup, *little.casting, counting[-2], little.tallying])
    assert workers.ask("trustee", "decrypt", bel=honest, **ask)["body"]["strong"]["owner"] == 1
    alone = json.dumps(json.loads(little.ballots[0])["answers"][0]["choices"], separators=(",", ":"))
    false_sum = f"[{alone}]".encode()

    with pytest.raises(Refused, match="not the sum of the ballots") as refusal:
        workers.ask("trustee", "decrypt", bel=honest, tally=false_sum.decode(), **ask)
    assert refusal.value.code == "tally"

    tampered = little.write(tmp_path, [little.setup, *little.casting, counting[-2], tally_step(false_sum, 3, 3)])
    with pytest.raises(Refused, match="not the sum of the ballots") as refusal:
        workers.ask("trustee", "decrypt", bel=tampered, **ask)
    assert (refusal.value.code, refusal.value.place) == ("record", ["tally.sums"])


def test_a_key_that_has_opened_one_sum_opens_no_other(workers: Workers, tmp_path: Path) -> None:
    """A record that was cut off after one ballot is consistent in itself: only memory and people can tell."""
    little = plain()
    whole = little.write(tmp_path, [little.setup, *little.casting, little.steps()[-5], little.tallying])
    alone = json.dumps(json.loads(little.ballots[0])["answers"][0]["choices"], separators=(",", ":"))
    cut_off = [little.setup, little.casting[0], end_step(), tally_step(f"[{alone}]".encode(), 1, 1)]
    (tmp_path / "cut").mkdir()
    subset = little.write(tmp_path / "cut", cut_off)
    answer = workers.ask("trustee", "decrypt", bel=whole, keyFile=little_key(1))
    assert answer["ballots"]["counted"] == len(little.casting)
    again = workers.ask("trustee", "decrypt", bel=whole, keyFile={**little_key(1), "opened": answer["opened"]})
    assert again["opened"] == answer["opened"]
    with pytest.raises(Refused) as refusal:
        workers.ask("trustee", "decrypt", bel=subset, keyFile={**little_key(1), "opened": answer["opened"]})
    assert refusal.value.code == "opened"
    shown = workers.ask("trustee", "decrypt", bel=subset, keyFile=little_key(1))
    assert shown["ballots"]["counted"] == 1, "whoever sees this number can stop; nothing has been handed in"


def test_a_key_decrypts_its_own_election_only_and_only_after_the_close(workers: Workers, tmp_path: Path) -> None:
    little = plain()
    with pytest.raises(Refused) as refusal:
        workers.ask("trustee", "decrypt", keyFile=little_key(1), bel=another().write(tmp_path))
    assert refusal.value.code == "other key"
    with pytest.raises(Refused) as refusal:
        workers.ask(
            "trustee", "decrypt", keyFile=little_key(1), bel=little.write(tmp_path, [little.setup, *little.casting])
        )
    assert refusal.value.code == "phase"


def test_browser_and_command_say_the_same_of_a_false_strong_proof(workers: Workers, tmp_path: Path) -> None:
    little = rich()
    archive = little.write(tmp_path)
    proofs = little.write_strong(tmp_path)
    assert workers.ask("observer", "verify", bel=archive, proofs=proofs)["decryption_proofs"] == "strong"
    false = change(proofs.read_bytes(), ("decryptions", 0, "proofs", 0, 0, "response"), "1")
    proofs.write_bytes(false)
    report = workers.ask("observer", "verify", bel=archive, proofs=proofs)
    assert [check["id"] for check in report["checks"] if check["status"] == "failed"] == ["decryptions.strong"]


@pytest.mark.parametrize("name", [*MALFORMED, "an opened ballot", "none of them"])
def test_browser_and_command_say_the_same_of_opened_seals(workers: Workers, tmp_path: Path, name: str) -> None:
    little = rich()
    codes = {"an opened ballot": [code(little, 0), NOBODYS], "none of them": [NOBODYS]}
    data = MALFORMED[name][0] if name in MALFORMED else seals.list_json(codes[name])
    report = beside(little, tmp_path, data)
    path = tmp_path / f"{little.election.uuid}.bel"
    beside_it = seals.list_path(path, little.election.uuid)
    said = workers.ask("observer", "verify", bel=path, seals=beside_it)
    assert said == json.loads(json.dumps(report.to_json()))


SAME = [
    "ed25519-3.3.0-revotes",
    "ed25519-3.3.0-weights",
    "belenios2048-3.3.0-threshold",
    "tampered/ed25519-3.3.0-basic--noncanonical-ballot",
    "tampered/ed25519-3.3.0-basic--swapped-events-raw",
    "tampered/ed25519-3.3.0-lists--forged-nonzero-proof",
    "tampered/ed25519-3.3.0-mixnet--no-EndShuffles",
    "tampered/ed25519-3.3.0-threshold--extra-invalid-partial-decryption",
]


@pytest.mark.parametrize("name", SAME)
def test_browser_and_command_write_the_same_report(workers: Workers, name: str) -> None:
    (archive,) = (VECTORS / name).glob("*.bel")
    assert workers.ask("observer", "verify", bel=archive) == json.loads(json.dumps(judge(archive).to_json()))


@pytest.mark.parametrize("key", ["uuid", "name", "description", "extra"])
def test_browser_and_command_read_ranked_elections_with_absurd_numbers_alike(
    workers: Workers, tmp_path: Path, key: str
) -> None:
    (path,) = (VECTORS / "ed25519-3.3.0-mixnet").glob("*.bel")
    founding, *_later = take_apart(path)
    election = canonical(json.loads(founding.records[0]) | {key: 10**30})
    archive = plain().write(tmp_path, [setup_step(election, *founding.records[1:3])])
    report = judge(archive)
    assert report.verdict is (Verdict.UNSUPPORTED if key == "extra" else Verdict.REJECTED)
    assert workers.ask("observer", "verify", bel=archive) == json.loads(json.dumps(report.to_json()))


@pytest.mark.parametrize(
    "public",
    [b"[]", b"{}", b"[1]", b'["x"', b'["x",]', b'["\\u0041"]', b"\xff", b' [ "x" , "y" ] ', b'["x"]]'],
)
def test_browser_and_command_read_a_list_of_voters_alike(workers: Workers, tmp_path: Path, public: bytes) -> None:
    little = plain()
    archive = little.write(tmp_path, [setup_step(little.election.data, little.trustees.data, public)])
    assert workers.ask("observer", "verify", bel=archive) == json.loads(json.dumps(judge(archive).to_json()))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["as in the text", "the other way round"])
def test_browser_and_command_read_further_records_of_a_setup_alike(
    workers: Workers, tmp_path: Path, order: tuple[int, int]
) -> None:
    """An object of JavaScript puts keys that look like indexes first; the order of the text is the one that counts."""
    little, others = plain(), (b'"x"', b'"y"')
    *founding, index = little.setup.records
    named_so = json.loads(index) | dict(zip(("b", "1"), map(sha, others), strict=True))
    setup = Step(Kind.SETUP, (*founding, *(others[place] for place in order), canonical(named_so)))
    archive = little.write(tmp_path, [setup, *little.steps()[1:]])
    report = judge(archive)
    assert (failed(report) == set()) is (order == (0, 1))
    assert workers.ask("observer", "verify", bel=archive) == json.loads(json.dumps(report.to_json()))
