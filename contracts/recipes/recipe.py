"""Recipes: what the user asked for, as frozen plain data. Each field is one flag, one key of a recipe file.

The parts that commands share stand beside it. How values are read, merged, checked: `contracts/recipes/values.py`.
"""

import dataclasses
from dataclasses import dataclass
from math import inf
from typing import Any

from edgeprune.contracts.recipes.data import DATA, DataRecipe
from edgeprune.contracts.recipes.export import (
    DeviceRecipe,
    GateRecipe,
    NumericsRecipe,
    OriginalRecipe,
    QuantizationRecipe,
)
from edgeprune.contracts.recipes.fields import option
from edgeprune.contracts.recipes.method import MethodRecipe
from edgeprune.contracts.recipes.training import TRAINS, TrainingRecipe

__all__ = [
    "COMMANDS",
    "BenchmarkRecipe",
    "DataRecipe",
    "DeviceRecipe",
    "ExportRecipe",
    "FileRecipe",
    "GateRecipe",
    "MethodRecipe",
    "ModelRecipe",
    "NumericsRecipe",
    "PointRecipe",
    "PruneRecipe",
    "QuantizationRecipe",
    "StoreRecipe",
    "SweepRecipe",
    "as_plain",
]

SEED = "Seed of everything random but the split of the data (--split-seed)."


@dataclass(frozen=True, kw_only=True)
class ModelRecipe:
    """How a model file is opened."""

    custom_objects: str | None = option(None, "Python file that defines the model's custom classes.", metavar="FILE.py")
    trust_model: bool = option(False, "Run code that the model file holds (Lambda layers).")


@dataclass(frozen=True, kw_only=True)
class StoreRecipe:
    """Where what took long is kept."""

    store: str | None = option(
        None,
        "Folder that keeps the state of training, after success too (default: .edgeprune, until the run succeeds).",
        needs=TRAINS,
        metavar="FOLDER",
    )


@dataclass(frozen=True, kw_only=True)
class FileRecipe(QuantizationRecipe, DeviceRecipe, GateRecipe):
    """What decides which .tflite file is written."""


@dataclass(frozen=True, kw_only=True)
class PointRecipe(MethodRecipe, TrainingRecipe, NumericsRecipe, DataRecipe, ModelRecipe):
    """All that decides the result of pruning once."""

    seed: int = option(0, SEED, metavar="N", within=(0, 2**32 - 1))


@dataclass(frozen=True, kw_only=True)
class PruneRecipe(FileRecipe, PointRecipe, StoreRecipe):
    """`edgeprune prune`."""

    clusters: int | None = option(
        None,
        "Number of different values to leave in each kernel, zero among them, 2 to 65536: small once compressed.",
        metavar="N",
        within=(2, 65536),
    )
    output: str | None = option(
        None, "Pruned model to write (default: STEM.pruned.EXT in the working folder).", metavar="FILE"
    )
    tflite: str | None = option(None, "Verified .tflite to write too.", metavar="FILE.tflite", panel="Export")
    check: bool = option(
        False, "Prove that the smaller model computes what the original does without the parts that were removed."
    )
    plot: str | None = option(
        None, "Plot to write: channels before and after, and their scores.", metavar="FILE.png|.svg"
    )
    dry_run: bool = option(False, "Print the plan and write nothing.")
    force: bool = option(False, "Overwrite existing outputs.")


@dataclass(frozen=True, kw_only=True)
class SweepRecipe(PointRecipe, StoreRecipe):
    """`edgeprune sweep`."""

    methods: str | None = option(None, "Methods to compare at every point, as A,B,C.", metavar="LIST")
    thresholds: str | None = option(
        None, "Points of --threshold, as A,B,C or START:STOP:STEP (STOP included).", metavar="LIST"
    )
    sparsities: str | None = option(None, "Points of --sparsity, in the same form.", metavar="LIST")
    ratios: str | None = option(None, "Points of --ratio, in the same form.", metavar="LIST")
    quantize: str = option("none", "Numeric formats of each point's .tflite, as A,B,C.", metavar="LIST", panel="Export")
    store: str | None = option(
        None,
        "Folder that keeps finished rows, after success too (default: .edgeprune, until the run succeeds).",
        metavar="FOLDER",
    )
    output: str | None = option(None, "Table of results to write.", metavar="FILE.csv|.json|.md")
    plot: str | None = option(
        None,
        "Plot to write: score against size (--methods, or no --data: all that was measured).",
        metavar="FILE.png|.svg",
    )
    force: bool = option(False, "Overwrite existing outputs.")


@dataclass(frozen=True, kw_only=True)
class ExportRecipe(FileRecipe, ModelRecipe, StoreRecipe):
    """`edgeprune export`."""

    tflite: str = option("", "Verified .tflite to write (required).", metavar="FILE.tflite", required=True)
    seed: int = option(0, SEED, metavar="N", within=(0, 2**32 - 1))
    force: bool = option(False, "Overwrite existing outputs.")


@dataclass(frozen=True, kw_only=True)
class BenchmarkRecipe(OriginalRecipe, DataRecipe, ModelRecipe):
    """`edgeprune benchmark`."""

    threads: int = option(1, "Number of threads that LiteRT computes with.", metavar="N", within=(1, 1024))
    runs: int = option(200, "Number of timed runs of each file.", metavar="N", within=(1, inf))
    operators: bool = option(False, "Time each operator too, with LiteRT's profiler.")
    plot: str | None = option(
        None, "Plot to write: score against size and latency.", needs=DATA, metavar="FILE.png|.svg"
    )
    seed: int = option(0, SEED, metavar="N", within=(0, 2**32 - 1))
    force: bool = option(False, "Overwrite existing outputs.")


COMMANDS: tuple[type[ModelRecipe], ...] = (PruneRecipe, SweepRecipe, ExportRecipe, BenchmarkRecipe)
"""The recipes of all commands, which may share one file."""


def as_plain(recipe: ModelRecipe) -> dict[str, Any]:
    """The recipe as JSON values, defaults included."""
    return dataclasses.asdict(recipe)
