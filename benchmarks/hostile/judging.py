"""What was wrong with a case: its streams, its exit status, and the files before and after."""

import glob
import hashlib
import json
import os
import re
import signal
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path

from benchmarks.hostile.cases import SECRET, Case, Fault, Folder, Outcome
from benchmarks.hostile.forking import MOST_BYTES
from edgeprune.contracts.recipes.fields import flag as recipe_flag

Listing = Mapping[str, str]
"""What each name below a folder is: a digest of a file, the target of a link, or a kind."""

_OUTPUT_FLAGS = ("--output", "--tflite", "--plot", "--c-array", "--html", "--report")
_KEPT_FLAGS = ("--store", "--tensorboard")
_OWN_FOLDERS = (".edgeprune*",)  # what the command keeps by itself: trained states
_STATUSES = (0, 1, 2, 3, 130, 143)
_INTERRUPTED = (130, 143)
_NOISE = re.compile(
    r"^(WARNING|INFO|[WEIF]\d{4} |\d{4}-\d\d-\d\d .* [WEIF] )|Warning:|absl::|^\s+File \"|Exception ignored|HDF5-DIAG"
)
_BEGUN_SECONDS = 1.0  # by then a command has set up what it does on a signal, on a busy machine too
_DIGESTED_BYTES = 64 << 20


def listing(folder: Path) -> dict[str, str]:
    """All names below a folder, links not followed, special files not opened."""
    found = {}
    for entry in _walk(folder):
        name = os.path.relpath(entry.path, folder)
        if entry.is_symlink():
            found[name] = f"link to {Path(entry.path).readlink()}"
        elif entry.is_dir(follow_symlinks=False):
            found[name] = "folder"
        elif entry.is_file(follow_symlinks=False):
            found[name] = _digest(Path(entry.path))
        else:
            found[name] = "special"
    return found


def _walk(folder: Path) -> Iterator["os.DirEntry[str]"]:
    for entry in os.scandir(folder):
        yield entry
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))


def _digest(path: Path) -> str:
    size = path.stat().st_size
    if size > _DIGESTED_BYTES:
        return f"{size} bytes"
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def faults(case: Case, folder: Folder, outcomes: Sequence[Outcome], before: Listing) -> tuple[Fault, ...]:
    """Everything that was wrong, in the order of the table."""
    found: list[Fault] = []
    for outcome in outcomes:
        found += _of_streams(outcome)
        found += _of_resources(outcome)
        found += _of_status(case, outcome)
    found += _of_code(folder, outcomes)
    found += _of_files(case, folder, outcomes, before)
    if case.check is not None:
        found += case.check(folder, outcomes)
    return tuple(found)


def _of_streams(outcome: Outcome) -> Iterator[Fault]:
    lines = outcome.stderr.splitlines()
    if "Traceback (most recent call last)" in outcome.stderr and "--debug" not in outcome.step.arguments:
        yield Fault("traceback", lines[-1])
    for line in lines:
        if "this is a bug in edgeprune" in line:
            yield Fault("bug", line)
    noise = next((line for line in lines if _NOISE.search(line)), None)
    if noise is not None and "Traceback" not in outcome.stderr:
        yield Fault("noise", noise)


def _of_resources(outcome: Outcome) -> Iterator[Fault]:
    if outcome.hung:
        yield Fault("hang", f"ended after {outcome.seconds:.0f} s: {_last(outcome)}")
    if outcome.peak_bytes > MOST_BYTES:
        yield Fault("memory", f"{outcome.peak_bytes / 2**30:.1f} GB: {_last(outcome)}")
    if outcome.processes_left:
        yield Fault("leftover", f"{outcome.processes_left} processes still ran")


def _last(outcome: Outcome) -> str:
    return (outcome.stderr.splitlines() or ["(nothing on stderr)"])[-1]


def _of_status(case: Case, outcome: Outcome) -> Iterator[Fault]:
    status, step = outcome.status, outcome.step
    if outcome.hung or outcome.peak_bytes > MOST_BYTES or _ended_as_told(outcome):
        return
    if step.stdout == "closed" and status in (141, -signal.SIGPIPE):
        return
    errors = [line for line in outcome.stderr.splitlines() if line.startswith("error:")]
    if status in _INTERRUPTED and not outcome.stderr.strip():
        yield Fault("exit", f"status {status} without a word")
    if status not in _STATUSES or (status in _INTERRUPTED and step.signal is None):
        yield Fault("exit", f"status {status}: {_last(outcome)}")
    elif status == 0 and errors:
        yield Fault("exit", f"status 0 with {errors[0]}")
    elif status in (1, 2, 3) and len(errors) != 1:
        yield Fault("exit", f"status {status} with {len(errors)} error lines: {_last(outcome)}")
    elif status == 0 and case.must_fail:
        yield Fault("exit", "accepted, and must be refused")
    if status == 0 and _asks_for_json(step.arguments) and step.stdout == "file":
        yield from _of_json(outcome)


def _ended_as_told(outcome: Outcome) -> bool:
    """Whether a signal ended a process that cannot stop it (SIGKILL), or that had not begun its work yet."""
    step = outcome.step
    if step.signal is None or outcome.status != -step.signal:
        return False
    return step.signal == signal.SIGKILL or (step.after < _BEGUN_SECONDS and not outcome.stderr and not outcome.stdout)


def _asks_for_json(arguments: Sequence[str]) -> bool:
    return "--format" in arguments[:-1] and arguments[list(arguments).index("--format") + 1] == "json"


def _of_json(outcome: Outcome) -> Iterator[Fault]:
    try:
        json.loads(outcome.stdout, parse_constant=_no_json)
    except ValueError as error:
        yield Fault("exit", f"stdout is no JSON: {error}")


def _no_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _of_code(folder: Folder, outcomes: Sequence[Outcome]) -> Iterator[Fault]:
    names = sorted(set(listing(folder.outside)) - {folder.secret.name, "given"})
    if names:
        yield Fault("code run", f"it wrote {', '.join(names[:3])}")
    if not folder.secret.exists() or folder.secret.read_bytes() != SECRET * 64:
        yield Fault("code run", "it changed or removed a file outside")
    if any(SECRET in outcome.stdout or SECRET in outcome.stderr.encode() for outcome in outcomes):
        yield Fault("code run", "the contents of a file outside were printed")
    for path in folder.work.rglob("*"):
        if path.is_file() and not path.is_symlink() and "given" not in path.name and SECRET in path.read_bytes():
            yield Fault("code run", f"the contents of a file outside came into {path.name}")


def _of_files(case: Case, folder: Folder, outcomes: Sequence[Outcome], before: Listing) -> Iterator[Fault]:
    after = listing(folder.work)
    said = all(outcome.step.stdout == "file" for outcome in outcomes)  # else outputs may stand, and the status say 1
    done = outcomes[-1].status in (0, *_INTERRUPTED) or not said
    killed = any(outcome.status < 0 or outcome.hung for outcome in outcomes)
    outputs = list(_outputs([*(outcome.step.arguments for outcome in outcomes), _recipe_flags(folder)]))
    kept = [*_OWN_FOLDERS, *_values(outcomes, _KEPT_FLAGS)]
    for name, content in before.items():
        changed = name not in after or after[name] != content
        if changed and not _is_one_of(
            name, (*case.may_change, *kept, *(outputs if done and _forced(outcomes) else ()))
        ):
            yield Fault("loss", f"{name} was {'changed' if name in after else 'removed'}")
    new = sorted(name for name in after if name not in before and not _is_one_of(name, kept))
    allowed = outputs if done else []
    stray = [name for name in new if not _is_one_of(name, allowed)]
    if stray and not killed:
        yield Fault("leftover", f"{', '.join(stray[:3])} (status {outcomes[-1].status})")
    if not killed and (temporary := listing(folder.temporary)):
        yield Fault("leftover", f"temporary {', '.join(sorted(temporary)[:3])}")
    yield from _half_written(folder, [name for name in new if _is_one_of(name, outputs)])


def _half_written(folder: Folder, names: Iterable[str]) -> Iterator[Fault]:
    """Outputs that took their names and are no whole files of their kind."""
    starts = {".tflite": (4, b"TFL3"), ".h5": (0, b"\x89HDF"), ".keras": (0, b"PK"), ".png": (0, b"\x89PNG")}
    for name in names:
        path = folder.work / name
        if not path.is_file():
            continue
        content = path.read_bytes()
        if path.suffix == ".json":
            try:
                json.loads(content, parse_constant=_no_json)
            except ValueError as error:
                yield Fault("loss", f"{name} is half written or no JSON: {error}")
        elif path.suffix in starts:
            offset, start = starts[path.suffix]
            if content[offset : offset + len(start)] != start:
                yield Fault("loss", f"{name} is half written")


def _forced(outcomes: Sequence[Outcome]) -> bool:
    return any("--force" in outcome.step.arguments for outcome in outcomes)


def _outputs(argvs: Iterable[Sequence[str]]) -> Iterator[str]:
    """Patterns of the names that commands may write."""
    for argv in argvs:
        for name in _flag_values(argv, _OUTPUT_FLAGS):
            yield from map(glob.escape, (name, f"{name}.json", f"{os.path.splitext(name)[0]}.h"))  # noqa: PTH122
        if argv[:1] == ("prune",) and "--output" not in argv:
            yield "*.pruned*"


def _recipe_flags(folder: Folder) -> list[str]:
    """The keys of a recipe file of the case as flags: they may name outputs, too."""
    try:
        table = tomllib.loads((folder.work / "recipe.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [f"{recipe_flag(key)}={value}" for key, value in table.items() if isinstance(value, str)]


def _values(outcomes: Sequence[Outcome], flags: Sequence[str]) -> list[str]:
    return [value for outcome in outcomes for value in _flag_values(outcome.step.arguments, flags)]


def _flag_values(argv: Sequence[str], flags: Sequence[str]) -> Iterator[str]:
    for position, word in enumerate(argv):
        flag, sign, value = word.partition("=")
        if flag in flags and sign:
            yield os.path.normpath(value)
        elif word in flags and position + 1 < len(argv):
            yield os.path.normpath(argv[position + 1])


def _is_one_of(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name, or a folder above it, is one of those."""
    parts = Path(name).parts
    above = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    return any(fnmatch(one, pattern) for one in above for pattern in patterns)
