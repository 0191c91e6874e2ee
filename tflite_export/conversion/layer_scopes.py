"""Which operators of a converted file come from which layers of the model."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any

from edgeprune.contracts.errors import ExportError, UsageError
from edgeprune.contracts.keras_model import KerasModel

RESULT = "StatefulPartitionedCall"
"""What the converter calls the outputs of the traced function, whatever made them."""

Scopes = dict[str, str]
"""Name scope in a traced graph to the name of the layer that was called in it."""


@contextmanager
def recorded_scopes(model: KerasModel) -> Iterator[Scopes]:
    """Note the scope of each layer that is called meanwhile, of nested ones too.

    The scopes' names do not tell the layer: Keras 3 calls the scope of `dense` `dense_1`.
    """
    import tensorflow as tf

    scopes: Scopes = {}

    def recorder(layer: Any, call: Callable[..., Any]) -> Callable[..., Any]:
        def recorded(*args: Any, **kwargs: Any) -> Any:
            scopes[tf.compat.v1.get_default_graph().get_name_scope()] = layer.name
            return call(*args, **kwargs)

        return recorded

    layers = list(model._flatten_layers(include_self=False))
    before = [vars(layer).get("call") for layer in layers]
    for layer in layers:
        vars(layer)["call"] = recorder(layer, layer.call)
    try:
        yield scopes
    finally:
        for layer, call in zip(layers, before, strict=True):
            if call is None:
                del vars(layer)["call"]
            else:
                vars(layer)["call"] = call


def matching_layers(model: KerasModel, globs: tuple[str, ...]) -> set[str]:
    """Names of the layers that match one of the globs. Raises UsageError for a glob that matches none."""
    names = list(dict.fromkeys(layer.name for layer in model._flatten_layers(include_self=False)))
    for glob in globs:
        if not any(fnmatchcase(name, glob) for name in names):
            raise UsageError(f"--keep-float {glob!r} matches no layer", f"the layers are {', '.join(names)}")
    return {name for name in names if any(fnmatchcase(name, glob) for glob in globs)}


def tensors_of_layers(data: bytes, function: Any, scopes: Scopes, layers: set[str]) -> set[str]:
    """Names of the tensors that a file's operators compute for these layers.

    A name is made of the paths of all graph nodes that were fused into the operator, with `;` between them.
    Raises ExportError for layers that compute nothing in the file.
    """
    from ai_edge_litert import schema_py_generated as schema

    wanted = [scope for scope, layer in scopes.items() if layer in layers]
    main = schema.ModelT.InitFromPackedBuf(data, 0).subgraphs[0]
    made = {main.tensors[index].name.decode() for operator in main.operators for index in operator.outputs}
    found = {name for name in made if any(_is_in(path, wanted) for path in _paths(name, function))}
    if not found:
        raise ExportError(
            f"--keep-float: {', '.join(sorted(layers))} compute nothing of their own in the file",
            "name layers with weights (`edgeprune inspect` lists them)",
        )
    return found


def _is_in(path: str, scopes: list[str]) -> bool:
    return any(path.startswith(f"{scope}/") for scope in scopes)


def _paths(name: str, function: Any) -> Iterator[str]:
    """The graph nodes that a tensor's name stands for."""
    for path in name.split(";"):
        if not path.startswith(RESULT):
            yield path
            continue
        operation = function.outputs[int(path.rpartition(":")[2] or 0)].op
        while operation.type == "Identity":
            operation = operation.inputs[0].op
        yield operation.name
