"""What one case of the campaign is: a folder with files, command lines to run in it, and what must hold afterwards."""

import hashlib
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SECRET = b"SECRET-7f3a91c2"
"""What the file outside of the case's folder holds: it must never come back."""

FAULTS = ("code run", "traceback", "bug", "hang", "memory", "exit", "noise", "leftover", "loss")
"""What can be wrong, as the table has it."""


@dataclass(frozen=True)
class Folder:
    """Where a case lives: `work` is the working folder of its commands, `outside` what no model may touch."""

    root: Path
    bases: Path

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def outside(self) -> Path:
        return self.root / "outside"

    @property
    def temporary(self) -> Path:
        return self.root / "tmp"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def canary(self) -> Path:
        """What hostile code tries to write."""
        return self.outside / "canary"

    @property
    def secret(self) -> Path:
        """What hostile files try to read."""
        return self.outside / "secret.bin"

    def make(self) -> None:
        """Make the folders and the secret."""
        for folder in (self.work, self.outside, self.temporary, self.home):
            folder.mkdir(parents=True)
        self.secret.write_bytes(SECRET * 64)

    def base(self, name: str) -> Path:
        """One of the whole models that a case starts from."""
        return self.bases / name


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command line, and what happens to it while it runs.

    `signal` is sent to its process group after `after` seconds. `stdout` is `file`, `full` (a full disk), `closed`
    or `encoding:NAME`; `file_limit` the most bytes of any file that it may write. `process`: the installed script,
    not a fork. `before` changes the case's files once the steps before this one are done.
    """

    arguments: tuple[str, ...]
    process: bool = False
    before: Callable[["Folder"], None] | None = None
    signal: int | None = None
    after: float = 0.0
    stdout: str = "file"
    file_limit: int | None = None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a step left behind; `status` is the exit status, negative for a signal that killed it.

    `seconds` by the clock, `computed` of a processor.
    """

    step: Step
    status: int
    seconds: float
    computed: float
    peak_bytes: int
    hung: bool
    processes_left: int
    stdout: bytes
    stderr: str


@dataclass(frozen=True)
class Fault:
    """Something that must not be: its kind (one of FAULTS) and what was seen."""

    kind: str
    seen: str


Check = Callable[["Folder", Sequence[Outcome]], Iterable[Fault]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One case, ready to run. `must_fail`: a status of 0 is wrong. `check` looks at what only this family knows."""

    steps: tuple[Step, ...]
    title: str
    must_fail: bool = False
    check: Check | None = None
    may_change: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Report:
    """What came of a case, small enough to send from one process to another."""

    family: str
    number: int
    title: str
    argv: tuple[tuple[str, ...], ...]
    statuses: tuple[int, ...]
    seconds: float
    computed: float
    peak_bytes: int
    faults: tuple[Fault, ...]
    stderr: str = field(repr=False, default="")


def generator(seed: int, family: str, number: int) -> random.Random:
    """The source of all that is random in one case, the same wherever and whenever it runs."""
    digest = hashlib.sha256(f"{seed}/{family}/{number}".encode()).digest()
    return random.Random(int.from_bytes(digest[:8], "big"))
