"""`inspect` of models that hold code: nothing runs, whether it lists the model or refuses it."""

import random

from benchmarks.hostile.cases import Case, Folder, Step
from benchmarks.hostile.hostile_models import hostile_model

SUMMARY = "inspect: models that hold code in every place that a loader runs"
SHARE = 10
TENSORFLOW = False


def make(rng: random.Random, folder: Folder) -> Case:
    """One hostile model to look at."""
    path, title, _ = hostile_model(rng, folder)
    return Case(steps=(Step(arguments=("inspect", path.name, "--format", "json")),), title=title)
