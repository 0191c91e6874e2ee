"""The learning rate over the steps of a training: let down to 0 along a cosine."""

import math
from typing import Any


def rate_schedule(keras_module: Any) -> Any:
    """A schedule of the given Keras whose numbers are variables, so that other ones need no retracing.

    `peak * (1 + cos(pi * (step - start) / (end - start))) / 2` (Loshchilov & Hutter, 2017, equation 5), with the peak
    before `start` and 0 after `end`.
    """
    import tensorflow as tf

    class CosineDecay(keras_module.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
        def __init__(self) -> None:
            self._peak, self._start, self._end = (tf.Variable(first, trainable=False) for first in (0.0, 0.0, 1.0))

        def set(self, peak: float, start: float, end: int) -> None:
            self._peak.assign(peak)
            self._start.assign(start)
            self._end.assign(end)

        def __call__(self, step: Any) -> Any:
            over = (tf.cast(step, tf.float32) - self._start) / (self._end - self._start)
            return self._peak * (1 + tf.cos(math.pi * tf.clip_by_value(over, 0.0, 1.0))) / 2

        def get_config(self) -> dict[str, Any]:
            """Nothing: it is never saved."""
            return {}

    return CosineDecay()
