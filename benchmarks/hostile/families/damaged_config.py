"""`inspect` of models whose config is damaged."""

import random

from benchmarks.hostile.cases import Case, Folder, Step
from benchmarks.hostile.damaged_models import config_of_a_model

SUMMARY = "inspect: models whose config is damaged"
SHARE = 50
TENSORFLOW = False


def make(rng: random.Random, folder: Folder) -> Case:
    """One damaged model to look at."""
    path, title = config_of_a_model(rng, folder)
    form = ("--format", rng.choice(("json", "csv", "markdown", "table")))
    return Case(steps=(Step(arguments=("inspect", path.name, *form)),), title=title)
