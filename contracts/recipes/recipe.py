"""Recipes: what the user asked for, as frozen plain data. Each field is one flag, one key of a recipe file.

Those of training: `contracts/recipes/training.py`. How values are read, merged, checked: `contracts/recipes/values.py`.
"""

import dataclasses
from dataclasses import dataclass
from math import inf
from typing import Any

from edgeprune.contracts.recipes.fields import option
from edgeprune.contracts.recipes.training import TrainingRecipe


@dataclass(frozen=True, kw_only=True)
class ModelRecipe:
    """How a model file is opened."""

    custom_objects: str | None = option(None, "Python file with the model's custom classes.", metavar="FILE.py")
    trust_model: bool = option(False, "Run code that the model file holds (Lambda layers).")


@dataclass(frozen=True, kw_only=True)
class DataRecipe:
    """Which data, and how the model is scored on it."""

    data: str | None = option(
        None,
        "Examples to train, calibrate and score with.",
        forms="edgeprune.dataset_io.formats",
        metavar="DATA",
        panel="Data",
    )
    label: str | None = option(None, "Column of a table that holds the label (default: the last).", panel="Data")
    no_header: bool = option(False, "The .csv has no row of names; its columns are called 1, 2, ….", panel="Data")
    validation_split: float = option(
        0.2, "Share of the data held back for the test, where it is not split.", panel="Data", within=(0.001, 0.999)
    )
    split_seed: int = option(
        0, "Seed of the choice of what is held back; --seed does not change it.", panel="Data", within=(0, 2**32 - 1)
    )
    scale: str = option("auto", "Scaling of whole-number images: auto, none or a factor.", panel="Data")
    metric: str | None = option(
        None, "What is scored (default: by the task).", plugins="edgeprune.dataset_io.metrics", panel="Data"
    )
    loss: str | None = option(None, "Loss (default: the one saved with the model, or by the task).", panel="Data")
    target: tuple[str, ...] = option(
        [], "`input`: train and score against the model's own input.", choices=("input",), panel="Data"
    )


@dataclass(frozen=True, kw_only=True)
class MethodRecipe:
    """What is pruned, and how much."""

    method: str = option("threshold", "How to prune.", plugins="edgeprune.pruning.methods")
    threshold: float | None = option(
        None, "Weights with |w| (activation: neurons with mean |a|) below this go.", metavar="T", within=(0.0, inf)
    )
    sparsity: float | None = option(
        None, "Share of the weights that becomes zero, 0 to 1.", metavar="S", within=(0.0, 1.0)
    )
    scope: str = option("layer", "Where the share counts.", choices=("layer", "global"))
    conv_sparsity: float | None = option(None, "The share for convolutions.", metavar="S", within=(0.0, 1.0))
    dense_sparsity: float | None = option(None, "The share for all other layers.", metavar="S", within=(0.0, 1.0))
    block: str | None = option(
        None, "Zero blocks of R outputs x C inputs: 1x4 and 1x16 are stored sparsely in .tflite.", metavar="RxC"
    )
    ratio: float | None = option(
        None,
        "Share of the channels (--method layers: of the removable layers) that is removed, 0 to 1.",
        metavar="R",
        within=(0.0, 1.0),
    )
    count: int | None = option(None, "How many layers or blocks are removed.", metavar="N", within=(0, inf))
    rounds: int = option(4, "How often is pruned and trained, each time for all epochs.", metavar="N", within=(1, 1000))
    rewind: bool = option(False, "Set the weights that stay back to their initial values in every round.")
    epsilon: float | None = option(
        None,
        "Density: a layer keeps E x (inputs + outputs) weights, in place of --sparsity.",
        metavar="E",
        within=(0.0, 1e9),
    )
    zeta: float = option(
        0.3,
        "Share of the weights that is rewired after an epoch, 0 to 1; falls like the learning rate.",
        metavar="Z",
        within=(0.0, 1.0),
    )
    schedule: str = option(
        "polynomial", "How the zeros grow: slower and slower, or all at once.", choices=("polynomial", "constant")
    )
    initial_sparsity: float | None = option(
        None,
        "Share of zeros that the schedule starts from (default: half of its target).",
        metavar="S",
        within=(0.0, 1.0),
    )
    begin: float = option(0.0, "Share of the training after which the schedule begins.", metavar="R", within=(0.0, inf))
    end: float = option(0.4, "Share of the training at which it reaches its target.", metavar="R", within=(0.0, inf))
    pattern: str | None = option(
        None, "Zero M of every N consecutive inputs, in place of --sparsity: 2:4.", metavar="M:N"
    )
    policy: str | None = option(
        None, "`xnnpack`: only what XNNPACK can run sparsely.", choices=("xnnpack",), metavar="xnnpack"
    )
    macs: float | None = option(
        None, "Share of the multiply-accumulates that is kept, 0 to 1.", metavar="R", within=(0.0, 1.0)
    )
    criterion: str = option("l1", "What neurons and channels are ranked by.", plugins="edgeprune.pruning.criteria")
    align: int | None = option(
        None,
        "Keep channel counts a multiple of this (default: 1; 8 for --macs with an int8 .tflite).",
        metavar="N",
        within=(1, 65536),
    )
    include: tuple[str, ...] = option([], "Only layers (or `layer/weight`) that match; repeatable.", metavar="GLOB")
    exclude: tuple[str, ...] = option([], "No layers (or `layer/weight`) that match; repeatable.", metavar="GLOB")


@dataclass(frozen=True, kw_only=True)
class NumericsRecipe:
    """The numeric format of a .tflite file."""

    io: str = option(
        "float32", "Type of an int8 file's inputs and outputs.", choices=("float32", "int8"), panel="Export"
    )
    sparse: str = option(
        "auto",
        "Leave zeros out of the file: `auto` where LiteRT computes the same with it, about as fast; `on` at any speed.",
        choices=("auto", "on", "off"),
        panel="Export",
    )
    keep_float: tuple[str, ...] = option(
        [], "Layers that are not quantized (int8 and int4); repeatable.", metavar="GLOB", panel="Export"
    )
    allow_flex: bool = option(False, "Allow operators that need the Flex delegate.", panel="Export")


@dataclass(frozen=True, kw_only=True)
class QuantizationRecipe(NumericsRecipe):
    """Which numeric format one .tflite file has, and training for it."""

    quantize: str = option(
        "none",
        "Numeric format of the .tflite; `auto` tries all, dense and sparse, and takes the best that passes the gates.",
        plugins="edgeprune.tflite_export.numerics",
        also=("auto",),
        panel="Export",
    )
    prefer: str = option(
        "size", "What --quantize auto wants small.", choices=("size", "gzip", "latency"), panel="Export"
    )
    qat_epochs: int = option(
        0,
        "Epochs of training with the rounding of --quantize int8 (TFMOT); zeros and clusters stay.",
        panel="Export",
        within=(0, inf),
    )


@dataclass(frozen=True, kw_only=True)
class DeviceRecipe(DataRecipe):
    """What the .tflite file is for."""

    target: tuple[str, ...] = option(
        [],
        "`input`: train and score against the model's own input. `micro`: prove the .tflite in TFLite Micro too "
        "(`mobile`: in LiteRT alone); repeatable.",
        choices=("input", "mobile", "micro"),
        panel="Data",
    )
    max_arena: int | None = option(
        None,
        "Most bytes that TFLite Micro may allocate (--target micro).",
        metavar="BYTES",
        panel="Quality gates",
        within=(1, inf),
    )
    c_array: str | None = option(
        None, "The .tflite as C++ source too, with a header beside it.", metavar="FILE.cc", panel="Export"
    )


@dataclass(frozen=True, kw_only=True)
class GateRecipe:
    """Quality gates: what misses them is not written, and the exit status is 3."""

    min_score: float | None = option(
        None, "Lowest score allowed (highest, for errors).", panel="Quality gates", within=(-inf, inf)
    )
    max_drop: float | None = option(
        None,
        "Largest loss of score allowed: points of 100 of scores that are at most 1, else per cent.",
        panel="Quality gates",
        within=(0.0, inf),
    )


@dataclass(frozen=True, kw_only=True)
class StoreRecipe:
    """Where what took long is kept."""

    store: str | None = option(
        None,
        "Keep rows and the state of training here, after success too (default: .edgeprune, until the run succeeds).",
        metavar="FOLDER",
    )


@dataclass(frozen=True, kw_only=True)
class FileRecipe(QuantizationRecipe, DeviceRecipe, GateRecipe):
    """What decides which .tflite file is written."""


@dataclass(frozen=True, kw_only=True)
class PointRecipe(MethodRecipe, TrainingRecipe, NumericsRecipe, DataRecipe, ModelRecipe):
    """All that decides the result of pruning once."""

    seed: int = option(0, "Seed of everything random.", within=(0, 2**32 - 1))


@dataclass(frozen=True, kw_only=True)
class PruneRecipe(FileRecipe, PointRecipe, StoreRecipe):
    """`edgeprune prune`."""

    clusters: int | None = option(
        None,
        "Leave so many different values in each kernel, zero among them: small once compressed.",
        metavar="N",
        within=(2, 65536),
    )
    output: str | None = option(None, "The pruned model (default: STEM.pruned.EXT here).", metavar="FILE")
    tflite: str | None = option(None, "Export a verified .tflite too.", metavar="FILE", panel="Export")
    check: bool = option(False, "Prove that a cut model computes what the original does without what was cut.")
    plot: str | None = option(None, "Units before and after, and scores.", metavar="FILE.png|.svg")
    dry_run: bool = option(False, "Print the plan and write nothing.")
    force: bool = option(False, "Overwrite existing outputs.")


@dataclass(frozen=True, kw_only=True)
class SweepRecipe(PointRecipe, StoreRecipe):
    """`edgeprune sweep`."""

    methods: str | None = option(None, "Methods to compare, as A,B,C; each at every point.", metavar="LIST")
    thresholds: str | None = option(None, "Points: A,B,C or START:STOP:STEP (STOP included).", metavar="LIST")
    sparsities: str | None = option(None, "Points of --sparsity.", metavar="LIST")
    ratios: str | None = option(None, "Points of --ratio.", metavar="LIST")
    quantize: str = option("none", "Numeric formats of each point's .tflite, as A,B,C.", metavar="LIST", panel="Export")
    output: str | None = option(None, "Results table.", metavar="FILE.csv|.json|.md")
    plot: str | None = option(None, "Score against size (--methods: score and costs).", metavar="FILE.png|.svg")
    force: bool = option(False, "Overwrite existing outputs.")


@dataclass(frozen=True, kw_only=True)
class ExportRecipe(FileRecipe, ModelRecipe, StoreRecipe):
    """`edgeprune export`."""

    tflite: str = option("", "The file to write (required).", metavar="FILE.tflite")
    seed: int = option(0, "Seed of everything random.", within=(0, 2**32 - 1))
    force: bool = option(False, "Overwrite existing outputs.")


@dataclass(frozen=True, kw_only=True)
class BenchmarkRecipe(DataRecipe, ModelRecipe):
    """`edgeprune benchmark`."""

    threads: int = option(1, "Threads of the interpreter.", within=(1, 1024))
    runs: int = option(200, "Timed runs of each file.", within=(1, inf))
    operators: bool = option(False, "Times of the single operators too, by LiteRT's profiler.")
    plot: str | None = option(None, "Score against size and latency.", metavar="FILE.png|.svg")
    seed: int = option(0, "Seed of everything random.", within=(0, 2**32 - 1))
    force: bool = option(False, "Overwrite existing outputs.")


def as_plain(recipe: ModelRecipe) -> dict[str, Any]:
    """The recipe as JSON values, defaults included."""
    return dataclasses.asdict(recipe)
