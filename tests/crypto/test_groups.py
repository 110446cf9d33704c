"""Three groups behind one vocabulary: canonical texts in, the algebra right at its edges, secrets silent."""

import copy
import hashlib
import json
import pickle
from typing import Any

import gmpy2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import Malformed, Unsupported
from crypto.groups import BELENIOS_2048, ED25519, GROUPS, RFC_3526_2048, Group, Secret, named
from tests.crypto.samples import (
    ALL_GROUPS,
    MODULUS,
    bad_ed25519_points,
    bad_points,
    bad_scalars,
    brief,
    edwards_base,
    edwards_torsion,
    odd_points,
    odd_scalars,
    patient,
)

every_group = pytest.mark.parametrize("group", ALL_GROUPS, ids=lambda group: group.name)
groups = st.sampled_from(ALL_GROUPS)
POINTS = [(group, name) for group in ALL_GROUPS for name in bad_points(group)]
SCALARS = [(group, name) for group in ALL_GROUPS for name in bad_scalars(group)]


@st.composite
def group_and_exponents(draw: st.DrawFn, count: int = 2) -> tuple[Group, list[int]]:
    """A group and exponents, often at the edges where libraries have habits of their own."""
    group = draw(groups)
    q = group.order
    edges = st.sampled_from([0, 1, 2, 8, q - 1, q - 2, (q - 1) // 2, (q + 1) // 2])
    return group, draw(st.lists(edges | st.integers(0, q - 1), min_size=count, max_size=count))


# What section 1 of PROTOCOL.md says


def test_the_three_groups_are_known_by_name() -> None:
    assert set(GROUPS) == {"Ed25519", "BELENIOS-2048", "RFC-3526-2048"}
    assert all(named(name) is group for name, group in GROUPS.items())


@pytest.mark.parametrize("name", ["ed25519", "Ed25519 ", "", "P-256", None, 5, ["Ed25519"], {"Ed25519": 1}])
def test_any_other_group_is_refused_as_unsupported(name: object) -> None:
    with pytest.raises(Unsupported):
        named(name)


def test_the_points_of_ed25519_have_the_texts_of_the_specification() -> None:
    g = ED25519.generator
    assert str(g) == "6666666666666666666666666666666666666666666666666666666666666658"
    assert str(ED25519.identity) == "0" * 63 + "1"
    assert str(g * g) == "2260cdf3092329c21da25ee8c9a21f5697390f51643851560e5f46ae6af8a3c9"
    assert ED25519.order == 2**252 + 27742317777372353535851937790883648493


def test_the_groups_modulo_p_have_the_numbers_of_the_specification() -> None:
    assert BELENIOS_2048.order == 78571733251071885079927659812671450121821421258408794611510081919805623223441
    assert str(BELENIOS_2048.generator).startswith("240235267750185220922768770353239993271228765737836491651007531878")
    assert str(RFC_3526_2048.generator) == "2"
    assert RFC_3526_2048.order == (MODULUS[RFC_3526_2048] - 1) // 2


@every_group
def test_the_order_is_prime_and_is_the_order_of_the_generator(group: Group) -> None:
    assert gmpy2.is_prime(group.order)
    assert not group.generator.is_identity
    assert group.generator ** group.scalar(-1) * group.generator == group.identity


@pytest.mark.parametrize("group", MODULUS, ids=lambda group: group.name)
def test_arithmetic_modulo_p_is_that_of_python(group: Group) -> None:
    p = MODULUS[group]
    assert gmpy2.is_prime(p)
    assert (p - 1) % group.order == 0
    a, b = pow(int(str(group.generator)), 12345, p), pow(int(str(group.generator)), 678, p)
    x, y = group.parse_point(str(a)), group.parse_point(str(b))
    assert str(x * y) == str(a * b % p)
    assert str(x / y) == str(a * pow(b, -1, p) % p)
    assert str(x ** group.scalar(99)) == str(pow(a, 99, p))


@pytest.mark.parametrize("exponent", [1, 2, 3, 8, 1 << 200, ED25519.order - 1, 987654321])
def test_arithmetic_on_ed25519_is_that_of_plain_integers(exponent: int) -> None:
    point, base = ED25519.generator ** ED25519.scalar(exponent), edwards_base()
    assert str(point) == str(base.times(exponent))
    assert str(point * ED25519.generator) == str(base.times(exponent) + base)


@every_group
def test_a_challenge_is_the_hash_of_prefix_and_points_with_commas(group: Group) -> None:
    g, e = group.generator, group.identity
    expected = int(hashlib.sha256(f"prefix|{g},{e}".encode()).hexdigest(), 16) % group.order
    assert int(group.challenge("prefix|", g, e)) == expected


def test_elements_of_ed25519_are_sorted_by_their_bytes_from_the_end_and_the_others_by_size() -> None:
    points = [ED25519.generator ** ED25519.scalar(n) for n in range(1, 30)]
    by_text = sorted(points, key=lambda point: bytes.fromhex(str(point))[::-1])
    assert sorted(points, key=lambda point: point.sort_key()) == by_text
    numbers = [BELENIOS_2048.generator ** BELENIOS_2048.scalar(n) for n in range(1, 30)]
    assert sorted(numbers, key=lambda point: point.sort_key()) == sorted(numbers, key=lambda point: int(str(point)))


# Reading


@brief
@given(group_and_exponents(1))
def test_every_element_is_read_from_its_text(drawn: tuple[Group, list[int]]) -> None:
    group, (exponent,) = drawn
    point = group.generator ** group.scalar(exponent)
    assert group.parse_point(str(point)) == point
    assert group.parse_point_lenient(str(point)) == point
    assert hash(group.parse_point(str(point))) == hash(point)


@pytest.mark.parametrize(("group", "name"), POINTS, ids=lambda item: getattr(item, "name", item))
def test_what_is_no_element_is_refused_in_every_reading(group: Group, name: str) -> None:
    value = bad_points(group)[name]
    for read in (group.parse_point, group.parse_point_lenient, group.parse_key):
        with pytest.raises(Malformed):
            read(value)


def test_the_hostile_points_are_what_their_names_say() -> None:
    points, q, neutral = bad_ed25519_points(), ED25519.order, edwards_base().times(0)
    assert points["order 2 (4)"] == f"{2**255 - 20:064x}"
    assert len(set(points.values())) == len(points)
    torsion = edwards_torsion()
    assert torsion.times(8) == neutral != torsion.times(4)
    mixed = edwards_base().times(31337) + torsion.times(4)
    assert str(mixed) == points["mixed order (4)"]
    assert mixed.times(2 * q) == neutral != mixed.times(q)


@every_group
def test_another_spelling_of_an_element_is_read_only_inside_recorded_answers(group: Group) -> None:
    for value in odd_points(group).values():
        with pytest.raises(Malformed):
            group.parse_point(value)
        assert group.parse_point_lenient(value) == group.generator * group.generator


@every_group
def test_the_neutral_element_is_an_element_and_no_key(group: Group) -> None:
    assert group.parse_point(str(group.identity)).is_identity
    with pytest.raises(Malformed, match="neutral"):
        group.parse_key(str(group.identity))


@pytest.mark.parametrize(("group", "name"), SCALARS, ids=lambda item: getattr(item, "name", item))
def test_what_is_no_scalar_is_refused_in_every_reading(group: Group, name: str) -> None:
    value = bad_scalars(group)[name]
    for read in (group.parse_scalar, group.parse_scalar_lenient, group.parse_secret):
        with pytest.raises(Malformed):
            read(value)


@every_group
def test_another_spelling_of_a_scalar_is_read_only_inside_recorded_answers(group: Group) -> None:
    for value in odd_scalars().values():
        with pytest.raises(Malformed):
            group.parse_scalar(value)
        assert group.parse_scalar_lenient(value) == group.scalar(1)


@every_group
def test_the_scalars_at_both_ends_are_read(group: Group) -> None:
    for number in (0, 1, group.order - 1):
        assert str(group.parse_scalar(str(number))) == str(number)


# The algebra


@brief
@given(group_and_exponents(2))
def test_exponents_add_up_whether_secret_or_not(drawn: tuple[Group, list[int]]) -> None:
    group, (a, b) = drawn
    g, x, y = group.generator, group.scalar(a), group.scalar(b)
    secret = group.parse_secret(str(a))
    assert g**x * g**y == g ** (x + y) == g ** group.scalar(a + b)
    assert g**x / g**y == g ** (x - y)
    assert (g**x) ** y == (g**y) ** x == g ** (x * y)
    assert g**secret == g**x
    assert (g**y) ** secret == (g**y) ** x


@brief
@given(group_and_exponents(1))
def test_zero_and_the_neutral_element_behave_as_in_the_books(drawn: tuple[Group, list[int]]) -> None:
    group, (a,) = drawn
    point, exponent, zero, e = group.generator ** group.scalar(a), group.scalar(a), group.scalar(0), group.identity
    nothing = group.parse_secret("0")
    assert point**zero == point**nothing == e
    assert e**exponent == e ** group.parse_secret(str(a)) == e
    assert point * e == e * point == point / e == point
    assert point / point == e
    assert e / point * point == e


@brief
@given(group_and_exponents(3))
def test_scalars_are_the_integers_modulo_the_order(drawn: tuple[Group, list[int]]) -> None:
    group, (a, b, c) = drawn
    x, y, z = (group.scalar(number) for number in (a, b, c))
    assert int(x * y + z) == (a * b + c) % group.order
    assert int(x - y * z) == (a - b * c) % group.order
    assert group.scalar(a - 3 * group.order) == x
    assert hash(group.scalar(a + group.order)) == hash(x)


@every_group
def test_the_product_of_nothing_is_the_neutral_element(group: Group) -> None:
    assert group.product([]) == group.identity
    assert group.product([group.generator] * 3) == group.generator ** group.scalar(3)


def test_elements_of_different_groups_are_never_equal() -> None:
    assert BELENIOS_2048.identity != RFC_3526_2048.identity
    assert BELENIOS_2048.scalar(1) != RFC_3526_2048.scalar(1)
    assert ED25519.identity != str(ED25519.identity)


# Secrets


@every_group
def test_two_random_secrets_differ(group: Group) -> None:
    assert group.generator ** group.random() != group.generator ** group.random()


@every_group
def test_what_a_secret_is_can_be_learnt_only_by_asking_for_it_by_name(group: Group) -> None:
    secret = group.random()
    number = secret.export()
    assert int(number) == int(secret.reveal())
    for shown in (str(secret), repr(secret), f"{secret}", f"{secret!r}", f"{[secret]}", "%s" % secret):  # noqa: UP031
        assert number not in shown
    for forbidden in (
        lambda: secret == secret,  # noqa: PLR0124
        lambda: secret == group.scalar(1),
        lambda: group.scalar(1) == secret,
        lambda: secret != 5,
        lambda: [group.scalar(1)].index(secret),
        lambda: hash(secret),
        lambda: {secret: 1},
        lambda: int(secret),
        lambda: float(secret),  # type: ignore[arg-type]
        lambda: f"{secret:d}",
        lambda: "%d" % secret,  # noqa: UP031
        lambda: secret < secret,  # type: ignore[operator]  # noqa: PLR0124
        lambda: pickle.dumps(secret),
        lambda: pickle.dumps([secret], protocol=2),
        lambda: copy.copy(secret),
        lambda: copy.deepcopy([secret]),
        lambda: json.dumps({"key": secret}),
    ):
        with pytest.raises(TypeError) as caught:
            forbidden()
        assert number not in str(caught.value)


@every_group
def test_what_is_computed_from_a_secret_is_secret(group: Group) -> None:
    secret, public = group.random(), group.scalar(7)
    for result in (
        secret + public,
        public + secret,
        secret - public,
        public - secret,
        secret * public,
        secret * secret,
    ):
        assert isinstance(result, Secret)
    assert not isinstance(public + public, Secret)
    assert not isinstance(secret.reveal(), Secret)


@every_group
def test_a_private_key_that_cannot_be_read_is_not_repeated_in_the_error(group: Group) -> None:
    digits = str(group.order + 987654321)
    with pytest.raises(Malformed) as caught:
        group.parse_secret(digits)
    error: BaseException | None = caught.value
    while error is not None:
        assert digits[:12] not in f"{error} {error.args} {getattr(error, 'params', {})}"
        error = error.__cause__ or error.__context__


@patient
@given(groups, st.binary(min_size=32, max_size=64))
def test_a_digest_becomes_its_integer_modulo_the_order(group: Group, digest: bytes) -> None:
    assert int(group.derive(digest).export()) == int.from_bytes(digest) % group.order


@every_group
def test_a_secret_text_is_expanded_alike_every_time_and_differently_for_every_purpose(group: Group) -> None:
    one = group.expand("purpose", "seed").export()
    assert one == group.expand("purpose", "seed").export()
    assert one not in (group.expand("purpose2", "seed").export(), group.expand("purpose", "seed2").export())
    assert int(one) < group.order


@every_group
def test_a_group_is_one_object_even_after_pickling(group: Group) -> None:
    assert pickle.loads(pickle.dumps(group)) is group
    assert copy.copy(group) is group
    point = group.generator * group.generator
    again: Any = pickle.loads(pickle.dumps(point))
    assert again == point
