"""Letters between threshold trustees: only the recipient reads, only the author wrote, to nobody else."""

import json
from typing import Any

import pytest

from crypto.channel import Signed, receive, send
from crypto.encoding import canonical
from crypto.errors import Malformed, ProtocolError, Rejected, Unsupported
from crypto.groups import ED25519, Group
from crypto.transcripts import VERSION_1
from tests.crypto import vectors
from tests.crypto.samples import (
    ALL_GROUPS,
    bad_points,
    bad_scalars,
    dump,
    encrypt_plain,
    odd_points,
    odd_scalars,
    replaced,
)

ALICE, BASMA, CARLA = (ED25519.random() for _ in range(3))
ALICES, BASMAS, CARLAS = (ED25519.generator**key for key in (ALICE, BASMA, CARLA))
CONTENT = {"secret": "12345", "note": "سرّ"}


def _letter() -> str:
    return send(VERSION_1, ALICE, BASMAS, CONTENT)


def _signed_plain(recipient: str, message: Any = None) -> bytes:
    text = canonical({"recipient": recipient, "message": dump(CONTENT).decode() if message is None else message})
    return canonical(Signed.make(VERSION_1, ALICE, text.decode()).to_json())


@pytest.mark.parametrize("group", ALL_GROUPS, ids=lambda group: group.name)
def test_a_letter_arrives_as_it_was_sent(group: Group) -> None:
    sender, recipient = group.random(), group.random()
    letter = send(VERSION_1, sender, group.generator**recipient, CONTENT)
    assert receive(VERSION_1, recipient, group.generator**sender, letter) == CONTENT
    assert "سرّ" not in letter
    assert "secret" not in letter


def test_a_letter_written_from_the_specification_alone_is_read() -> None:
    letter = encrypt_plain(ED25519, BASMAS, _signed_plain(str(BASMAS)))
    assert receive(VERSION_1, BASMA, ALICES, letter) == CONTENT


def test_nobody_but_the_recipient_can_read() -> None:
    with pytest.raises(Rejected, match="not encrypted to this key"):
        receive(VERSION_1, CARLA, ALICES, _letter())


def test_a_letter_in_the_name_of_another_author_is_refused() -> None:
    with pytest.raises(Rejected):
        receive(VERSION_1, BASMA, CARLAS, _letter())


def test_a_letter_that_its_recipient_passes_on_to_a_third_trustee_is_refused() -> None:
    passed_on = encrypt_plain(ED25519, CARLAS, _signed_plain(str(BASMAS)))
    with pytest.raises(Rejected, match="another trustee"):
        receive(VERSION_1, CARLA, ALICES, passed_on)


def test_a_letter_changed_anywhere_is_refused() -> None:
    value = json.loads(_letter())
    data = value["data"]
    for changed in (
        value | {"data": ("0" if data[0] != "0" else "1") + data[1:]},
        value | {"data": data[:-1] + ("0" if data[-1] != "0" else "1")},
        value | {"data": data[:-2]},
        value | {"data": data + "00"},
        value | {"data": ""},
        value | {"data": "00"},
        value | {"alpha": str(ALICES)},
        value | {"beta": str(ALICES)},
        value | {"alpha": value["beta"], "beta": value["alpha"]},
    ):
        with pytest.raises(Rejected):
            receive(VERSION_1, BASMA, ALICES, dump(changed).decode())


@pytest.mark.parametrize("data", ["xy", "abc", None, 5, "é"])
def test_data_that_is_no_hexadecimal_text_is_refused(data: object) -> None:
    value = json.loads(_letter()) | {"data": data}
    with pytest.raises(Malformed):
        receive(VERSION_1, BASMA, ALICES, dump(value).decode())


@pytest.mark.parametrize("group", ALL_GROUPS, ids=lambda group: group.name)
def test_a_point_outside_the_group_is_refused_before_anything_is_decrypted(group: Group) -> None:
    sender, recipient = group.random(), group.random()
    value = json.loads(send(VERSION_1, sender, group.generator**recipient, CONTENT))
    for field in ("alpha", "beta"):
        for hostile in (bad_points(group) | odd_points(group)).values():
            with pytest.raises(Malformed):
                receive(VERSION_1, recipient, group.generator**sender, dump(value | {field: hostile}).decode())


@pytest.mark.parametrize("value", [None, 5, {}, "", "[]", "{}", '{"algorithm":"AES-GCM"}', "x" * 99, "[" * 99_999])
def test_what_is_no_letter_is_refused(value: object) -> None:
    with pytest.raises(Malformed):
        receive(VERSION_1, BASMA, ALICES, value)


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"\xff",
        b"{}",
        b"[]",
        b'{"message":5,"signature":{}}',
        _signed_plain(str(BASMAS), message=5),
        _signed_plain(str(BASMAS), message="not JSON"),
        _signed_plain(str(BASMAS), message="[1]"),
        canonical(Signed.make(VERSION_1, ALICE, "free text").to_json()),
        canonical(Signed.make(VERSION_1, ALICE, '{"recipient":"x"}').to_json()),
    ],
    ids=range(10),
)
def test_a_letter_with_nonsense_inside_is_refused_without_a_traceback(plain: bytes) -> None:
    with pytest.raises(ProtocolError):
        receive(VERSION_1, BASMA, ALICES, encrypt_plain(ED25519, BASMAS, plain))


@pytest.mark.parametrize("name", ["belenios2048-2.0-threshold", "ed25519-2.5.1-threshold"])
def test_letters_of_releases_before_3_1_are_refused_as_unsupported(name: str) -> None:
    vector = vectors.load(name)
    secret = vector.trustees_private["pedersen"][0]
    group = ED25519 if "ed25519" in name else ALL_GROUPS[1]
    sender = group.generator ** VERSION_1.signing_key(group, secret["seed"])
    letter = dump(secret["encrypted_decryption_key"]).decode()
    with pytest.raises(Unsupported, match=r"before 3\.1"):
        receive(VERSION_1, VERSION_1.channel_key(group, secret["seed"]), sender, letter)


def test_a_signature_is_good_for_one_text_and_one_author() -> None:
    signed = Signed.make(VERSION_1, ALICE, "text")
    signed.verify(VERSION_1, ALICES)
    for wrong, author in (
        (Signed("text ", signed.signature), ALICES),
        (Signed("", signed.signature), ALICES),
        (signed, BASMAS),
    ):
        with pytest.raises(Rejected):
            wrong.verify(VERSION_1, author)


@pytest.mark.parametrize("field", ["challenge", "response"])
def test_a_signature_with_a_number_that_is_no_scalar_is_refused(field: str) -> None:
    value = Signed.make(VERSION_1, ALICE, "text").to_json()
    assert Signed.parse(ED25519, value).message == "text"
    for hostile in (bad_scalars(ED25519) | odd_scalars()).values():
        with pytest.raises(Malformed):
            Signed.parse(ED25519, replaced(value, ("signature", field), hostile))
