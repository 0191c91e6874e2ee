"""Code inside a saved model, found by reading its config before any loader sees it.

Three kinds run when Keras loads or calls the model: Python code stored in the file (Lambda layers, serialized
lambdas), layers that load a program from elsewhere, and TensorFlow functions called by name. Classes and functions
of others cannot run from the file, but the file asks for them by name and module.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from contracts.errors import UntrustedCodeError
from keras_models.archives.archive import ModelArchive
from keras_models.custom_objects import APPLICATION_LAYERS
from keras_models.layer_tree import layer_config

# They unpickle a program, or load one from a path.
_PROGRAM_LAYERS = {"TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "ModuleWrapper"}
# The parts of TensorFlow whose functions compute with tensors and touch nothing else.
_TENSOR_FUNCTIONS = re.compile(
    r"(compat\.v1\.)?((math|nn|linalg|image|signal|random|strings|bitwise|sets|sparse|ragged|quantization|dtypes"
    r"|debugging|keras\.\w+|__operators__)\.)?\w+$"
)
_FUNCTIONS_WITH_EFFECTS = re.compile(r"(py_func|numpy_function|load_|print$|function$|init_scope)")
_EFFECTFUL_OPERATION = re.compile(r"File|PyFunc|Save|Restore|Library|Print|Summary|Remote")

_KERAS_MODULES = ("keras", "tf_keras", "builtins", "tensorflow.python.keras", "tensorflow.python.ops.init_ops_v2")

Kind = Literal["code", "class", "function"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is not Keras's own: `code` in the file, or the name of a foreign `class` or `function`."""

    layer: str
    kind: Kind
    name: str
    description: str


def scan(archive: ModelArchive) -> tuple[Finding, ...]:
    """Everything in the model's config that is not Keras's own; compile settings are left out."""
    return tuple(_walk(_without_compile_settings(archive.config), layer=""))


def scan_compile_settings(archive: ModelArchive) -> tuple[Finding, ...]:
    """The same for losses, metrics and optimizer."""
    return tuple(_walk(archive.compile_config, layer="compile settings"))


def refuse_code(archive: ModelArchive, *, trust_model: bool, custom_objects: Collection[str] = ()) -> None:
    """Raises UntrustedCodeError for the first finding that the user has not allowed."""
    for finding in scan(archive):
        if finding.kind == "code" and not trust_model:
            raise UntrustedCodeError(
                _message(archive.path, finding), "--trust-model runs it, once you know who made the file"
            )
        if finding.kind != "code" and finding.name not in custom_objects:
            raise UntrustedCodeError(
                _message(archive.path, finding), f"--custom-objects FILE.py gives a {finding.kind} {finding.name!r}"
            )


def _message(path: Path, finding: Finding) -> str:
    return f"{path}: layer {finding.layer!r} {finding.description}"


def _without_compile_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key != "compile_config"}


def _walk(value: Any, layer: str) -> Iterator[Finding]:
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, layer)
    if not isinstance(value, Mapping):
        return
    kind = value.get("class_name")
    if isinstance(kind, str):
        if "inbound_nodes" in value or not layer:  # a layer of a functional model, or the model itself
            layer = str(value.get("name") or layer_config(value).get("name") or kind)
        found = list(_judge(value, kind, layer))
        yield from found
        if any(finding.kind == "code" for finding in found):
            return
    elif set(value) == {"value"} and _is_bytecode(value["value"]):  # a lambda given as activation
        description = "holds Python code (a lambda function)"
        yield Finding(layer=layer, kind="code", name="lambda", description=description)
    for key, item in value.items():
        if key == "layers" and isinstance(item, list):
            for inner in item:
                yield from _walk(inner, str(layer_config(inner).get("name") or layer))
        else:
            yield from _walk(item, layer)


def _judge(item: Mapping[str, Any], kind: str, layer: str) -> Iterator[Finding]:
    """What is not Keras's own in one serialized object, its parts left aside."""
    if kind == "Lambda" and not _is_named_function(item):
        yield Finding(layer=layer, kind="code", name=kind, description="holds Python code (Lambda)")
    elif kind == "__lambda__":
        yield Finding(layer=layer, kind="code", name="lambda", description="holds Python code (a lambda function)")
    elif kind in _PROGRAM_LAYERS:
        yield Finding(layer=layer, kind="code", name=kind, description=f"runs a program of its own ({kind})")
    elif kind in ("TFOpLambda", "TensorFlowOpLayer", "ClassMethod", "InstanceMethod"):
        function = _effectful_function(kind, layer_config(item))
        if function:
            description = f"calls TensorFlow's {function}, which can do more than compute ({kind})"
            yield Finding(layer=layer, kind="code", name=function, description=description)
    elif kind == "function" and _is_foreign(item, kind):
        name = _short_name(str(item["config"]))
        yield Finding(layer=layer, kind="function", name=name, description=f"uses the custom function {name!r}")
    elif _is_foreign(item, kind):
        yield Finding(layer=layer, kind="class", name=_short_name(kind), description=f"is of the custom class {kind!r}")


def _is_bytecode(value: Any) -> bool:
    """Whether this is what Keras's `func_dump` makes of a function: (code in base 64, defaults, closure)."""
    return (
        isinstance(value, list)
        and len(value) == 3
        and isinstance(value[0], str)
        and all(part is None or isinstance(part, list) for part in value[1:])
    )


def _is_named_function(item: Mapping[str, Any]) -> bool:
    """A Lambda layer of Keras 2 around a function known by name only: it loads where that name is given."""
    config = layer_config(item)
    return config.get("function_type") == "function" and isinstance(config.get("function"), str)


def _is_foreign(item: Mapping[str, Any], kind: str) -> bool:
    if _short_name(kind) in APPLICATION_LAYERS:
        return False
    if ">" in kind:  # SavedModel and .h5: a class registered under its package
        return True
    if "module" not in item or kind.startswith("__"):
        return False  # .h5: a class that Keras does not ship is refused by its loader, which looks nowhere else
    module = str(item["module"] or "")
    return module not in _KERAS_MODULES and not module.startswith(tuple(f"{name}." for name in _KERAS_MODULES))


def _short_name(name: str) -> str:
    """`package>Name` without the package under which it was registered."""
    return name.rpartition(">")[2]


def _effectful_function(kind: str, config: Mapping[str, Any]) -> str | None:
    """The TensorFlow function that a Keras 2 operator layer calls, if it may do more than compute."""
    if kind == "TensorFlowOpLayer":
        node = config.get("node_def")
        operation = str(json.loads(node)["op"] if isinstance(node, str) else node)
        return operation if _EFFECTFUL_OPERATION.search(operation) else None
    function = str(config.get("function") or config.get("class_symbol"))
    last_name = function.rpartition(".")[2]
    if _TENSOR_FUNCTIONS.match(function) and not _FUNCTIONS_WITH_EFFECTS.match(last_name):
        return None
    return function
