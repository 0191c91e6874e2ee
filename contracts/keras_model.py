"""A live Keras model, as it is passed between packages."""

from collections.abc import Sequence
from typing import Any, Protocol


class KerasModel(Protocol):
    """A model of either Keras that is in memory: what both of them give it, as far as it is used here.

    Layers, tensors and variables are each Keras's own objects.
    """

    name: str
    trainable: bool
    optimizer: Any
    loss: Any
    train_step: Any
    """What `fit` does with a batch; replaced where zeros are held."""
    compute_loss: Any
    """Called in such a step; replaced where a teacher is learnt from."""

    @property
    def layers(self) -> Sequence[Any]:
        """The layers of the model itself, not those inside others."""

    @property
    def inputs(self) -> Sequence[Any]:
        """Symbolic tensors."""

    @property
    def outputs(self) -> Sequence[Any]:
        """Symbolic tensors."""

    @property
    def variables(self) -> Sequence[Any]:
        """All variables, seeds and other counters too."""

    @property
    def trainable_variables(self) -> Sequence[Any]:
        """The variables that training changes."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs for inputs."""

    def _flatten_layers(self, *args: Any, **kwargs: Any) -> Sequence[Any]:
        """All layers, those inside others too; both Kerases have it, and no public name for it."""

    def get_config(self) -> dict[str, Any]:
        """What the model is rebuilt from."""

    def get_compile_config(self) -> dict[str, Any]:
        """What it was compiled with."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "KerasModel":
        """A model of new weights."""

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles the model as another was."""

    def get_weights(self) -> list[Any]:
        """The arrays of all weights."""

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Takes the arrays of all weights."""

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Sets the model up for training."""

    def fit(self, *args: Any, **kwargs: Any) -> Any:
        """Trains the model."""

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Writes the model to a file."""
