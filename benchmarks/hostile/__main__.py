"""The campaign: damaged, hostile and wrong inputs, each given to the real command, and what must never happen counted.

    python -m benchmarks.hostile --cases 10000 --seed 7     all families, by their shares
    python -m benchmarks.hostile --family data --cases 500  one family
    python -m benchmarks.hostile --only data:17             one case, with all that it said

Each case is made from the seed, its family and its number alone, so that it can be run again by itself. What was found
is printed, one line a distinct finding; --keep FOLDER keeps the files and the command line of every case of it.
The exit status is 1 if anything was found.
"""

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.hostile import report, workers
from benchmarks.hostile.base_models import build_in_a_process
from benchmarks.hostile.workers import Settings


def main() -> int:
    """Run the campaign; returns its exit status."""
    options = _options()
    known = workers.families()
    with tempfile.TemporaryDirectory(prefix="hostile-bases-") as made:
        bases = options.bases or Path(made)
        build_in_a_process(bases)
        settings = Settings(seed=options.seed, bases=bases, keep=options.keep)
        if options.only:
            family, _, number = options.only.partition(":")
            return _one(family, int(number), settings)
        chosen = options.family or sorted(known)
        start = time.monotonic()
        table = report.Table()
        with contextlib.suppress(KeyboardInterrupt):  # what was found until then is told
            for tensorflow in (False, True):
                names = [name for name in chosen if tensorflow == known[name].TENSORFLOW]
                work = shares({name: known[name].SHARE for name in chosen}, options.cases, names)
                for found in workers.run_all(work, tensorflow=tensorflow, workers=options.workers, settings=settings):
                    table.add(found)
                    report.progress(table, start)
        report.show(table, time.monotonic() - start)
    return 1 if table.found else 0


def shares(weights: dict[str, int], cases: int, names: Sequence[str]) -> list[tuple[str, int]]:
    """The cases of some families, so many of each as its share of all cases gives, the families in turns."""
    total = sum(weights.values())
    counts = {name: max(1, round(cases * weights[name] / total)) for name in names}
    numbered = [(number / counts[name], name, number) for name in names for number in range(counts[name])]
    return [(name, number) for _, name, number in sorted(numbered)]


def _one(family: str, number: int, settings: Settings) -> int:
    """Run one case and print everything about it."""
    module = workers.families()[family]
    workers.prepare(tensorflow=module.TENSORFLOW)
    found = workers.run_case(family, module, number, settings)
    report.show_case(found)
    return 1 if found.faults else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.hostile", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=1000, help="how many, over all families (default: 1000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="processes that fork (default: 2)")
    parser.add_argument("--family", action="append", choices=sorted(workers.families()), help="only these; repeatable")
    parser.add_argument("--only", metavar="FAMILY:NUMBER", help="one case, with all that it said")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the files of every case that found something")
    parser.add_argument("--bases", type=Path, metavar="FOLDER", help="keep the whole models that cases start from here")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
