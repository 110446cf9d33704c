"""An election run through the commands alone, as the people in it would: see `Election`."""

import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

from tests.crypto.cli.shell import Answer, Code, Shell

QUESTIONS = """
title = {ar = "أي مشروع أولًا؟", en = "Which project first?"}
description = "Municipal budget"

[[questions]]
question = "Which project should the municipality do first?"
answers = ["A library", "A park", "Street lighting"]
choose = 1
blank = true

[[questions]]
question = "Which evenings suit you?"
answers = ["Sunday", "Tuesday", "Thursday"]
min = 0
max = 2
"""

VOTERS = "id,name\n1,سعاد الكاظم\n2,Yusuf Hanna\n3,Layla Barzani\n4,نور الدين\n5,Hassan Ali\n6,زينب عبد الله\n"


class Election:
    """The folders of everybody who takes part, below one folder, and what they type.

    box/        the administrator's: draft.json, ceremony/, UUID.bel
    authority/  the credential authority's: private_creds.json, public_creds.json
    trustee-1/  a trustee's: 1.key.json
    voter-1/    a voter's: code.txt
    """

    def __init__(self, sawtuna: Shell, root: Path) -> None:
        self.sawtuna = sawtuna
        self.root = root
        self.box = root / "box"
        self.ceremony = self.box / "ceremony"
        self.authority = root / "authority"

    # Before the vote

    @classmethod
    def describe(
        cls, sawtuna: Shell, root: Path, questions: str = QUESTIONS, *, suffix: str = ".toml", group: str = "Ed25519"
    ) -> Self:
        """`election new`."""
        election = cls(sawtuna, root)
        root.mkdir(parents=True, exist_ok=True)
        file = root / f"questions{suffix}"
        file.write_text(questions, "utf-8")
        sawtuna("election", "new", file, "--out", election.box, "--group", group)
        return election

    def start(self, size: int, threshold: int) -> Answer:
        """`trustee start`."""
        return self.sawtuna("trustee", "start", self.box, "--trustees", size, "--threshold", threshold)

    def key(self, trustee: int) -> Path:
        """A trustee's private key file."""
        return self.root / f"trustee-{trustee}" / f"{trustee}.key.json"

    def join(self, trustee: int, *words: object, code: Code = 0, folder: Path | None = None) -> Answer:
        """`trustee join`, in the place of the same number unless the words say otherwise."""
        words = ("--name", f"Trustee {trustee}", *(() if "--index" in words else ("--index", trustee)), *words)
        return self.sawtuna("trustee", "join", folder or self.ceremony, "--key", self.key(trustee), *words, code=code)

    def make_key(self, size: int, threshold: int, order: Sequence[int] = ()) -> None:
        """The whole ceremony: everybody joins again and again, in `order`, until everybody's key is ready."""
        self.start(size, threshold)
        ready: set[int] = set()
        for _ in range(5):
            for trustee in order or range(1, size + 1):
                if "The key is ready" in self.join(trustee).out:
                    ready.add(trustee)
            if len(ready) == size:
                return
        raise AssertionError("the ceremony did not end")

    def register(self, voters: str = VOTERS, *words: object) -> Answer:
        """`credentials make`, and a code file for every voter."""
        file = self.root / "voters.csv"
        file.write_text(voters, "utf-8")
        answer = self.sawtuna("credentials", "make", file, "--election", self.box, "--out", self.authority, *words)
        for voter, code in self.codes.items():
            folder = self.root / f"voter-{voter}"
            folder.mkdir()
            (folder / "code.txt").write_text(code + "\n")
        return answer

    def open(self, *words: object, code: Code = 0) -> Answer:
        """`election open`."""
        public = self.authority / "public_creds.json"
        return self.sawtuna("election", "open", self.box, "--credentials", public, *words, code=code)

    # The vote

    @property
    def archive(self) -> Path:
        """UUID.bel."""
        (path,) = self.box.glob("*.bel")
        return path

    @property
    def uuid(self) -> str:
        """The election's identifier."""
        return str(json.loads((self.box / "draft.json").read_bytes())["uuid"])

    @property
    def codes(self) -> dict[str, str]:
        """Voter's id -> code."""
        return dict(json.loads((self.authority / "private_creds.json").read_bytes()))

    def code(self, voter: int) -> Path:
        """The file with a voter's code."""
        return self.root / f"voter-{voter}" / "code.txt"

    def vote(self, voter: int, choices: Iterable[str], *words: object, code: Code = 0) -> Answer:
        """`vote`, with the answers given; in the voter's own folder."""
        chosen = [word for choice in choices for word in ("--choose", choice)]
        return self.sawtuna(
            "vote",
            self.archive,
            *chosen,
            "--credential-file",
            self.code(voter),
            *words,
            code=code,
            folder=self.code(voter).parent,
        )

    # After the vote

    def step(self, verb: str, *words: object, code: Code = 0) -> Answer:
        """`election VERB`."""
        return self.sawtuna("election", verb, self.archive, *words, code=code)

    def part(self, trustee: int) -> Path:
        """The file with a trustee's part of the count."""
        return self.key(trustee).parent / "part.json"

    def decrypt(self, trustee: int, *words: object, code: Code = 0) -> Answer:
        """`trustee decrypt`."""
        return self.sawtuna(
            "trustee",
            "decrypt",
            self.archive,
            "--key",
            self.key(trustee),
            "--out",
            self.part(trustee),
            *words,
            code=code,
        )

    def count(self, *trustees: int) -> Answer:
        """From the close to the result, with these trustees."""
        self.step("close")
        self.step("tally")
        for trustee in trustees:
            self.decrypt(trustee)
            self.step("add", self.part(trustee))
        return self.step("result")

    def report(self, *words: object, code: Code = 0) -> Any:
        """`verify --json`."""
        return self.sawtuna.json("verify", self.archive, "--json", *words, code=code)

    def copy(self, sawtuna: Shell, root: Path) -> "Election":
        """The same election in another folder."""
        shutil.copytree(self.root, root)
        return Election(sawtuna, root)
