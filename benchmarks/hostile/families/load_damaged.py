"""Damaged models given to every command that loads models: one line says what is wrong, or all goes well."""

import random

from benchmarks.hostile.cases import Case, Folder, Step
from benchmarks.hostile.damaged_models import bytes_of_a_model, config_of_a_model, weights_of_a_model

SUMMARY = "prune, export, sweep, benchmark: models whose bytes, config or arrays are damaged"
SHARE = 22
TENSORFLOW = True

COMMANDS = (
    *(("prune", "{}", "--threshold", "0.01"),) * 4,
    ("prune", "{}", "--method", "magnitude", "--sparsity", "0.5", "--scope", "global", "--tflite", "out.tflite"),
    *(("prune", "{}", "--method", "structured", "--ratio", "0.3"),) * 2,
    ("prune", "{}", "--method", "structured", "--macs", "0.6", "--dry-run"),
    ("prune", "{}", "--method", "layers", "--count", "1", "--dry-run"),
    ("export", "{}", "--tflite", "out.tflite"),
    ("export", "{}", "--tflite", "out.tflite", "--quantize", "dynamic"),
    ("sweep", "{}", "--thresholds", "0,0.1", "--output", "table.csv"),
    ("benchmark", "{}", "--runs", "2"),
)


def make(rng: random.Random, folder: Folder) -> Case:
    """One damaged model, and a command that loads it."""
    damage = rng.choice((bytes_of_a_model, config_of_a_model, config_of_a_model, weights_of_a_model))
    path, title = damage(rng, folder)
    command = rng.choice(COMMANDS)
    return Case(steps=(Step(arguments=tuple(path.name if word == "{}" else word for word in command)),), title=title)
