"""One call of a layer or operation as the config states it, in the same form for both Kerases."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from edgeprune.keras_models.graphs.native_names import (
    KERAS3_CALLS,
    LAYER_CALLS,
    keras2_operation,
    keras3_operation,
    vocabulary_entry,
)
from edgeprune.keras_models.vocabulary import NativeOperation


@dataclass(frozen=True)
class TensorSource:
    """Where a tensor comes from, in the words of the config: output `tensor` of call `call` of layer `layer`."""

    layer: str
    call: int
    tensor: int


@dataclass(frozen=True, kw_only=True)
class Call:
    """`inputs` are all its tensors in call order, `arguments` everything else (contracts/model.py, `Node`).

    `fed` is the first argument as it stood, since a dict of tensors feeds a nested model by name.
    """

    inputs: tuple[TensorSource, ...]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    fed: Any = None


@dataclass(frozen=True, kw_only=True)
class Signature:
    """How one layer is called: common names of its positional arguments, and which of them are operands."""

    kind: str
    positional: tuple[str, ...]
    operands: tuple[str, ...]
    native: NativeOperation | None = None

    @property
    def is_operation(self) -> bool:
        """Whether this is an operation, not a layer."""
        return self.native is not None


def signature(item: Mapping[str, Any]) -> Signature:
    """The signature of one entry of a config's `layers`."""
    class_name = item["class_name"]
    if class_name in ("TFOpLambda", "SlicingOpLambda"):
        native = keras2_operation(item["config"]["function"])
        operands = vocabulary_entry(native.kind).operands
        return Signature(kind=native.kind, positional=operands, operands=operands, native=native)
    if is_keras3_operation(item):
        native = keras3_operation(class_name)
        operands = vocabulary_entry(native.kind).operands
        names = KERAS3_CALLS.get(class_name, operands)
        positional = tuple(native.renames.get(name, name) for name in names)
        return Signature(kind=native.kind, positional=positional, operands=operands, native=native)
    return Signature(kind=class_name, positional=LAYER_CALLS.get(class_name, ("inputs",)), operands=())


def is_keras3_operation(item: Mapping[str, Any]) -> bool:
    """Whether an entry is an operation of Keras 3; an `.h5` file has no `module`, but only layers are `trainable`."""
    module = item.get("module")
    if module is not None:
        return str(module).startswith(("keras.src.ops", "keras.ops", "keras.src.activations"))
    config, nodes = item.get("config"), item.get("inbound_nodes")
    first = nodes[0] if isinstance(nodes, list) and nodes else None
    is_layer = isinstance(config, Mapping) and ("trainable" in config or "layers" in config)
    return isinstance(first, Mapping) and "args" in first and not is_layer


def make_call(signature: Signature, bound: Mapping[str, Any]) -> Call:
    """Sort a call's arguments, by their common names, into tensors and the rest."""
    ordered = [name for name in signature.positional if name in bound]
    ordered += [name for name in bound if name not in ordered]
    inputs = [source for name in ordered for source in tensor_sources(bound[name])]
    first = signature.positional[0]
    arguments = dict(signature.native.implied) if signature.native else {}
    for name in ordered:
        value = bound[name]
        is_plain_operand = (name == first or name in signature.operands) and only_tensors(value)
        if value is not None and not is_plain_operand:
            arguments[name] = value
    return Call(inputs=tuple(inputs), arguments=arguments, fed=bound.get(first))


def tensor_sources(value: Any) -> Iterator[TensorSource]:
    """All tensors in a structure; those of a dict by sorted key, as both Kerases do."""
    if isinstance(value, TensorSource):
        yield value
    elif isinstance(value, Mapping):
        for key in sorted(value):
            yield from tensor_sources(value[key])
    elif isinstance(value, list | tuple):
        for part in value:
            yield from tensor_sources(part)


def only_tensors(value: Any) -> bool:
    """Whether every leaf of a structure is a tensor."""
    if isinstance(value, Mapping):
        return all(only_tensors(part) for part in value.values())
    if isinstance(value, list | tuple):
        return bool(value) and all(only_tensors(part) for part in value)
    return isinstance(value, TensorSource)


def replace_sources(value: Any, replacement: Callable[[TensorSource], Any]) -> Any:
    """A copy of a structure with each tensor replaced; lists become tuples."""
    if isinstance(value, TensorSource):
        return replacement(value)
    if isinstance(value, Mapping):
        return {key: replace_sources(part, replacement) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return tuple(replace_sources(part, replacement) for part in value)
    return value
