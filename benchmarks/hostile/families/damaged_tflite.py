"""`inspect` of `.tflite` files whose bytes are damaged."""

import random

from benchmarks.hostile.base_models import TFLITE_FILES
from benchmarks.hostile.cases import Case, Folder, Step
from benchmarks.hostile.damage import damaged_bytes

SUMMARY = "inspect: .tflite files whose bytes are damaged"
SHARE = 15
TENSORFLOW = False


def damaged_file(rng: random.Random, folder: Folder) -> str:
    """Make `model.tflite`; returns what was done."""
    source = folder.base(rng.choice(TFLITE_FILES))
    changed, done = damaged_bytes(source.read_bytes(), rng)
    (folder.work / "model.tflite").write_bytes(changed)
    return f"{source.name} {done}"


def make(rng: random.Random, folder: Folder) -> Case:
    """One damaged file to look at."""
    title = damaged_file(rng, folder)
    form = ("--format", rng.choice(("json", "table", "csv")))
    return Case(steps=(Step(arguments=("inspect", "model.tflite", *form)),), title=title)
