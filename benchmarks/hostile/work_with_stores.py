"""Commands that keep what they have done, the same command again, and whether both ends are the same."""

import csv
import random
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.hostile.cases import Fault, Folder, Outcome

SWEEP = ("sweep", "model.h5", "--thresholds", "0,0.05,0.1", "--data", "data.npz", "--epochs", "1", "--batch-size", "16")
TRAINING = ("prune", "model.keras", "--threshold", "0.1", "--data", "data.npz", "--epochs", "3", "--batch-size", "8")
COMMANDS = {"sweep": SWEEP, "training": TRAINING}
STORE = ("--store", "store")
_TIMES = re.compile(r"latency|_ms|_s$|load|peak|uj_measured")


def prepare(folder: Folder, rng: random.Random) -> str:
    """The models and data that the commands read; returns which command."""
    shutil.copyfile(folder.base("operators2.h5"), folder.work / "model.h5")
    shutil.copyfile(folder.base("operators3.keras"), folder.work / "model.keras")
    rows = np.random.default_rng(5).random((80, 4), np.float32)
    np.savez(folder.work / "data.npz", x=rows, y=(rows.sum(1) * 2).astype(int) % 3)
    return rng.choice(sorted(COMMANDS))


def output(kind: str, number: int) -> tuple[str, ...]:
    """The flag for the result of one of several runs."""
    return ("--output", f"result{number}{'.csv' if kind == 'sweep' else '.keras'}")


def same_results(folder: Folder, outcomes: Sequence[Outcome]) -> Iterator[Fault]:
    """All results of the runs that went well must be the same, times aside, and the last two must have gone well."""
    for outcome in outcomes[-2:]:
        if outcome.status != 0 and not outcome.hung:
            last = (outcome.stderr.splitlines() or [""])[-1]
            yield Fault("loss", f"the same command again ended with {outcome.status}: {last}")
    results = sorted(folder.work.glob("result*.csv")) + sorted(folder.work.glob("result*.keras"))
    contents = {path.name: _content(path) for path in results}
    for name, content in contents.items():
        if content != contents[results[-1].name]:
            yield Fault("loss", f"{name} and {results[-1].name} differ")
            return


def _content(path: Path) -> object:
    """The rows of a table without what is measured by the clock, or a model's weights."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return [
                {key: value for key, value in row.items() if not _TIMES.search(key)} for row in csv.DictReader(file)
            ]
    import io
    import zipfile

    import h5py

    arrays: dict[str, bytes] = {}
    with zipfile.ZipFile(path) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as weights:
        weights.visititems(
            lambda name, item: arrays.update({name: item[()].tobytes()}) if isinstance(item, h5py.Dataset) else None
        )
    return {name: content for name, content in arrays.items() if not name.startswith("optimizer")}
