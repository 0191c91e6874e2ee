"""Models whose weights are about to be overwritten need no random ones first."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

_RANDOM = ("VarianceScaling", "RandomNormal", "RandomUniform", "TruncatedNormal", "Orthogonal")


@contextmanager
def zeros_for_random(keras: ModuleType) -> Iterator[None]:
    """Random initializers give zeros meanwhile, which saves their time and several copies of each array.

    The initializers in the layers' configs stay what they are.
    """
    zeros = keras.initializers.Zeros()

    def initialise(_: Any, shape: Any, dtype: Any = None, **options: Any) -> Any:
        return zeros(shape, dtype, **options)

    with ExitStack() as restore:
        for name in _RANDOM:
            initializer = getattr(keras.initializers, name)
            restore.callback(setattr, initializer, "__call__", initializer.__call__)
            initializer.__call__ = initialise
        yield
