"""Disks that are full after some bytes, and stdout that is full, closed, or of another encoding."""

import random
import shutil

from benchmarks.hostile.cases import Case, Folder, Step
from benchmarks.hostile.families.streams import STREAMS
from benchmarks.hostile.work_with_stores import COMMANDS, STORE, prepare

SUMMARY = "prune, sweep, export, benchmark: full disks; stdout full, closed, of another encoding"
SHARE = 4
TENSORFLOW = True

OTHERS = (
    ("export", "model.keras", "--tflite", "out.tflite"),
    ("export", "model.keras", "--tflite", "out.tflite", "--c-array", "out.cc", "--force"),
    ("prune", "model.h5", "--threshold", "0.1", "--tflite", "out.tflite", "--output", "out.h5"),
    ("prune", "saved", "--threshold", "0.1", "--output", "cut"),
    ("prune", "saved", "--threshold", "0.1", "--output", "saved2", "--force", "--plot", "plot.png"),
    ("sweep", "model.h5", "--thresholds", "0,0.1", "--output", "table.csv", "--plot", "plot.png"),
    ("benchmark", "model.h5", "--runs", "2", "--format", "json"),
)


def make(rng: random.Random, folder: Folder) -> Case:
    """A command, and a disk or a stream that takes no more."""
    prepare(folder, rng)
    for name in ("saved", "saved2"):
        shutil.copytree(folder.base("operators2_saved"), folder.work / name)
    command = rng.choice((*COMMANDS.values(), *OTHERS, *OTHERS))
    if command in COMMANDS.values() and rng.random() < 0.5:
        command = (*command, *STORE)
    if rng.random() < 0.6:
        limit = rng.choice((2000, 5000, 12_000, 30_000, 60_000))
        return Case(steps=(Step(arguments=command, file_limit=limit),), title=f"files of {limit} bytes at most")
    stream = rng.choice(STREAMS)
    return Case(steps=(Step(arguments=command, stdout=stream),), title=f"stdout {stream}")
