"""Models that hold code, given to the commands that load models: refused, and nothing runs."""

import random

from benchmarks.hostile.cases import Case, Folder, Step
from benchmarks.hostile.hostile_models import hostile_model

SUMMARY = "prune, export: models that hold code in every place that a loader runs"
SHARE = 14
TENSORFLOW = True

COMMANDS = (
    ("prune", "{}", "--threshold", "0.01"),
    ("prune", "{}", "--method", "structured", "--ratio", "0.3"),
    ("export", "{}", "--tflite", "out.tflite"),
)


def make(rng: random.Random, folder: Folder) -> Case:
    """One hostile model and a command that would load it."""
    path, title, must_fail = hostile_model(rng, folder)
    command = rng.choice(COMMANDS)
    arguments = tuple(path.name if word == "{}" else word for word in command)
    return Case(steps=(Step(arguments=arguments),), title=title, must_fail=must_fail)
