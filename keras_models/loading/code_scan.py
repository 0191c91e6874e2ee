"""Code that a saved model would run or load, found by reading its config before any loader sees it.

Allowed is what is known: Keras's own classes and functions by their exact names, and operator layers whose function
only computes with tensors. All else is a finding: `code` stands in the file itself, or is TensorFlow's and may do
anything; a foreign `class` or `function` cannot run from the file, which only asks for it by name.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from edgeprune.contracts.errors import UntrustedCodeError
from edgeprune.keras_models.graphs.calls import is_keras3_operation
from edgeprune.keras_models.loading.archives.archive import ModelArchive
from edgeprune.keras_models.loading.custom_objects import APPLICATION_LAYERS
from edgeprune.keras_models.loading.known_classes import KNOWN_CLASSES, TYPE_SPECS, VOCABULARY_LAYERS, is_keras_module
from edgeprune.keras_models.loading.known_functions import ACTIVATIONS, KNOWN_FUNCTIONS
from edgeprune.keras_models.loading.layer_tree import layer_config
from edgeprune.keras_models.loading.operator_layers import FUNCTION_LAYERS, calls_constants_alone, objection

_PROGRAM_LAYERS = {"TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "ModuleWrapper"}
"""They unpickle a program, or load one from a path: no class of the user's can stand in for them."""

_COMPOSITE_CONSTANT = "_COMPOSITE_TYPE"
"""How Keras 2 marks a constant that it would decode from JSON."""

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
                _message(archive.path, finding), "--trust-model allows it, once you know who made the file"
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
    """Findings in a part of a config; `layer` is the name of the innermost layer around it."""
    if isinstance(value, list | tuple):
        if len(value) == 2 and value[0] == _COMPOSITE_CONSTANT:
            yield _code(layer, _COMPOSITE_CONSTANT, "holds a constant that is no plain number or text")
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
    elif "value" in value and _is_bytecode(value["value"]):  # a lambda given as activation
        yield _code(layer, "lambda", "holds Python code (a lambda function)")
    for key, item in value.items():
        if key == "layers" and isinstance(item, list):
            for inner in item:
                yield from _walk(inner, _own_name(inner) or layer)
        else:
            yield from _walk(item, layer)


def _own_name(item: Any) -> str:
    return str(layer_config(item).get("name") or "") if isinstance(item, Mapping) else ""


def _judge(item: Mapping[str, Any], kind: str, layer: str) -> Iterator[Finding]:
    """What is not Keras's own in one serialized object, its parts left aside."""
    config = layer_config(item)
    if kind == "Lambda":
        yield from _judge_lambda(config, layer)
    elif kind == "__lambda__":
        yield _code(layer, "lambda", "holds Python code (a lambda function)")
    elif kind in _PROGRAM_LAYERS:
        yield _code(layer, kind, f"runs a program of its own ({kind})")
    elif kind in FUNCTION_LAYERS:
        called = objection(kind, item, config)
        if called:
            yield _code(layer, *called)
    elif kind in ("TypeSpec", "__typespec__"):
        spec = str(item.get("spec_name") or item.get("type_spec")).rpartition(".")[2]
        if spec not in TYPE_SPECS:
            yield _code(layer, spec, f"describes a tensor by the unknown type {spec!r}")
    elif kind == "function":
        yield from _judge_function(item, layer)
    elif _is_foreign(item, kind):
        yield _named(layer, "class", kind, f"is of the custom class {kind!r}")
    else:
        yield from _judge_known(item, kind, config, layer)


def _judge_lambda(config: Mapping[str, Any], layer: str) -> Iterator[Finding]:
    """A Lambda layer calls up to three functions: by name, which the user must give, or as Python code in the file."""
    for role, type_key in (("function", "function_type"), ("output_shape", "output_shape_type"), ("mask", "mask_type")):
        value, written_as = config.get(role), config.get(type_key)
        if isinstance(value, Mapping) and "class_name" in value:
            continue  # a serialized function, which is judged as such
        if isinstance(value, str) and written_as == "function":
            yield _named(layer, "function", value, f"uses the custom function {value!r}")
        elif not (value is None or (role == "output_shape" and written_as in (None, "raw") and _is_shape(value))):
            yield _code(layer, "Lambda", "holds Python code (Lambda)")
            return


def _is_shape(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_shape(part) for part in value)
    if isinstance(value, Mapping):
        return all(_is_shape(part) for part in value.values())
    return value is None or isinstance(value, int)


def _judge_function(item: Mapping[str, Any], layer: str) -> Iterator[Finding]:
    name, registered = item.get("config"), item.get("registered_name")
    is_own = name in KNOWN_FUNCTIONS and registered in (None, name, "function")
    if not (is_own and is_keras_module(str(item.get("module") or "builtins"))):
        yield _named(layer, "function", str(name), f"uses the custom function {str(name)!r}")


def _judge_known(item: Mapping[str, Any], kind: str, config: Mapping[str, Any], layer: str) -> Iterator[Finding]:
    """A class of Keras's own: what it names, and what it is called with."""
    if is_keras3_operation(item) and calls_constants_alone(item):
        yield _code(layer, kind, f"calls {kind!r} on constants alone, which Keras never writes")
    for key, value in config.items():
        if not isinstance(value, str):
            continue
        if key in ("vocabulary", "idf_weights") and kind in VOCABULARY_LAYERS:
            yield _code(layer, kind, f"reads the file {value!r}, which is no part of the model ({key})")
        elif key.endswith("activation") and value not in ACTIVATIONS:
            yield _named(layer, "function", value, f"uses the custom function {value!r}")


def _is_foreign(item: Mapping[str, Any], kind: str) -> bool:
    if _short_name(kind) in APPLICATION_LAYERS:
        return False
    registered = item.get("registered_name")
    is_own = kind in KNOWN_CLASSES and (registered is None or _short_name(str(registered)) in KNOWN_CLASSES)
    # The .h5 files of old versions say no module; the loaders then look among Keras's layers alone.
    return not is_own or ("module" in item and not is_keras_module(str(item["module"] or "")))


def _is_bytecode(value: Any) -> bool:
    """Whether this is what Keras's `func_dump` makes of a function: (code in base 64, defaults, closure)."""
    return (
        isinstance(value, list)
        and len(value) == 3
        and isinstance(value[0], str)
        and all(part is None or isinstance(part, list) for part in value[1:])
    )


def _code(layer: str, name: str, description: str) -> Finding:
    return Finding(layer=layer, kind="code", name=name, description=description)


def _named(layer: str, kind: Kind, name: str, description: str) -> Finding:
    return Finding(layer=layer, kind=kind, name=_short_name(name), description=description)


def _short_name(name: str) -> str:
    """`package>Name` without the package under which it was registered."""
    return name.rpartition(">")[2]
