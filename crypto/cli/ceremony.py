"""The key ceremony as a folder that trustees share: a drive carried to and fro, mail attachments, a shared disk.

Every trustee runs one command again and again until it says that the key is ready; it looks at what is there and does
whatever is next. Files are named after their author, so copies of the folder can be merged by copying. Nothing in it is
secret: shares are encrypted to their recipients. What a trustee must keep is the key file, outside the folder.

    ceremony.json          group, number, threshold, election
    certificates/I.json    threshold: keys for signing and receiving        all needed: -
    commitments/I.json     threshold: hash of the polynomial's commitment   all needed: hash of the public key
    shares/I.json          threshold: shares for everybody                  all needed: -
    keys/I.json            public key, and (threshold) the encrypted private one
    trustees.json          the result, as it goes into the record

Before anybody reveals, everybody has committed; a trustee's key file pins what he has seen, so that a folder that shows
different things at different times is refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from crypto import keygen, transcripts
from crypto.cli.files import pretty, read_json, rewrite_private, write_private
from crypto.cli.texts import _
from crypto.elgamal import encrypt
from crypto.encoding import canonical, election_uuid, hex_digest, members, sha256_b64, sha256_hex, text, whole_number
from crypto.errors import Malformed, ProtocolError, Rejected, within
from crypto.groups import Group, Secret, named
from crypto.journal import write_whole
from crypto.keygen import Ceremony
from crypto.transcripts import VERSION_1
from crypto.trustees import MAX_TRUSTEES, Certificate, PublicKey, Trustees, check_alone

_FORMAT = "sawtuna ceremony 1"
_KEY_FORMAT = "sawtuna trustee key 1"
_PINS = ("certificates", "commitments", "sealed_key", "public_key", "opened")


@dataclass(frozen=True, slots=True)
class TrusteeKey:
    """A trustee's private file. `seed` for a threshold ceremony, `private_key` when all are needed."""

    uuid: str
    group: Group
    index: int
    size: int
    threshold: int
    name: str
    seed: str | None = field(default=None, repr=False)
    private_key: Secret | None = field(default=None, repr=False)
    certificates: str | None = None
    commitments: str | None = None
    sealed_key: str | None = None
    public_key: str | None = None
    opened: str | None = None
    """SHA-256 (base64) of the one sum that this key has opened a part of."""
    published: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What this trustee has published, by kind: a file that is lost on the way is put there again, not made anew."""

    @classmethod
    def parse(cls, value: object) -> Self:
        """From the file's JSON."""
        fields = members(value, "format", "uuid", "group", "index", "size", "threshold", "name")
        if fields["format"] != _KEY_FORMAT:
            raise Malformed("this is not a trustee's key file")
        group = named(fields["group"])
        seed, private = fields.get("seed"), fields.get("private_key")
        if (seed is None) == (private is None):
            raise Malformed("this is not a trustee's key file")
        pins = {pin: text(fields[pin]) if pin in fields else None for pin in _PINS}
        return cls(
            election_uuid(fields["uuid"]),
            group,
            whole_number(fields["index"], 1, MAX_TRUSTEES),
            whole_number(fields["size"], 1, MAX_TRUSTEES),
            whole_number(fields["threshold"], 1, MAX_TRUSTEES),
            text(fields["name"]),
            text(seed) if seed is not None else None,
            group.parse_secret(private) if private is not None else None,
            pins["certificates"],
            pins["commitments"],
            pins["sealed_key"],
            pins["public_key"],
            pins["opened"],
            members(fields.get("published", {})),
        )

    def to_json(self) -> bytes:
        """The file's bytes; private."""
        value: dict[str, Any] = {
            "format": _KEY_FORMAT,
            "uuid": self.uuid,
            "group": self.group.name,
            "index": self.index,
            "size": self.size,
            "threshold": self.threshold,
            "name": self.name,
        }
        if self.seed is not None:
            value["seed"] = self.seed
        if self.private_key is not None:
            value["private_key"] = self.private_key.export()
        for name in _PINS:
            if (pin := getattr(self, name)) is not None:
                value[name] = pin
        return pretty({**value, "published": dict(self.published)})

    @property
    def ceremony(self) -> Ceremony:
        """What the trustee has agreed to."""
        return Ceremony(VERSION_1, self.group, self.size, self.threshold)

    @property
    def is_complete(self) -> bool:
        """Whether the trustee can decrypt with this file alone."""
        return self.public_key is not None

    def secret(self) -> Secret:
        """The decryption key; `Rejected` when the file is not complete or does not fit its public key."""
        if self.public_key is None:
            raise Rejected("this key is not complete: run “sawtuna trustee join” until the key is ready")
        public = self.group.parse_key(self.public_key)
        if self.seed is not None:
            return keygen.decryption_key(VERSION_1, self.group, self.seed, self.sealed_key, public)
        assert self.private_key is not None
        if self.group.generator**self.private_key != public:
            raise Rejected("the private key does not belong to the trustee's public key")
        return self.private_key

    def prove_usable(self) -> None:
        """Encrypt a test to the public key and decrypt it with what the file holds."""
        secret = self.secret()
        assert self.public_key is not None
        message = self.group.generator ** self.group.random()
        test = encrypt(self.group.parse_key(self.public_key), message, self.group.random())
        if test.beta / test.alpha**secret != message:
            raise Rejected("the key cannot decrypt a test")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the ceremony is for a trustee: steps done of how many, and whom it waits for."""

    done: int
    steps: int
    waiting_for: tuple[int, ...]
    ready: bool


class Folder:
    """The shared folder of a ceremony."""

    def __init__(self, path: Path) -> None:
        """Open `path`; its `ceremony.json` must be there."""
        self.path = path
        fields = members(read_json(path / "ceremony.json"), "format", "uuid", "group", "size", "threshold")
        if fields["format"] != _FORMAT:
            raise Malformed("this is not a key ceremony")
        self.uuid = election_uuid(fields["uuid"])
        self.group = named(fields["group"])
        self.size = whole_number(fields["size"], 1, MAX_TRUSTEES)
        self.threshold = whole_number(fields["threshold"], 1, self.size)

    @classmethod
    def create(cls, path: Path, uuid: str, group: Group, size: int, threshold: int) -> Self:
        """Begin a ceremony in a new folder."""
        Ceremony(VERSION_1, group, size, threshold)
        for name in ("certificates", "commitments", "shares", "keys"):
            (path / name).mkdir(parents=True, exist_ok=True)
        value = {"format": _FORMAT, "uuid": uuid, "group": group.name, "size": size, "threshold": threshold}
        write_whole(path / "ceremony.json", pretty(value))
        return cls(path)

    @property
    def all_needed(self) -> bool:
        """Whether every trustee is needed, each with a key of his own."""
        return self.threshold == self.size

    @property
    def first(self) -> str:
        """The folder in which a trustee's first file appears."""
        return "commitments" if self.all_needed else "certificates"

    def _file(self, kind: str, index: int) -> Path:
        return self.path / kind / f"{index}.json"

    def has(self, kind: str, index: int) -> bool:
        """Whether a trustee has published a file."""
        return self._file(kind, index).exists()

    def missing(self, kind: str) -> tuple[int, ...]:
        """The trustees whose file is not there yet."""
        return tuple(index for index in range(1, self.size + 1) if not self.has(kind, index))

    def publish(self, key_path: Path, key: TrusteeKey, kind: str, make: Callable[[], object]) -> TrusteeKey:
        """Put the trustee's file there, or the same one again; whatever else stands in its place is refused."""
        if kind not in key.published:
            key = self._keep(key_path, replace(key, published={**key.published, kind: make()}))
        path = self._file(kind, key.index)
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            write_whole(path, pretty(key.published[kind]))
        elif read_json(path) != key.published[kind]:
            raise Rejected("what stands in this trustee's name is not his").at(kind, key.index)
        return key

    def read(self, kind: str, index: int, *keys: str) -> Mapping[str, Any]:
        """A trustee's file."""
        with within(kind, index):
            return members(read_json(self._file(kind, index)), *keys)

    def free_index(self) -> int:
        """The first place that nobody has taken."""
        free = self.missing(self.first)
        if not free:
            raise Rejected("all places of this ceremony are taken")
        return free[0]

    def join(self, key_path: Path, name: str, index: int | None) -> TrusteeKey:
        """Take a place: write the private key file, then publish the first thing that follows from it."""
        place = index or self.free_index()
        if place > self.size or self.has(self.first, place):
            raise Rejected("place %(index)s of this ceremony is not free", index=place)
        base = TrusteeKey(self.uuid, self.group, place, self.size, self.threshold, name)
        key = (
            replace(base, private_key=self.group.random())
            if self.all_needed
            else replace(base, seed=keygen.new_seed(base.ceremony))
        )
        write_private(key_path, key.to_json())
        return key

    def advance(self, key_path: Path, key: TrusteeKey) -> tuple[TrusteeKey, Progress]:
        """Do everything that can be done now for the holder of `key`; the key file is brought up to date."""
        if (key.uuid, key.group, key.size, key.threshold) != (self.uuid, self.group, self.size, self.threshold):
            raise Rejected("this key belongs to another ceremony; a key is used for one election only")
        return self._advance_alone(key_path, key) if self.all_needed else self._advance_threshold(key_path, key)

    # Everyone needed: commit to the public key, reveal it

    def _advance_alone(self, key_path: Path, key: TrusteeKey) -> tuple[TrusteeKey, Progress]:
        private = key.private_key
        assert private is not None
        if key.public_key is None:
            key = self._keep(key_path, replace(key, public_key=str(self.group.generator**private)))
        assert key.public_key is not None
        own = {"name": key.name, "commitment": self._commit(key.public_key)}
        key = self.publish(key_path, key, "commitments", lambda: own)
        if waiting := self.missing("commitments"):
            return key, Progress(1, 2, waiting, ready=False)
        commitments = [hex_digest(self.read("commitments", i, "commitment")["commitment"]) for i in self._all()]
        key = self._pin(key_path, key, "commitments", commitments)
        made = PublicKey.make(VERSION_1, private, key.name)
        key = self.publish(key_path, key, "keys", lambda: {"public_key": made.to_json()})
        if waiting := self.missing("keys"):
            return key, Progress(2, 2, waiting, ready=False)
        listed = []
        for index, commitment in zip(self._all(), commitments, strict=True):
            public = self.read("keys", index, "public_key")["public_key"]
            with within("keys", index):
                parsed = PublicKey.parse(self.group, public)
                if self._commit(str(parsed.point)) != commitment:
                    raise Rejected("this is not what the trustee had committed to")
            listed.append(["Single", public])
        self._finish(key, listed)
        return key, Progress(2, 2, (), ready=True)

    @staticmethod
    def _commit(public_key: str) -> str:
        return transcripts.key_commitment(canonical(public_key))

    # Threshold: certificates, commitments, shares, keys

    def _advance_threshold(self, key_path: Path, key: TrusteeKey) -> tuple[TrusteeKey, Progress]:
        seed = key.seed
        assert seed is not None
        ceremony, steps = key.ceremony, 4
        name, index = key.name, key.index
        key = self.publish(
            key_path,
            key,
            "certificates",
            lambda: {"name": name, "certificate": keygen.certificate(ceremony, index, seed)},
        )
        if waiting := self.missing("certificates"):
            return key, Progress(1, steps, waiting, ready=False)
        raw_certs = [self.read("certificates", i, "certificate")["certificate"] for i in self._all()]
        certs = keygen.check_certificates(ceremony, raw_certs)
        own = self.group.generator ** VERSION_1.signing_key(self.group, seed)
        if certs[key.index - 1].verification != own:
            raise Rejected("another key stands in this trustee's place").at("certificates", key.index)
        key = self._pin(key_path, key, "certificates", [cert.signed.to_json() for cert in certs])
        commitment = {"commitment": keygen.commitment(ceremony, certs, seed)}
        key = self.publish(key_path, key, "commitments", lambda: commitment)
        if waiting := self.missing("commitments"):
            return key, Progress(2, steps, waiting, ready=False)
        commitments = [hex_digest(self.read("commitments", i, "commitment")["commitment"]) for i in self._all()]
        key = self._pin(key_path, key, "commitments", commitments)
        key = self.publish(key_path, key, "shares", lambda: keygen.deal(ceremony, certs, seed, commitments))
        if waiting := self.missing("shares"):
            return key, Progress(3, steps, waiting, ready=False)
        return self._finish_threshold(key_path, key, certs, raw_certs, commitments)

    def _finish_threshold(
        self,
        key_path: Path,
        key: TrusteeKey,
        certs: tuple[Certificate, ...],
        raw_certs: list[Any],
        commitments: list[str],
    ) -> tuple[TrusteeKey, Progress]:
        seed = key.seed
        assert seed is not None
        ceremony, index_of_mine = key.ceremony, key.index
        deals = [self.read("shares", i, "polynomial", "secrets", "coefexps", "signature") for i in self._all()]
        for index, (dealt, commitment) in enumerate(zip(deals, commitments, strict=True), 1):
            with within("shares", index):
                keygen.check_deal(ceremony, certs, index, dealt, commitment)
        try:
            key = self.publish(
                key_path,
                key,
                "keys",
                lambda: keygen.finish(ceremony, certs, seed, keygen.regroup(deals, index_of_mine), commitments),
            )
        except ProtocolError as error:
            if error.place[:1] == ("secrets",):  # the library counts from 0, the folder from 1
                error.place = ("shares", int(error.place[1]) + 1, *error.place[2:])
            raise
        if not key.is_complete:
            output = key.published["keys"]
            key = self._keep(
                key_path,
                replace(key, sealed_key=output["private_key"], public_key=output["public_key"]["public_key"]),
            )
        if waiting := self.missing("keys"):
            return key, Progress(4, 4, waiting, ready=False)
        outputs = [self.read("keys", i, "public_key") for i in self._all()]
        names = [self.read("certificates", i).get("name") for i in self._all()]
        block = keygen.assemble(ceremony, raw_certs, deals, outputs, names)
        self._finish(key, [["Pedersen", block]])
        return key, Progress(4, 4, (), ready=True)

    def _finish(self, key: TrusteeKey, listed: list[list[Any]]) -> None:
        """Write or compare the result, after checking it whole and proving that our own key is in it and works."""
        data = canonical(listed)
        trustees = Trustees.parse(VERSION_1, self.group, data)
        errors = check_alone(trustees)
        if errors:
            raise errors[0]
        trustees.verify_distinct()
        if key.public_key not in {str(point) for point in trustees.keys.values()}:
            raise Rejected("the finished list does not hold this trustee's key")
        key.prove_usable()
        target = self.path / "trustees.json"
        if target.exists():
            if canonical(read_json(target)) != data:
                raise Rejected("the finished list is not the one that follows from the trustees' files").at(
                    "trustees.json"
                )
        else:
            write_whole(target, data + b"\n")

    def _all(self) -> range:
        return range(1, self.size + 1)

    def _pin(self, key_path: Path, key: TrusteeKey, name: str, value: object) -> TrusteeKey:
        """Remember what was seen, or refuse when it has changed since."""
        seen = sha256_hex(canonical(value))
        pinned = getattr(key, name)
        if pinned is None:
            pinned_now = replace(key, certificates=seen) if name == "certificates" else replace(key, commitments=seen)
            return self._keep(key_path, pinned_now)
        if pinned != seen:
            raise Rejected(
                "these files have changed since this trustee relied on them; stop and compare with the others"
            ).at(name)
        return key

    @staticmethod
    def _keep(key_path: Path, key: TrusteeKey) -> TrusteeKey:
        rewrite_private(key_path, key.to_json())
        return key


def read_key(path: Path) -> TrusteeKey:
    """A trustee's key file; its content is never repeated in an error."""
    try:
        return TrusteeKey.parse(read_json(path))
    except Malformed as error:
        raise Malformed(error.message, **error.params).at(str(path))  # noqa: B904 - the place is replaced on purpose


def open_once(path: Path, key: TrusteeKey, total: bytes) -> None:
    """Remember in the key file which sum it opens, before anything of it is opened; `Rejected` for any other.

    The sum of all ballots but one, opened as well, tells how that one voter voted.
    """
    digest = sha256_b64(total)
    if key.opened is None:
        rewrite_private(path, replace(key, opened=digest).to_json())
    elif key.opened != digest:
        raise Rejected("this key has opened another sum for this election before, and opens no second one")


def describe(names: Mapping[int, str], indexes: tuple[int, ...]) -> str:
    """Trustees by number and name, for people."""
    return _(", ").join(f"{index} {names.get(index, '')}".strip() for index in indexes) if indexes else _("nobody")


def known_names(folder: Folder) -> dict[int, str]:
    """Names of the trustees who have joined."""
    found = {}
    for index in range(1, folder.size + 1):
        if folder.has(folder.first, index):
            name = folder.read(folder.first, index).get("name")
            if isinstance(name, str):
                found[index] = name
    return found
