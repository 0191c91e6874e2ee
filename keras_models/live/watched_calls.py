"""A look at what the layers of a live model are called with, nested models included."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any


@contextmanager
def watched_calls(layers: Mapping[str, Any], saw: Callable[[str, int, list[Any]], None]) -> Iterator[None]:
    """While this lasts, `saw(path, call, tensors)` is told of each call of these layers, before it happens.

    `call` counts the layer's calls; `tensors` are all tensors among the arguments, in order.
    """
    for path, layer in layers.items():
        layer.__dict__["call"] = _watched(path, layer.call, saw)
    try:
        yield
    finally:
        for layer in layers.values():
            del layer.__dict__["call"]


def _watched(path: str, original: Callable[..., Any], saw: Callable[[str, int, list[Any]], None]) -> Callable[..., Any]:
    import tensorflow as tf

    calls = count()

    def call(*args: Any, **kwargs: Any) -> Any:
        saw(path, next(calls), [value for value in tf.nest.flatten((args, kwargs)) if tf.is_tensor(value)])
        return original(*args, **kwargs)

    return call
