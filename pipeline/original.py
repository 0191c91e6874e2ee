"""Which file is the user's original: the one that --original names, else the one that a model was pruned from.

`prune` writes beside its output which file was pruned, with digests of both. Such a report may be a stranger's: what it
names is taken only where the content is the very one that was pruned.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edgeprune.contracts.errors import EdgepruneError
from edgeprune.pipeline.model_report import DIGESTS, content_digest, is_of, read_report, report_of
from edgeprune.pipeline.reporting import Reporter

MOST_STEPS = 20
"""A pruned model may have been pruned again."""


@dataclass(frozen=True, kw_only=True)
class Original:
    """The user's original; `named_in` is the report that names it, None where the user did."""

    path: Path
    named_in: Path | None = None

    def is_trusted(self, trust_model: bool) -> bool:
        """Whether its code may run under `--trust-model`: never that of a file that only a report names."""
        return trust_model and self.named_in is None

    def cannot_be_used(self, error: EdgepruneError, reporter: Reporter) -> None:
        """Say why; raises the error itself where the user named the file."""
        if self.named_in is None:
            raise error
        reporter.note(f"{self.named_in} names {self.path}, which cannot be compared with ({error}); {OTHERWISE}")


OTHERWISE = "changes are against the given file; --original FILE names another"


def find_original(model: Path, named: str | None, reporter: Reporter) -> Original | None:
    """The user's original of a model; None where none is named, or what is named is not there as it was.

    named: the value of --original. A note says which file is taken, or why none is.
    """
    if named is not None:
        return Original(path=Path(named))
    found: Original | None = None
    for _ in range(MOST_STEPS):
        step = _named_in_report(found.path if found else model, reporter)
        if step is None:
            break
        found = step
    if found:
        reporter.note(f"changes are against {found.path}, the original that {found.named_in} names")
    return found


def _named_in_report(model: Path, reporter: Reporter) -> Original | None:
    """What the report beside a model names; without a word where there is none that says of what it is."""
    report = report_of(model)
    content = read_report(model)
    name = content.get("model")
    if not isinstance(name, str) or not name.isprintable():
        return None
    if not is_of(content, model):
        reporter.note(f"{report} is of another file than {model} is now; {OTHERWISE}")
        return None
    is_there = False
    for path in _places(name, report):
        if not _is_model(path):
            continue
        if content_digest(path) == content[DIGESTS].get("original"):
            return Original(path=path, named_in=report)
        is_there = True
    reporter.note(f"{report}: the original {name} {'has changed' if is_there else 'is not there'}; {OTHERWISE}")
    return None


def _places(name: str, report: Path) -> Iterator[Path]:
    """Where the file may lie that was called so where the report was made: there, or moved along with it."""
    path = Path(name)
    yield from dict.fromkeys((path, report.parent / path, report.parent / path.name))


def _is_model(path: Path) -> bool:
    from edgeprune.keras_models.loading.archives.detect import model_kind  # which needs NumPy, and --help does not

    try:
        model_kind(path)
    except EdgepruneError:
        return False
    return True
