"""The references to tensors in a config, as each Keras writes them, checked one by one."""

from collections.abc import Iterator, Mapping
from typing import Any

from edgeprune.keras_models.graphs.calls import TensorSource
from edgeprune.keras_models.loading.model_config.kinds import OBJECT, NotAsExpectedError, is_whole, shown

_CONSTANT = "_CONSTANT_VALUE"
_DAMAGED_EDGE = "expected [layer, call, tensor], a name and two whole numbers of at least 0"


def tensors_read(node: Any) -> Iterator[TensorSource]:
    """The tensors that one call reads, in either Keras's form."""
    if not isinstance(node, Mapping) or not {"args", "kwargs"} <= set(node):
        yield from _keras2_reads(node)
        return
    if not isinstance(node["args"], list):
        raise NotAsExpectedError(f"'args' of a call is {shown(node['args'])}, expected a list")
    OBJECT.check("'kwargs' of a call", node["kwargs"])
    yield from keras3_tensors(node["args"])
    yield from keras3_tensors(node["kwargs"])


def keras3_tensors(value: Any) -> Iterator[TensorSource]:
    """The tensors in a value that Keras 3 has serialized."""
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            config = value.get("config")
            history = config.get("keras_history") if isinstance(config, Mapping) else config
            yield _source(history)
        else:
            for part in value.values():
                yield from keras3_tensors(part)
    elif isinstance(value, list):
        for part in value:
            yield from keras3_tensors(part)


def _keras2_reads(node: Any) -> Iterator[TensorSource]:
    if _is_edge(node):
        keywords = node[3] if len(node) == 4 else {}
        OBJECT.check("the keyword arguments of a call", keywords)
        if node[0] == _CONSTANT:
            if not is_whole(node[1]) or node[1] != -1:
                raise NotAsExpectedError(f"a constant is {shown(node)}, expected -1 behind its mark")
        else:
            yield _source(node[:3])
        yield from _keras2_keywords(keywords)
    elif isinstance(node, list | Mapping):
        for part in node.values() if isinstance(node, Mapping) else node:
            yield from _keras2_reads(part)
    else:
        raise NotAsExpectedError(f"a call reads {shown(node)}, {_DAMAGED_EDGE}")


def _keras2_keywords(value: Any) -> Iterator[TensorSource]:
    """Any list of this form is a tensor to tf_keras (tf_utils.py, convert_inner_node_data)."""
    if _is_edge(value):
        yield _source(value)
    elif isinstance(value, list | Mapping):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _keras2_keywords(part)


def _is_edge(value: Any) -> bool:
    return isinstance(value, list) and len(value) in (3, 4) and isinstance(value[0], str)


def _source(value: Any) -> TensorSource:
    if not isinstance(value, list) or len(value) != 3 or not isinstance(value[0], str):
        raise NotAsExpectedError(f"an edge is {shown(value)}, {_DAMAGED_EDGE}")
    if not all(is_whole(number) and number >= 0 for number in value[1:]):
        raise NotAsExpectedError(f"an edge is {shown(value)}, {_DAMAGED_EDGE}")
    return TensorSource(*value)


def ports(structure: Any, key: str) -> Iterator[TensorSource]:
    """Tensors of `input_layers` or `output_layers`."""
    if _is_edge(structure):
        yield _source(structure)
    elif isinstance(structure, list | Mapping):
        for part in structure.values() if isinstance(structure, Mapping) else structure:
            yield from ports(part, key)
    else:
        raise NotAsExpectedError(f"{key!r} holds {shown(structure)}, {_DAMAGED_EDGE}")
