"""Knowledge distillation inside the compiled step, for both Kerases.

Hinton, Vinyals & Dean, "Distilling the Knowledge in a Neural Network", 2015: the loss becomes
(1 - alpha) * loss(labels) + alpha * T^2 * H(teacher's softened output, student's softened output).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import Interface
from edgeprune.contracts.model_inputs import model_inputs

SMALLEST_PROBABILITY = 1e-7
PROBABILITIES = ("softmax", "sigmoid", "hard_sigmoid")
LOGITS = ("linear", "log_softmax")
"""Last activations of outputs whose softmax or sigmoid gives the probabilities."""


def teacher_gives_logits(student: Interface, teacher: Interface, from_logits: Sequence[bool]) -> tuple[bool, ...]:
    """Whether each of the teacher's outputs comes before its softmax or sigmoid; `from_logits` says it of the student.

    An output that ends as the student's does, or in a way that is not known, is taken as the student's is.
    """
    known = dict.fromkeys(PROBABILITIES, False) | dict.fromkeys(LOGITS, True)
    return tuple(
        logits if theirs.activation == ours.activation else known.get(theirs.activation or "", logits)
        for ours, theirs, logits in zip(student.outputs, teacher.outputs, from_logits, strict=False)
    )


@dataclass(frozen=True, kw_only=True)
class Distillation:
    """A teacher, and how much it counts.

    teacher: a live model of either Keras, with the student's inputs and outputs.
    temperature: of the softened probabilities, above 0; alpha: weight of the teacher, 0 to 1.
    kinds and from_logits: of each output, as in contracts.data.Task; quantities are matched by their squared error.
    teacher_from_logits: the teacher's outputs need not end as the student's do.
    """

    teacher: KerasModel
    temperature: float
    alpha: float
    kinds: Sequence[str]
    from_logits: Sequence[bool]
    teacher_from_logits: Sequence[bool]

    def install(self, student: KerasModel) -> None:
        """Make the student's training loss the mixed one; raises ModelError for a teacher that does not fit."""
        self._check(student)
        plain_loss = student.compute_loss

        def compute_loss(x: Any, y: Any, y_pred: Any, *weights: Any, **settings: Any) -> Any:
            own = plain_loss(x, y, y_pred, *weights, **settings)
            return (1 - self.alpha) * own + self.alpha * self._difference(self._taught(x), y_pred)

        student.compute_loss = compute_loss

    def _taught(self, x: Any) -> Any:
        import tensorflow as tf

        return self.teacher(model_inputs(self.teacher, tf.nest.flatten(x)), training=False)

    def _check(self, student: KerasModel) -> None:
        for name in ("inputs", "outputs"):
            ours, theirs = ([tuple(port.shape) for port in getattr(model, name)] for model in (student, self.teacher))
            if ours != theirs:
                raise ModelError(
                    f"the teacher's {name} have the shapes {theirs}, the model's {ours}",
                    "distil from a model with the same inputs and outputs",
                )

    def _difference(self, teacher: Any, student: Any) -> Any:
        import tensorflow as tf

        total = 0.0
        outputs = zip(tf.nest.flatten(teacher), tf.nest.flatten(student), strict=True)
        settings = zip(self.kinds, self.teacher_from_logits, self.from_logits, strict=True)
        for (taught, learnt), (kind, *logits) in zip(outputs, settings, strict=True):
            taught, learnt = tf.cast(taught, tf.float32), tf.cast(learnt, tf.float32)
            total += self._softened(tf.stop_gradient(taught), learnt, kind, logits)
        return total

    def _softened(self, taught: Any, learnt: Any, kind: str, from_logits: Sequence[bool]) -> Any:
        """T^2 times the cross entropy of the softened outputs; the mean squared error of quantities.

        from_logits: of the teacher's output and of the student's.
        """
        import tensorflow as tf

        if kind == "multiclass":
            taught, learnt = (
                output if logits else _log(output) for output, logits in zip((taught, learnt), from_logits, strict=True)
            )
            entropy = tf.nn.softmax_cross_entropy_with_logits(
                tf.nn.softmax(taught / self.temperature), learnt / self.temperature
            )
        elif kind in ("binary", "multilabel"):
            taught, learnt = (
                output if logits else _log(output) - _log(1 - output)
                for output, logits in zip((taught, learnt), from_logits, strict=True)
            )
            entropy = tf.nn.sigmoid_cross_entropy_with_logits(
                tf.nn.sigmoid(taught / self.temperature), learnt / self.temperature
            )
        else:
            return tf.reduce_mean(tf.square(taught - learnt))
        return self.temperature**2 * tf.reduce_mean(entropy)


def _log(probability: Any) -> Any:
    import tensorflow as tf

    return tf.math.log(tf.maximum(probability, SMALLEST_PROBABILITY))
