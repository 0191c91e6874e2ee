"""Files that lead a reader elsewhere or declare too much, given to the commands that load models: refused."""

import random

from benchmarks.hostile.cases import Case, Folder, Step
from benchmarks.hostile.families.load_code import COMMANDS
from benchmarks.hostile.hostile_files import hostile_file

SUMMARY = "prune, export: links, pipes, devices, bombs, circles, sizes that are only declared"
SHARE = 6
TENSORFLOW = True

HARMLESS = ("two members of a name", "member outside")
"""Archives with more than Keras reads: what is beside it may be left aside."""


def make(rng: random.Random, folder: Folder) -> Case:
    """One hostile file and a command that would load it."""
    path, title = hostile_file(rng, folder)
    command = rng.choice(COMMANDS)
    step = Step(arguments=tuple(path.name if word == "{}" else word for word in command))
    return Case(steps=(step,), title=title, must_fail=title not in HARMLESS)
