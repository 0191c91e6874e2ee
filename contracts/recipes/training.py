"""The options of training, as a recipe has them."""

from dataclasses import dataclass
from math import inf

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.fields import option

OPTIMIZERS = (
    *("adadelta", "adafactor", "adagrad", "adam", "adamax", "adamw", "ftrl"),
    *("lamb", "lion", "muon", "nadam", "rmsprop", "sgd"),
)
"""The optimizers of Keras, by the names of their classes."""

AUTO = "auto"
"""In place of a number that is found on the model itself."""

TRAINS = ("epochs or qat_epochs",)
"""What options of training need."""


@dataclass(frozen=True, kw_only=True)
class TrainingRecipe:
    """Fine-tuning after pruning."""

    epochs: int | str = option(
        0,
        "Number of epochs of fine-tuning, or of training where the method trains; zeros stay zero. `auto` fine-tunes "
        "until the validation score has stopped rising.",
        also=(AUTO,),
        needs=("data",),
        metavar="N",
        panel="Fine-tuning",
        within=(0, inf),
    )
    from_scratch: bool = option(
        False,
        "Start from initial weights; a method that prunes trained models trains them for half of the epochs first.",
        needs=("epochs",),
        panel="Fine-tuning",
    )
    learning_rate: float | str = option(
        AUTO,
        "Initial learning rate, which decays to 0 as a cosine; `auto` tries a few in short runs, and judges "
        "them by the validation loss.",
        also=(AUTO,),
        needs=TRAINS,
        metavar="R",
        panel="Fine-tuning",
        within=(1e-12, 1e6),
    )
    batch_size: int = option(
        128,
        "Number of examples in a step of training.",
        needs=TRAINS,
        metavar="N",
        panel="Fine-tuning",
        within=(1, inf),
    )
    distill: bool = option(
        False, "Distil: learn from the unpruned model (or --teacher) too.", needs=("epochs",), panel="Fine-tuning"
    )
    teacher: str | None = option(
        None,
        "Saved model to distil from (default: the unpruned one).",
        needs=("distill",),
        metavar="FILE",
        panel="Fine-tuning",
    )
    temperature: float = option(
        4.0,
        "Distillation temperature, above 0.",
        needs=("distill",),
        metavar="T",
        panel="Fine-tuning",
        within=(1e-3, 1e6),
    )
    alpha: float = option(
        0.9,
        "Weight of the teacher in the loss, 0 to 1; the labels have the rest.",
        needs=("distill",),
        metavar="A",
        panel="Fine-tuning",
        within=(0.0, 1.0),
    )
    patience: int | None = option(
        None,
        "Number of epochs without a better validation score after which training stops (default: never).",
        needs=TRAINS,
        metavar="N",
        panel="Fine-tuning",
        within=(1, inf),
    )
    optimizer: str | None = option(
        None,
        "Optimizer (default: the one saved with the model, else adam).",
        choices=OPTIMIZERS,
        needs=TRAINS,
        panel="Fine-tuning",
    )
    weight_decay: float | None = option(
        None,
        "Weight decay, decoupled from the gradient, 0 to 1 (default: as saved with the model).",
        needs=TRAINS,
        metavar="W",
        panel="Fine-tuning",
        within=(0.0, 1.0),
    )
    class_weight: str | None = option(
        None,
        "Weight of the classes: with `balanced`, rare ones count as much as frequent ones.",
        choices=("balanced",),
        needs=TRAINS,
        panel="Fine-tuning",
    )
    strategy: str = option(
        "auto",
        "Strategy for several GPUs: `auto` takes all, with mixed precision where that is faster; `none` takes one; "
        "`mirrored` insists on several.",
        choices=("auto", "none", "mirrored"),
        needs=TRAINS,
        panel="Fine-tuning",
    )
    tensorboard: str | None = option(
        None,
        "Folder of TensorBoard logs: loss, score, learning rate and zeros of each epoch.",
        needs=TRAINS,
        metavar="FOLDER",
        panel="Fine-tuning",
    )

    @property
    def counted_epochs(self) -> int:
        """Number of epochs, where what trains needs to know it. Raises UsageError for `auto`."""
        if isinstance(self.epochs, str):
            raise UsageError(
                f"--epochs {self.epochs} is for fine-tuning alone: --from-scratch and methods that train need a number",
                "give --epochs N",
            )
        return self.epochs
