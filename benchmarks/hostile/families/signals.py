"""Ctrl-C and SIGTERM at random moments: one line, the right status, nothing left over."""

import random
import shutil
import signal

from benchmarks.hostile.cases import Case, Folder, Step
from benchmarks.hostile.work_with_stores import COMMANDS, STORE, prepare

SUMMARY = "SIGINT and SIGTERM at random moments of every command"
SHARE = 5
TENSORFLOW = True

OTHERS = (
    ("export", "model.keras", "--tflite", "out.tflite", "--quantize", "int8", "--data", "data.npz"),
    ("prune", "model.h5", "--threshold", "0.1", "--tflite", "out.tflite"),
    ("benchmark", "model.h5", "model.keras", "--data", "data.npz"),
    ("inspect", "model.h5"),
    ("prune", "saved", "--method", "structured", "--ratio", "0.3", "--output", "cut"),
)


def make(rng: random.Random, folder: Folder) -> Case:
    """A command that is told to end; sometimes the installed script, at its start-up."""
    prepare(folder, rng)
    shutil.copytree(folder.base("operators2_saved"), folder.work / "saved")
    command = rng.choice((*COMMANDS.values(), *OTHERS))
    if command in COMMANDS.values() and rng.random() < 0.5:
        command = (*command, *STORE)
    number = rng.choice((signal.SIGINT, signal.SIGTERM))
    process = rng.random() < 0.1
    after = rng.uniform(0.3, 1.0) if process else rng.uniform(0.02, 3)
    step = Step(arguments=command, signal=number, after=after, process=process)
    return Case(steps=(step,), title=f"{number.name} after {after:.2f} s{' of the script' if process else ''}")
