"""Asking a trustee to prove that his saved key file decrypts (ours, beside version 1).

The trustee decrypts what he is sent and answers with the point in it. A machine that decrypts whatever it is sent would
decrypt a voter's ballot too; so the randomness of a question follows from the point that it hides (Fujisaki and Okamoto
1999), and the trustee's program recomputes it before it answers: only who knew the answer can have asked. The other
half is `answerTest` in static/js/crypto/trustee.js.
"""

from dataclasses import dataclass, field

from crypto.elgamal import Ciphertext, encrypt
from crypto.groups import Point


@dataclass(frozen=True, slots=True)
class KeyTest:
    """A test for the holder of one key, and the text that he has to answer with: keep only a hash of that."""

    ciphertext: Ciphertext
    answer: str = field(repr=False)


def ask(key: Point, uuid: str, index: int) -> KeyTest:
    """Encrypt a random point to `key`, the final key of trustee `index` (from 1) in the ceremony of election `uuid`."""
    group = key.group
    hidden = group.generator ** group.random()
    randomness = group.expand(f"sawtuna|key-test|1|{group.name}|{uuid}|{index}|{key}", str(hidden))
    return KeyTest(encrypt(key, hidden, randomness), str(hidden))
