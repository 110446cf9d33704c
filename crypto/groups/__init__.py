"""Groups of prime order in which decisional Diffie-Hellman is believed hard, written multiplicatively.

Three are known: `Ed25519`, `BELENIOS-2048`, `RFC-3526-2048` (PROTOCOL.md section 1). Parsing is the only way in:
a `Point` that exists is canonically encoded and lies in the prime-order subgroup, a `Scalar` that exists is in [0, q).

>>> group = named("Ed25519")
>>> key = group.random()
>>> group.generator ** key == group.generator ** group.parse_secret(key.export())
True
"""

from crypto.errors import Unsupported
from crypto.groups.base import Group, Point, Scalar, Secret
from crypto.groups.ed25519 import ED25519
from crypto.groups.modp import BELENIOS_2048, RFC_3526_2048

__all__ = ["BELENIOS_2048", "ED25519", "GROUPS", "RFC_3526_2048", "Group", "Point", "Scalar", "Secret", "named"]

GROUPS: dict[str, Group] = {group.name: group for group in (ED25519, BELENIOS_2048, RFC_3526_2048)}


def named(name: object) -> Group:
    """The group called `name`; any other name is `Unsupported`."""
    if not isinstance(name, str) or name not in GROUPS:
        known = ", ".join(GROUPS)
        raise Unsupported("the group “%(name)s” is not known here, only %(known)s", name=str(name)[:40], known=known)
    return GROUPS[name]
