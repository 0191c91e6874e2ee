"""`inspect` of files that lead a reader elsewhere, or declare more than they hold: nothing is read outside."""

import random

from benchmarks.hostile.cases import Case, Folder, Step
from benchmarks.hostile.hostile_files import hostile_file

SUMMARY = "inspect: links, pipes, devices, bombs, circles, sizes that are only declared"
SHARE = 10
TENSORFLOW = False

HARMLESS = ("two members of a name", "member outside", "declared lengths", "declared array", "deep config", "circle")
"""What `inspect` may list as it is, as long as it takes neither memory nor time."""


def make(rng: random.Random, folder: Folder) -> Case:
    """One hostile file to look at."""
    path, title = hostile_file(rng, folder)
    step = Step(arguments=("inspect", path.name, "--format", "json"))
    return Case(steps=(step,), title=title, must_fail=title not in HARMLESS)
