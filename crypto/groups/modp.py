"""Prime-order subgroups of the integers modulo a 2048-bit prime: `BELENIOS-2048` and `RFC-3526-2048`.

Source: PROTOCOL.md section 1; RFC 3526 section 3 (group 14). Exponents that are secret go through GMP's
`mpz_powm_sec`, whose time and memory accesses do not depend on them. GMP has no such promise for the one addition and
multiplication modulo q that make a proof's response; docs/adr/0003 says why that is bearable here.
"""

import secrets

from gmpy2 import mpz, powmod, powmod_sec

from crypto.encoding import decimal, lenient_integer
from crypto.errors import Malformed
from crypto.groups.base import Group, Point, Secret


class ModP(Group):
    """Raw points and raw scalars are multi-precision integers, reduced mod p and mod q."""

    def __init__(self, name: str, p: int, q: int, g: int) -> None:
        self.name = name
        self.order = q
        self._p = mpz(p)
        self._q = mpz(q)
        self.identity = Point(self, mpz(1))
        self.generator = Point(self, mpz(g))

    def _member(self, value: int) -> mpz:
        raw = mpz(value)
        if not 0 < raw < self._p or powmod(raw, self._q, self._p) != 1:
            raise Malformed("this is not an element of the prime-order group")
        return raw

    def parse_point_raw(self, value: str) -> mpz:
        return self._member(decimal(value))

    def parse_point_lenient(self, value: object) -> Point:
        return Point(self, self._member(lenient_integer(value)))

    def random(self) -> Secret:
        return Secret(self, mpz(1 + secrets.randbelow(self.order - 1)))

    def derive(self, digest: bytes) -> Secret:
        return Secret(self, mpz(int.from_bytes(digest)) % self._q)

    def point_mul(self, a: mpz, b: mpz) -> mpz:
        return a * b % self._p

    def point_div(self, a: mpz, b: mpz) -> mpz:
        return a * powmod(b, -1, self._p) % self._p

    def point_pow(self, base: mpz, exponent: mpz, secret: bool) -> mpz:
        if secret and exponent:
            return powmod_sec(base, exponent, self._p)  # which refuses the exponent 0
        return powmod(base, exponent, self._p)

    def point_text(self, raw: mpz) -> str:
        return str(raw)

    def point_sort_key(self, raw: mpz) -> int:
        return int(raw)

    def scalar_raw(self, value: int) -> mpz:
        return mpz(value)

    def scalar_int(self, raw: mpz) -> int:
        return int(raw)

    def scalar_add(self, a: mpz, b: mpz) -> mpz:
        return (a + b) % self._q

    def scalar_sub(self, a: mpz, b: mpz) -> mpz:
        return (a - b) % self._q

    def scalar_mul(self, a: mpz, b: mpz) -> mpz:
        return a * b % self._q


BELENIOS_2048 = ModP(
    "BELENIOS-2048",
    p=int(
        "2069478569142254640101364365750500806492298929575110409710088478705737421924271740192223725449768433"
        "8129066633138078958404960054389636289796393038773905722803605973749427671376777618898589872735865049"
        "0811670993105358677809800307904916540637771737641986785272734744763418356000356983051931442845617019"
        "1100078673730733356412397173289791324047457883446826065232797464795113767265869358218004631792207366"
        "8860052627186363386088796882120769432366149491002923444346373222145884100586421050242120365433561201"
        "3204811188524087310770141516662001623131771693721892480785077118278423174980732765988288251691831031"
        "25680162072880719"
    ),
    q=int("78571733251071885079927659812671450121821421258408794611510081919805623223441"),
    g=int(
        "2402352677501852209227687703532399932712287657378364916510075318787663274146353219320285676155269678"
        "7996946682987493890950838965734256019006010684771644917354741372831046104586813145117816467554005274"
        "0288984613986453266121505579709716201616827031288643245666383486363578210615491841998253431518974065"
        "8186868651151358576410138882215396016043228843603930989333662772848406593138406010231675095763777982"
        "6651036068224066350766977640253462537730851331734951942489677540525736590494924776314759915751987751"
        "7771148149092045660020547812705472823814097251863985833411570056835369555342378147558249189605029668"
        "0037745308460627"
    ),
)

_RFC_3526_P = int(
    (
        "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
        "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
        "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
        "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05"
        "98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB"
        "9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
        "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718"
        "3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF"
    ),
    16,
)
RFC_3526_2048 = ModP("RFC-3526-2048", p=_RFC_3526_P, q=(_RFC_3526_P - 1) // 2, g=2)
