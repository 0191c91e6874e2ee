"""`benchmark` of damaged `.tflite` files: LiteRT crashes in a process of its own, not in the command."""

import random

from benchmarks.hostile.cases import Case, Folder, Step
from benchmarks.hostile.families.damaged_tflite import damaged_file

SUMMARY = "benchmark: .tflite files whose bytes are damaged"
SHARE = 3
TENSORFLOW = True


def make(rng: random.Random, folder: Folder) -> Case:
    """One damaged file to load and run."""
    title = damaged_file(rng, folder)
    extra = rng.choice(((), ("--operators",), ("--threads", "2")))
    return Case(steps=(Step(arguments=("benchmark", "model.tflite", "--runs", "2", *extra)),), title=title)
