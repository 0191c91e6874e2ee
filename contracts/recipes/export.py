"""The options about a .tflite file, as a recipe has them."""

from dataclasses import dataclass
from math import inf

from edgeprune.contracts.recipes.data import DATA, DataRecipe
from edgeprune.contracts.recipes.fields import option

TFLITE = ("tflite",)
"""What options about the .tflite file need."""


@dataclass(frozen=True, kw_only=True)
class NumericsRecipe:
    """The numeric format of a .tflite file."""

    io: str = option(
        "float32",
        "Type of the inputs and outputs of an int8 file.",
        choices=("float32", "int8"),
        needs=TFLITE,
        panel="Export",
    )
    sparse: str = option(
        "auto",
        "Sparse storage of zeros: `auto` where LiteRT computes the same with it, about as fast; `on` at any speed.",
        choices=("auto", "on", "off"),
        needs=TFLITE,
        panel="Export",
    )
    keep_float: tuple[str, ...] = option(
        [],
        "Layers to leave in float in an int8 or int4 file, as a pattern; repeatable.",
        needs=TFLITE,
        metavar="GLOB",
        panel="Export",
    )
    allow_flex: bool = option(
        False, "Allow operators that need TensorFlow's Flex delegate on the device.", needs=TFLITE, panel="Export"
    )


@dataclass(frozen=True, kw_only=True)
class QuantizationRecipe(NumericsRecipe):
    """Which numeric format one .tflite file has, and training for it."""

    quantize: str = option(
        "none",
        "Numeric format of the .tflite; `auto` tries all, dense and sparse, and takes the best that passes the gates.",
        plugins="edgeprune.tflite_export.numerics",
        also=("auto",),
        needs=TFLITE,
        panel="Export",
    )
    prefer: str = option(
        "size",
        "Measure that --quantize auto makes smallest.",
        choices=("size", "gzip", "latency"),
        needs=("quantize auto",),
        panel="Export",
    )
    qat_epochs: int = option(
        0,
        "Number of epochs of quantization-aware training for --quantize int8 (TFMOT); zeros and clusters stay.",
        needs=(*TFLITE, *DATA),
        metavar="N",
        panel="Export",
        within=(0, inf),
    )


@dataclass(frozen=True, kw_only=True)
class DeviceRecipe(DataRecipe):
    """What the .tflite file is for."""

    target: tuple[str, ...] = option(
        [],
        "Target; repeatable. `input`: train and score against the model's own input (autoencoders). `micro`: check the "
        ".tflite in TFLite Micro too (`mobile`: in LiteRT alone).",
        choices=("input", "mobile", "micro"),
        needs={"input": DATA, "mobile": TFLITE, "micro": TFLITE},
        panel="Data",
    )
    max_arena: int | None = option(
        None,
        "Largest arena (memory) of TFLite Micro allowed, in bytes.",
        needs=("target micro",),
        metavar="BYTES",
        panel="Quality gates",
        within=(1, inf),
    )
    c_array: str | None = option(
        None,
        "C++ source of the .tflite to write, with a header beside it.",
        needs=TFLITE,
        metavar="FILE.cc",
        panel="Export",
    )


@dataclass(frozen=True, kw_only=True)
class OriginalRecipe:
    """What results are compared with."""

    original: str | None = option(
        None,
        "Model that changes and --max-drop are against (default: the one that the report beside the model says it was "
        "pruned from, else the model itself).",
        metavar="FILE",
        panel="Quality gates",
    )


@dataclass(frozen=True, kw_only=True)
class GateRecipe(OriginalRecipe):
    """Quality gates: what misses them is not written, and the exit status is 3."""

    min_score: float | None = option(
        None,
        "Lowest score allowed (of errors, as mse: the highest).",
        needs=DATA,
        metavar="SCORE",
        panel="Quality gates",
        within=(-inf, inf),
    )
    max_drop: float | None = option(
        None,
        "Largest drop in score allowed: percentage points of a bounded one (accuracy), else per cent.",
        needs=DATA,
        metavar="DROP",
        panel="Quality gates",
        within=(0.0, inf),
    )
