"""The options about data, as a recipe has them."""

from dataclasses import dataclass

from edgeprune.contracts.recipes.fields import option

DATA = ("data",)
"""What options about the data need."""


@dataclass(frozen=True, kw_only=True)
class DataRecipe:
    """Which data, and how the model is scored on it."""

    data: str | None = option(
        None,
        "Data for scores, training and calibration.",
        forms="edgeprune.dataset_io.formats",
        metavar="D",
        panel="Data",
    )
    label: str | None = option(
        None,
        "Column of a table that holds the label (default: the last); `none`, for any data: no labels, and the score is "
        "the agreement with the original's answers.",
        needs=DATA,
        metavar="COLUMN|none",
        panel="Data",
    )
    no_header: bool = option(
        False, "Take the first row of a .csv for an example; its columns are called 1, 2, ….", needs=DATA, panel="Data"
    )
    validation_split: float = option(
        0.2,
        "Share of the examples held back as test part, 0 to 1, where the data has none.",
        needs=DATA,
        metavar="R",
        panel="Data",
        within=(0.001, 0.999),
    )
    split_seed: int = option(
        0,
        "Seed of the random choice of what is held back, which --seed does not change.",
        needs=DATA,
        metavar="N",
        panel="Data",
        within=(0, 2**32 - 1),
    )
    scale: str | None = option(
        None,
        "Scaling of the inputs: as the model answers best (auto), none, a factor, a range such as -1:1, or standard "
        "(by channel; torch, caffe: with ImageNet's means). Default: as recorded beside the model, else auto.",
        needs=DATA,
        metavar="auto|none|FACTOR|MIN:MAX|standard",
        panel="Data",
    )
    metric: str | None = option(
        None,
        "Metric of the score (default: by the task).",
        plugins="edgeprune.dataset_io.metrics",
        needs=DATA,
        panel="Data",
    )
    loss: str | None = option(
        None,
        "Loss (default: the one saved with the model, else by the task).",
        needs=DATA,
        metavar="NAME",
        panel="Data",
    )
    target: tuple[str, ...] = option(
        [],
        "Target of training and scores: `input` is the model's own input (autoencoders).",
        choices=("input",),
        needs={"input": DATA},
        panel="Data",
    )
