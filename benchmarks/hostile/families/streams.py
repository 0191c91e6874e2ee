"""stdout that is full, closed, or of another encoding, for what needs no TensorFlow."""

import random
import shutil

from benchmarks.hostile.base_models import KERAS_FILES, TFLITE_FILES
from benchmarks.hostile.cases import Case, Folder, Step

SUMMARY = "inspect, methods, --help: stdout that is full, closed, or of another encoding"
SHARE = 4
TENSORFLOW = False

STREAMS = ("full", "closed", "encoding:cp1252", "encoding:latin-1", "encoding:ascii", "encoding:utf-16")


def make(rng: random.Random, folder: Folder) -> Case:
    """A command and a stream."""
    source = folder.base(rng.choice(KERAS_FILES + TFLITE_FILES))
    target = folder.work / source.name
    shutil.copytree(source, target) if source.is_dir() else shutil.copyfile(source, target)
    form = rng.choice(("json", "table", "csv", "markdown"))
    commands = (
        ("inspect", source.name, "--format", form),
        ("methods",),
        ("--help",),
        ("prune", "--help"),
        ("--version",),
    )
    step = Step(arguments=rng.choice((commands[0], *commands)), stdout=rng.choice(STREAMS), process=rng.random() < 0.1)
    return Case(steps=(step,), title=f"stdout {step.stdout}")
