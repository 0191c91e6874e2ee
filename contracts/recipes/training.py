"""The options of training, as a recipe has them."""

from dataclasses import dataclass
from math import inf

from edgeprune.contracts.recipes.fields import option

OPTIMIZERS = (
    *("adadelta", "adafactor", "adagrad", "adam", "adamax", "adamw", "ftrl"),
    *("lamb", "lion", "muon", "nadam", "rmsprop", "sgd"),
)
"""The optimizers of Keras, by the names of their classes."""


@dataclass(frozen=True, kw_only=True)
class TrainingRecipe:
    """Fine-tuning after pruning."""

    epochs: int = option(0, "Epochs of fine-tuning; zeros stay zero.", panel="Fine-tuning", within=(0, inf))
    from_scratch: bool = option(
        False,
        "Start from initial weights; what prunes a trained model trains for half of the epochs first.",
        panel="Fine-tuning",
    )
    learning_rate: float | None = option(
        None,
        "Its start; cosine decay to 0 (default: the compiled optimizer's, times 1/3 for few zeros to 4 after cuts).",
        panel="Fine-tuning",
        within=(1e-12, 1e6),
    )
    batch_size: int = option(128, "Examples a step.", panel="Fine-tuning", within=(1, inf))
    distill: bool = option(False, "Learn from the unpruned model too (or from --teacher).", panel="Fine-tuning")
    teacher: str | None = option(None, "Saved model to learn from.", metavar="FILE", panel="Fine-tuning")
    temperature: float = option(4.0, "Of the teacher's softened outputs.", panel="Fine-tuning", within=(1e-3, 1e6))
    alpha: float = option(0.9, "Weight of the teacher, 0 to 1.", panel="Fine-tuning", within=(0.0, 1.0))
    patience: int | None = option(
        None,
        "Stop after so many epochs without a better validation score (default: never, as the rate decays to the end).",
        panel="Fine-tuning",
        within=(1, inf),
    )
    optimizer: str | None = option(
        None, "Default: the one saved with the model, else adam.", choices=OPTIMIZERS, panel="Fine-tuning"
    )
    weight_decay: float | None = option(
        None,
        "The optimizer's own, decoupled from the gradient (default: as saved).",
        metavar="W",
        panel="Fine-tuning",
        within=(0.0, 1.0),
    )
    class_weight: str | None = option(
        None, "`balanced`: rare classes count as much as frequent ones.", choices=("balanced",), panel="Fine-tuning"
    )
    strategy: str = option(
        "auto",
        "auto: all GPUs, in mixed precision where they gain by it.",
        choices=("auto", "none", "mirrored"),
        panel="Fine-tuning",
    )
    tensorboard: str | None = option(
        None,
        "Loss, score, learning rate and zeros of each epoch, for TensorBoard.",
        metavar="FOLDER",
        panel="Fine-tuning",
    )
