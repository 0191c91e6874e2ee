"""A live model that computes as if regions of it were not there: nothing is built, nothing is changed for good."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from edgeprune.contracts.bypasses import Bypass
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import ModelGraph, TensorRef
from edgeprune.keras_models.live.layers import leaf_operations


@dataclass
class Bypassing:
    """`unfit` tells of exits that had another shape or type at run time than their entries, and so were left alone."""

    unfit: list[str] = field(default_factory=list)


@contextmanager
def bypassed(model: KerasModel, graph: ModelGraph, bypasses: Sequence[Bypass]) -> Iterator[Bypassing]:
    """While this lasts, each call of the model gives every reader of an exit the entry instead.

    The layers inside still run. `bypasses` are made one after the other; their layers are called once in the graph.
    """
    live = dict(leaf_operations(model))
    stand_ins = {bypass.exit: bypass.entry for bypass in bypasses}
    state = Bypassing()
    with ExitStack() as stack:
        for bypass in bypasses:
            reader, position = _reader(graph, bypass, stand_ins)
            taken: list[Any] = []
            stack.enter_context(_called_by(live[reader], _recording(taken, position)))
            exit_layer = graph.nodes[bypass.exit.node].layer
            stack.enter_context(_called_by(live[exit_layer], _replacing(taken, exit_layer, state)))
        yield state


def _reader(graph: ModelGraph, bypass: Bypass, stand_ins: Mapping[TensorRef, TensorRef]) -> tuple[str, int]:
    """A layer in the region that reads the entry, and which of its tensors that is."""
    wanted = _resolved(bypass.entry, stand_ins)
    for index in bypass.nodes:
        node = graph.nodes[index]
        # Its own exit stands for the entry too, but nothing inside the region reads it.
        inputs = [_resolved(reference, stand_ins) for reference in node.inputs]
        if wanted in inputs:
            return node.layer, inputs.index(wanted)
    raise AssertionError(f"no layer between {bypass.entry} and {bypass.exit} reads the former")


def _resolved(reference: TensorRef, stand_ins: Mapping[TensorRef, TensorRef]) -> TensorRef:
    while reference in stand_ins:
        reference = stand_ins[reference]
    return reference


Wrapper = Callable[[Callable[..., Any]], Callable[..., Any]]


@contextmanager
def _called_by(layer: Any, wrapper: Wrapper) -> Iterator[None]:
    """The layer's `call` wrapped, for a while; the operations of Keras 2 have one of their own."""
    missing = object()
    own = layer.__dict__.get("call", missing)
    layer.__dict__["call"] = wrapper(layer.call)
    try:
        yield
    finally:
        if own is missing:
            del layer.__dict__["call"]
        else:
            layer.__dict__["call"] = own


def _recording(taken: list[Any], position: int) -> Wrapper:
    import tensorflow as tf

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            tensors = [value for value in tf.nest.flatten((args, kwargs)) if tf.is_tensor(value)]
            taken[:] = [tensors[position]]
            return original(*args, **kwargs)

        return call

    return wrap


def _replacing(taken: list[Any], path: str, state: Bypassing) -> Wrapper:
    import tensorflow as tf

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            made = original(*args, **kwargs)
            (entry,) = taken
            if made.shape != entry.shape or made.dtype != entry.dtype:
                state.unfit.append(f"{path}: {made.dtype.name} {made.shape}, {entry.dtype.name} {entry.shape}")
                return made
            # A tensor of its own: Keras writes masks onto what a layer returns.
            return tf.identity(entry)

        return call

    return wrap
