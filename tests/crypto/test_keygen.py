"""Making a threshold key: belenios-tool's own ceremony replayed, and every way to cheat in one refused by name."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import keygen
from crypto.channel import Signed, receive, send
from crypto.encoding import canonical
from crypto.errors import Malformed, ProtocolError, Rejected
from crypto.groups import ED25519, GROUPS, Group, Point, Secret
from crypto.keygen import Ceremony
from crypto.transcripts import VERSION_1
from crypto.trustees import Certificate, Pedersen, certificates_text, lagrange
from tests.crypto import vectors
from tests.crypto.samples import ALL_GROUPS, brief, committed, done_ceremony, dump, leaves, replaced

MADE_BY_3_3 = ["ed25519-3.3.0-threshold", "belenios2048-3.3.0-threshold"]
MADE = done_ceremony(ED25519, 3, 2)
CEREMONY, CERTS = MADE.ceremony, MADE.certs
WIRE = [cert.signed.to_json() for cert in CERTS]


def _ceremony_of(name: str) -> tuple[Ceremony, tuple[Certificate, ...], list[dict[str, Any]]]:
    vector = vectors.load(name)
    ceremony = Ceremony(VERSION_1, GROUPS[vector.metadata["group"]], 3, 2)
    certs = keygen.check_certificates(ceremony, vector.lines("dkg_certs.jsonl"))
    return ceremony, certs, vector.trustees_private["pedersen"]


# Against belenios-tool


@pytest.mark.parametrize("name", MADE_BY_3_3)
def test_the_seeds_of_belenios_tool_give_the_keys_in_its_certificates(name: str) -> None:
    ceremony, certs, secrets = _ceremony_of(name)
    g = ceremony.group.generator
    for cert, secret in zip(certs, secrets, strict=True):
        assert g ** VERSION_1.signing_key(ceremony.group, secret["seed"]) == cert.verification
        assert g ** VERSION_1.channel_key(ceremony.group, secret["seed"]) == cert.encryption


@pytest.mark.parametrize("name", MADE_BY_3_3)
def test_the_deals_of_belenios_tool_pass_and_are_regrouped_as_it_does(name: str) -> None:
    ceremony, certs, _ = _ceremony_of(name)
    vector = vectors.load(name)
    deals = vector.lines("dkg_polynomials.jsonl")
    for index, dealt in enumerate(deals):
        keygen.check_deal(ceremony, certs, index + 1, dealt, committed(certs, dealt, index + 1))
        assert keygen.regroup(deals, index + 1) == vector.lines("dkg_vinputs.jsonl")[index]


@pytest.mark.parametrize("name", MADE_BY_3_3)
def test_a_polynomial_that_belenios_tool_kept_for_its_owner_is_the_published_one(name: str) -> None:
    ceremony, certs, secrets = _ceremony_of(name)
    group = ceremony.group
    for dealt, cert, secret in zip(vectors.load(name).lines("dkg_polynomials.jsonl"), certs, secrets, strict=True):
        channel_key = VERSION_1.channel_key(group, secret["seed"])
        kept = receive(VERSION_1, channel_key, cert.verification, dealt["polynomial"])["polynomial"]
        published = json.loads(dealt["coefexps"]["message"])["coefexps"]
        assert [str(group.generator ** group.parse_secret(a)) for a in kept] == published


@pytest.mark.parametrize("name", MADE_BY_3_3)
def test_the_ceremony_of_belenios_tool_ends_with_the_same_keys_under_its_seeds(name: str) -> None:
    ceremony, certs, secrets = _ceremony_of(name)
    vector, group = vectors.load(name), ceremony.group
    outputs = vector.lines("dkg_voutputs.jsonl")
    commitments = [committed(certs, dealt, n) for n, dealt in enumerate(vector.lines("dkg_polynomials.jsonl"), 1)]
    for secret, received, output in zip(secrets, vector.lines("dkg_vinputs.jsonl"), outputs, strict=True):
        made = keygen.finish(ceremony, certs, secret["seed"], received, commitments)
        public = group.parse_key(output["public_key"]["public_key"])
        assert made["public_key"]["public_key"] == str(public)
        ours, theirs, kept = (
            keygen.decryption_key(VERSION_1, group, secret["seed"], letter, public)
            for letter in (
                made["private_key"],
                output["private_key"],
                dump(secret["encrypted_decryption_key"]).decode(),
            )
        )
        assert ours.export() == theirs.export() == kept.export()


@pytest.mark.parametrize("name", MADE_BY_3_3)
def test_the_block_that_belenios_tool_assembled_is_assembled_again(name: str) -> None:
    ceremony, _, _ = _ceremony_of(name)
    vector = vectors.load(name)
    files = ("dkg_certs.jsonl", "dkg_polynomials.jsonl", "dkg_voutputs.jsonl")
    block = keygen.assemble(ceremony, *(vector.lines(file) for file in files))
    recorded = next(value for kind, value in json.loads(vector.trustees) if kind == "Pedersen")
    for key in recorded["verification_keys"]:
        key.pop("name", None)
    assert block == recorded


# An honest ceremony


@pytest.mark.parametrize("group", ALL_GROUPS, ids=lambda group: group.name)
def test_honest_trustees_end_with_a_block_that_verifies(group: Group) -> None:
    made = done_ceremony(group, 3, 2)
    block = Pedersen.parse(group, made.block, 1)
    block.verify(VERSION_1)
    assert block.threshold == 2
    assert len(block.keys) == 3


@brief
@given(st.integers(1, 4).flatmap(lambda n: st.tuples(st.integers(min(2, n), n), st.just(n))))
def test_any_threshold_of_them_and_no_fewer_hold_the_key(sizes: tuple[int, int]) -> None:
    threshold, size = sizes
    made = done_ceremony(ED25519, size, threshold)
    block = Pedersen.parse(ED25519, made.block, 1)
    shares: dict[int, Secret] = {}
    for index, (seed, output) in enumerate(zip(made.seeds, made.outputs, strict=True)):
        key = block.verification_keys[index].point
        shares[index + 1] = keygen.decryption_key(VERSION_1, ED25519, seed, output["private_key"], key)
    for count in range(1, size + 1):
        for chosen in itertools.combinations(shares, count):
            together = ED25519.product(
                ED25519.generator ** (shares[index] * coefficient)
                for index, coefficient in lagrange(ED25519, chosen).items()
            )
            assert (together == block.public) == (count >= threshold)


def test_new_seeds_are_long_and_different() -> None:
    seeds = {keygen.new_seed(CEREMONY) for _ in range(50)}
    assert len(seeds) == 50
    assert {len(seed) for seed in seeds} == {keygen.SEED_LENGTH}


def test_the_same_seed_deals_another_polynomial_in_another_ceremony() -> None:
    other = Ceremony(VERSION_1, ED25519, 3, 3)
    wire = [keygen.certificate(other, index + 1, seed) for index, seed in enumerate(MADE.seeds)]
    certs = keygen.check_certificates(other, wire)
    commitments = [keygen.commitment(other, certs, seed) for seed in MADE.seeds]
    dealt = keygen.deal(other, certs, MADE.seeds[0], commitments)
    points = json.loads(dealt["coefexps"]["message"])["coefexps"]
    assert not set(points) & set(json.loads(MADE.deals[0]["coefexps"]["message"])["coefexps"])


def test_a_trustee_whose_machine_stopped_deals_the_same_polynomial_again() -> None:
    again = keygen.deal(CEREMONY, CERTS, MADE.seeds[0], MADE.commitments)
    assert again["coefexps"]["message"] == MADE.deals[0]["coefexps"]["message"]


@pytest.mark.parametrize(("size", "threshold"), [(3, 0), (3, 4), (3, -1), (0, 0), (0, 1)])
def test_a_threshold_that_cannot_be_met_is_refused(size: int, threshold: int) -> None:
    with pytest.raises(Malformed):
        Ceremony(VERSION_1, ED25519, size, threshold)


def test_the_names_of_trustees_are_put_on_their_keys() -> None:
    block = keygen.assemble(CEREMONY, WIRE, MADE.deals, MADE.outputs, ["سلمى", None, "Carla"])
    assert list(Pedersen.parse(ED25519, block, 5).names.values()) == ["سلمى", None, "Carla"]


# Certificates


def _certificate(seed: str, **changes: Any) -> dict[str, Any]:
    key = VERSION_1.signing_key(ED25519, seed)
    message = json.loads(keygen.certificate(CEREMONY, 1, seed)["message"])
    message["context"] |= {name: value for name, value in changes.items() if name in message["context"]}
    message |= {name: value for name, value in changes.items() if name in message and name != "context"}
    return Signed.make(VERSION_1, key, canonical(message).decode()).to_json()


@pytest.mark.parametrize(
    "changes", [{"size": 4}, {"threshold": 1}, {"threshold": 3}, {"index": 2}, {"index": 0}, {"group": "RFC-3526-2048"}]
)
def test_a_certificate_made_for_another_ceremony_or_place_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Rejected, match="another") as caught:
        keygen.check_certificates(CEREMONY, [_certificate(MADE.seeds[0], **changes), *WIRE[1:]])
    assert caught.value.where == "certs[0]"


def test_certificates_in_another_order_are_refused() -> None:
    with pytest.raises(Rejected):
        keygen.check_certificates(CEREMONY, WIRE[::-1])


def test_a_certificate_in_the_name_of_a_key_that_did_not_sign_it_is_refused() -> None:
    foreign = _certificate(MADE.seeds[0], verification=str(CERTS[1].verification))
    with pytest.raises(Rejected) as caught:
        keygen.check_certificates(CEREMONY, [foreign, *WIRE[1:]])
    assert caught.value.where == "certs[0]"


@pytest.mark.parametrize("field", ["verification", "encryption"])
def test_a_certificate_with_the_neutral_element_is_refused(field: str) -> None:
    with pytest.raises(Malformed, match="neutral"):
        keygen.check_certificates(CEREMONY, [_certificate(MADE.seeds[0], **{field: str(ED25519.identity)}), *WIRE[1:]])


def test_two_trustees_with_one_key_are_refused() -> None:
    same_seed = keygen.certificate(CEREMONY, 2, MADE.seeds[0])
    copied = _certificate(MADE.seeds[0], encryption=str(CERTS[2].encryption))
    own = _certificate(MADE.seeds[0], encryption=str(CERTS[0].verification))
    for wire in ([WIRE[0], same_seed, WIRE[2]], [copied, *WIRE[1:]], [own, *WIRE[1:]]):
        with pytest.raises(Rejected, match="same key"):
            keygen.check_certificates(CEREMONY, wire)


@pytest.mark.parametrize("wire", [[], WIRE[:2], [*WIRE, WIRE[0]], [None, *WIRE[1:]], [{}, *WIRE[1:]], ["x", *WIRE[1:]]])
def test_missing_and_surplus_certificates_are_refused(wire: list[Any]) -> None:
    with pytest.raises(Malformed):
        keygen.check_certificates(CEREMONY, wire)


def test_a_certificate_of_another_time_without_context_is_refused_with_the_release_named() -> None:
    old = vectors.load("belenios2048-2.0-threshold").lines("dkg_certs.jsonl")
    ceremony = Ceremony(VERSION_1, GROUPS["BELENIOS-2048"], 3, 2)
    with pytest.raises(Rejected, match=r"before 2\.5\.1"):
        keygen.check_certificates(ceremony, old)


# Deals


def _dealt(author: int, polynomial: Sequence[Secret], shares: Sequence[Secret] | None = None) -> dict[str, Any]:
    """Step 3 as trustee `author` (from 0) could write it who does not use our program."""
    signing_key = VERSION_1.signing_key(ED25519, MADE.seeds[author])
    points = [ED25519.generator**a for a in polynomial]
    given = list(shares) if shares is not None else [_value(polynomial, index) for index in (1, 2, 3)]
    coefexps = Signed.make(VERSION_1, signing_key, dump({"coefexps": [str(point) for point in points]}).decode())
    text = certificates_text(VERSION_1, (cert.signed for cert in CERTS), points)
    letters = [
        send(VERSION_1, signing_key, cert.encryption, {"secret": share.export()})
        for cert, share in zip(CERTS, given, strict=True)
    ]
    return {
        "polynomial": MADE.deals[author]["polynomial"],
        "secrets": letters,
        "coefexps": coefexps.to_json(),
        "signature": Signed.make(VERSION_1, signing_key, text).signature.to_json(),
    }


def _value(polynomial: Sequence[Secret], at: int) -> Secret:
    number = sum(int(a.export()) * at**power for power, a in enumerate(polynomial)) % ED25519.order
    return ED25519.parse_secret(str(number))


def _finish(reader: int, deals: Sequence[dict[str, Any]]) -> dict[str, Any]:
    commitments = [committed(CERTS, dealt, index + 1) for index, dealt in enumerate(deals)]
    return keygen.finish(CEREMONY, CERTS, MADE.seeds[reader], keygen.regroup(deals, reader + 1), commitments)


def _check(index: int, dealt: dict[str, Any]) -> None:
    """Check a deal by trustee `index` (from 1) who had committed to exactly this."""
    keygen.check_deal(CEREMONY, CERTS, index, dealt, committed(CERTS, dealt, index))


def test_a_deal_made_by_another_program_is_accepted() -> None:
    foreign = _dealt(1, [ED25519.random(), ED25519.random()])
    _check(2, foreign)
    _finish(0, [MADE.deals[0], foreign, MADE.deals[2]])


@pytest.mark.parametrize("author", [0, 1, 2])
@pytest.mark.parametrize("reader", [0, 1, 2])
def test_a_wrong_share_names_its_author_whoever_reads_it(author: int, reader: int) -> None:
    polynomial = [ED25519.random(), ED25519.random()]
    wrong = _dealt(author, polynomial, [_value(polynomial, index + 1) for index in (1, 2, 3)])
    _check(author + 1, wrong)  # nobody but the reader can see it
    deals = [wrong if index == author else dealt for index, dealt in enumerate(MADE.deals)]
    with pytest.raises(Rejected, match="published polynomial") as caught:
        _finish(reader, deals)
    assert caught.value.where == f"secrets[{author}]"


def test_only_the_trustee_who_was_cheated_sees_a_share_wrong_for_him_alone() -> None:
    polynomial = [ED25519.random(), ED25519.random()]
    shares = [_value(polynomial, 1), _value(polynomial, 2), ED25519.random()]
    deals = [MADE.deals[0], _dealt(1, polynomial, shares), MADE.deals[2]]
    _finish(0, deals)
    with pytest.raises(Rejected) as caught:
        _finish(2, deals)
    assert caught.value.where == "secrets[1]"


def test_a_share_taken_from_another_trustee_is_refused() -> None:
    deals = [MADE.deals[0], MADE.deals[1] | {"secrets": MADE.deals[1]["secrets"][::-1]}, MADE.deals[2]]
    with pytest.raises(Rejected) as caught:
        _finish(0, deals)
    assert caught.value.where == "secrets[1]"
    deals = [MADE.deals[0], MADE.deals[1] | {"secrets": MADE.deals[0]["secrets"]}, MADE.deals[2]]
    with pytest.raises(Rejected) as caught:
        _finish(0, deals)
    assert caught.value.where == "secrets[1]"


@pytest.mark.parametrize("size", [0, 1, 3, 4])
def test_a_polynomial_of_another_degree_is_refused_with_its_author(size: int) -> None:
    wrong = _dealt(1, [ED25519.random() for _ in range(size)], [ED25519.random()] * 3)
    with pytest.raises(Malformed):
        _check(2, wrong)
    with pytest.raises(Malformed) as caught:
        _finish(0, [MADE.deals[0], wrong, MADE.deals[2]])
    assert caught.value.where.startswith("secrets[1]")


@pytest.mark.parametrize("place", [0, 1])
def test_a_polynomial_with_a_zero_coefficient_is_refused_for_its_degree_is_lower_than_it_seems(place: int) -> None:
    polynomial = [ED25519.random(), ED25519.random()]
    polynomial[place] = ED25519.parse_secret("0")
    with pytest.raises(Malformed, match="neutral"):
        _check(2, _dealt(1, polynomial))


def test_commitments_are_kept_by_the_honest() -> None:
    for index, (seed, dealt) in enumerate(zip(MADE.seeds, MADE.deals, strict=True)):
        published = keygen.commitment(CEREMONY, CERTS, seed)
        assert published == committed(CERTS, dealt, index + 1)
        keygen.check_deal(CEREMONY, CERTS, index + 1, dealt, published)


def test_a_trustee_who_chooses_anew_after_seeing_the_others_is_refused() -> None:
    rushed = _dealt(1, [ED25519.random(), ED25519.random()])
    _check(2, rushed)
    with pytest.raises(Rejected, match="committed"):
        keygen.check_deal(CEREMONY, CERTS, 2, rushed, MADE.commitments[1])
    received = keygen.regroup([MADE.deals[0], rushed, MADE.deals[2]], 1)
    with pytest.raises(Rejected, match="committed") as caught:
        keygen.finish(CEREMONY, CERTS, MADE.seeds[0], received, MADE.commitments)
    assert caught.value.where == "secrets[1]"


def test_nobody_deals_before_all_have_committed() -> None:
    for missing in ([], MADE.commitments[:2], [*MADE.commitments, "a" * 64]):
        with pytest.raises(Malformed):
            keygen.deal(CEREMONY, CERTS, MADE.seeds[0], missing)
        with pytest.raises(Malformed):
            keygen.finish(CEREMONY, CERTS, MADE.seeds[0], keygen.regroup(MADE.deals, 1), missing)


def test_a_trustee_whose_own_commitment_was_replaced_does_not_deal() -> None:
    with pytest.raises(Rejected, match="committed") as caught:
        keygen.deal(CEREMONY, CERTS, MADE.seeds[1], [MADE.commitments[0], "a" * 64, MADE.commitments[2]])
    assert caught.value.where == "commitments[1]"


def test_a_commitment_copied_from_another_trustee_cannot_be_opened() -> None:
    """Whoever repeats the commitment of trustee 1 and then his polynomial is refused: the place is in the hash."""
    copied = MADE.deals[0]["coefexps"]["message"]
    signing_key = VERSION_1.signing_key(ED25519, MADE.seeds[1])
    points = [ED25519.parse_key(text) for text in json.loads(copied)["coefexps"]]
    text = certificates_text(VERSION_1, (cert.signed for cert in CERTS), points)
    parrot = MADE.deals[1] | {
        "coefexps": Signed.make(VERSION_1, signing_key, copied).to_json(),
        "signature": Signed.make(VERSION_1, signing_key, text).signature.to_json(),
    }
    with pytest.raises(Rejected, match="committed"):
        keygen.check_deal(CEREMONY, CERTS, 2, parrot, MADE.commitments[0])


def test_a_deal_in_the_name_of_another_trustee_is_refused() -> None:
    for index in (1, 3):
        with pytest.raises(Rejected):
            keygen.check_deal(CEREMONY, CERTS, index, MADE.deals[1], committed(CERTS, MADE.deals[1], index))


def test_a_deal_signed_over_other_certificates_is_refused() -> None:
    seeds = [*MADE.seeds[:2], keygen.new_seed(CEREMONY)]
    wire = [keygen.certificate(CEREMONY, index + 1, seed) for index, seed in enumerate(seeds)]
    others = keygen.check_certificates(CEREMONY, wire)
    with pytest.raises(Rejected):
        keygen.check_deal(CEREMONY, others, 1, MADE.deals[0], committed(others, MADE.deals[0], 1))


def test_a_deal_with_anything_missing_or_of_another_kind_is_refused() -> None:
    dealt = MADE.deals[1]
    for key in dealt:
        with pytest.raises(Malformed):
            keygen.check_deal(
                CEREMONY, CERTS, 2, {name: dealt[name] for name in dealt if name != key}, MADE.commitments[1]
            )
    for path in [("secrets",), ("coefexps",), ("signature",), ("coefexps", "signature"), ("coefexps", "message")]:
        for wrong in (None, [], {}, 5):
            with pytest.raises(Malformed):
                keygen.check_deal(CEREMONY, CERTS, 2, replaced(dealt, path, wrong), MADE.commitments[1])


def test_every_signed_value_of_a_deal_matters() -> None:
    dealt = {name: MADE.deals[1][name] for name in ("coefexps", "signature")}
    for path, leaf in leaves(dealt):
        other = str((int(leaf) + 1) % ED25519.order) if leaf.isdigit() else leaf.replace('["', '[ "')
        with pytest.raises(Rejected):
            _check(2, MADE.deals[1] | replaced(dealt, path, other))


@pytest.mark.parametrize("key", ["secrets", "coefexps", "signatures"])
def test_shares_that_are_missing_are_refused(key: str) -> None:
    received = keygen.regroup(MADE.deals, 1)
    for wrong in ([], received[key][:2], [*received[key], received[key][0]], None, [None] * 3):
        with pytest.raises(Malformed):
            keygen.finish(CEREMONY, CERTS, MADE.seeds[0], received | {key: wrong}, MADE.commitments)


def test_somebody_who_takes_no_part_cannot_deal_or_finish() -> None:
    stranger = keygen.new_seed(CEREMONY)
    with pytest.raises(Rejected, match="takes no part"):
        keygen.deal(CEREMONY, CERTS, stranger, MADE.commitments)
    with pytest.raises(Rejected, match="takes no part"):
        keygen.finish(CEREMONY, CERTS, stranger, keygen.regroup(MADE.deals, 1), MADE.commitments)


# The end


def _key(index: int) -> Point:
    return ED25519.parse_key(MADE.outputs[index]["public_key"]["public_key"])


def test_a_private_key_is_opened_by_its_own_seed_only_and_checked_against_the_public_one() -> None:
    letter = MADE.outputs[0]["private_key"]
    assert ED25519.generator ** keygen.decryption_key(VERSION_1, ED25519, MADE.seeds[0], letter, _key(0)) == _key(0)
    with pytest.raises(Rejected):
        keygen.decryption_key(VERSION_1, ED25519, MADE.seeds[1], letter, _key(0))
    with pytest.raises(Rejected, match="does not belong"):
        keygen.decryption_key(VERSION_1, ED25519, MADE.seeds[0], letter, _key(1))


def test_a_verification_key_that_does_not_follow_from_the_polynomials_is_refused() -> None:
    swapped = [MADE.outputs[1], MADE.outputs[0], MADE.outputs[2]]
    with pytest.raises(Rejected) as caught:
        keygen.assemble(CEREMONY, WIRE, MADE.deals, swapped)
    assert caught.value.where == "verification_keys[0]"


@pytest.mark.parametrize("outputs", [[], MADE.outputs[:2], [*MADE.outputs, MADE.outputs[0]]])
def test_a_block_with_too_few_or_too_many_keys_is_not_assembled(outputs: list[Any]) -> None:
    with pytest.raises(Malformed):
        keygen.assemble(CEREMONY, WIRE, MADE.deals, outputs)


def test_a_last_message_without_its_public_key_is_refused_without_a_traceback() -> None:
    outputs = [MADE.outputs[0], {"private_key": MADE.outputs[1]["private_key"]}, MADE.outputs[2]]
    with pytest.raises(ProtocolError):
        keygen.assemble(CEREMONY, WIRE, MADE.deals, outputs)
