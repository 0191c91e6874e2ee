"""Layers of hostile models: each, once its loader is led to run it, writes the canary or reads the secret."""

import base64
import codecs
import json
import marshal
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.hostile.cases import Folder

Layer = dict[str, Any]

WRITERS = (
    ("io.write_file", ["{canary}"], {"contents": "ran"}),
    ("compat.v1.write_file", ["{canary}"], {"contents": "ran"}),
    ("raw_ops.WriteFile", ["{canary}"], {"contents": "ran"}),
    ("compat.v1.raw_ops.WriteFile", ["{canary}"], {"contents": "ran"}),
    ("io.gfile.makedirs", ["{canary}"], {}),
    ("compat.v1.gfile.MkDir", ["{canary}"], {}),
    ("io.gfile.copy", ["{secret}"], {"dst": "{canary}"}),
    ("io.gfile.remove", ["{secret}"], {}),
    ("compat.v1.gfile.Rename", ["{secret}"], {"newname": "{canary}"}),
    ("debugging.experimental.enable_dump_debug_info", ["{canary}"], {}),
    ("profiler.experimental.start", ["{canary}"], {}),
    ("summary.create_file_writer", ["{canary}"], {}),
    ("keras.utils.get_file", ["{canary}"], {"origin": "file://{secret}"}),
    ("compat.v1.keras.utils.get_file", ["{canary}"], {"origin": "file://{secret}"}),
    ("keras.utils.save_img", ["{canary}.png"], {"x": [[[1]]]}),
    ("keras.models.load_model", ["{secret}"], {}),
    ("saved_model.load", ["{secret}"], {}),
    ("load_op_library", ["{secret}"], {}),
    ("io.read_file", ["{secret}"], {}),
    ("raw_ops.ReadFile", ["{secret}"], {}),
    ("strings.format", ["{canary}"], {"inputs": [1]}),
    ("print", ["ran"], {}),
    ("py_function", ["print"], {"inp": [], "Tout": "float32"}),
    ("numpy_function", ["print"], {"inp": [], "Tout": "float32"}),
    ("config.experimental_connect_to_host", ["localhost:1"], {}),
)
"""Functions of TensorFlow that touch what is outside, with what they are called on."""

INSTANCE_METHODS = ("tofile", "dump", "__class__", "__reduce__", "numpy")


def bytecode(folder: Folder) -> list[Any]:
    """What Keras makes of a function: this one writes the canary as soon as it is called."""
    source = f"lambda *a, **k: (open({str(folder.canary)!r}, 'w').close(), a[0] if a else (3,))[1]"
    code = marshal.dumps(eval(source).__code__)
    return [codecs.encode(code, "base64").decode("ascii"), None, None]


def layers_of_keras_2(folder: Folder) -> Iterator[tuple[str, Layer]]:
    """Names and layers for the end of a functional model of Keras 2; their input is a constant where they run so."""
    for function, arguments, extra in WRITERS:
        constants = _filled(arguments, folder), _filled(extra, folder)
        for kind in ("TFOpLambda", "SlicingOpLambda"):
            yield f"{kind} {function}", _operator(kind, {"function": function}, *constants)
    contents = [[_filled("{canary}", folder), "ran"], {}]
    for symbol in ("io.gfile.GFile", "compat.v1.gfile.GFile", "io.TFRecordWriter", "saved_model.Builder", "Module"):
        for key in ("cls_symbol", "class_symbol"):
            config = {key: symbol, "method_name": "__init__"}
            yield f"ClassMethod {symbol} by {key}", _operator("ClassMethod", config, *contents)
    for method in INSTANCE_METHODS:
        config = {"attr_name": method, "method_name": method}
        yield f"InstanceMethod {method}", _operator("InstanceMethod", config, [_filled("{canary}", folder)], {})
        yield f"InstanceProperty {method}", _operator("InstanceProperty", config, [1.0], {})
    yield "TensorFlowOpLayer WriteFile", _operator("TensorFlowOpLayer", _write_file_node(folder), [], {})
    yield "TensorFlowOpLayer as bytes", _operator("TensorFlowOpLayer", _write_file_node(folder, text=True), [], {})
    text = json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": [_lambda(folder)]}})
    for function in ("keras.models.model_from_json", "compat.v1.keras.models.model_from_json"):
        yield f"TFOpLambda {function}", _operator("TFOpLambda", {"function": function}, [text], {})
    yield from _lambdas(folder)
    yield from _holders(folder)
    yield from _readers()


def _operator(kind: str, config: dict[str, Any], arguments: list[Any], extra: dict[str, Any]) -> Layer:
    """A layer that is called on constants; where there are none, on the tensor of the layer before it."""
    first, *rest = arguments or [None]
    node: list[Any] = ["_CONSTANT_VALUE", -1, first, {**extra, **({"contents": rest[0]} if rest else {})}]
    name = config.get("name", "evil")
    inbound = [[node]] if arguments and kind in ("ClassMethod", "InstanceMethod") else [node]
    if not arguments:
        inbound = [[["left", 0, 0, {}]]]
    return {
        "class_name": kind,
        "config": {"name": name, "trainable": True, "dtype": "float32", **config},
        "name": name,
        "inbound_nodes": inbound,
    }


def _filled(value: Any, folder: Folder) -> Any:
    if isinstance(value, str):
        return value.replace("{canary}", str(folder.canary)).replace("{secret}", str(folder.secret))
    if isinstance(value, list):
        return [_filled(item, folder) for item in value]
    return {key: _filled(item, folder) for key, item in value.items()} if isinstance(value, dict) else value


def _write_file_node(folder: Folder, text: bool = False) -> dict[str, Any]:
    node: Any = {"name": "write", "op": "WriteFile", "input": ["a", "b"], "attr": {}}
    if text:
        node = "\n\x05write\x12\tWriteFile\x1a\x01a\x1a\x01b"
    return {"node_def": node, "constants": {"0": str(folder.canary), "1": "ran"}, "name": "write"}


def _lambda(folder: Folder, **config: Any) -> Layer:
    """A Lambda of Keras 2 that holds bytecode."""
    own = {"name": "evil", "trainable": True, "dtype": "float32", "function": bytecode(folder)}
    own |= {"function_type": "lambda", "module": "__main__", "output_shape": None, "output_shape_type": "raw"}
    own |= {"output_shape_module": None, "arguments": {}, **config}
    return {"class_name": "Lambda", "config": own, "name": "evil", "inbound_nodes": [[["left", 0, 0, {}]]]}


def _lambdas(folder: Folder) -> Iterator[tuple[str, Layer]]:
    named = {"function": "relu", "function_type": "function", "module": "builtins"}
    yield "Lambda function", _lambda(folder)
    for key in ("output_shape", "mask"):
        held = {key: bytecode(folder), f"{key}_type": "lambda", f"{key}_module": "builtins"}
        yield f"Lambda {key}", _lambda(folder, **held)
        yield f"named Lambda, {key}", _lambda(folder, **named, **held)
    for word in ("{}", '{{"a": {}}}'):
        wrapped = json.loads(word.format(json.dumps(bytecode(folder))))
        yield "named Lambda, arguments", _lambda(folder, **named, arguments={"x": wrapped})
    for module, function in (("os", "system"), ("builtins", "exec"), ("tensorflow.io", "write_file"), ("os", "mkdir")):
        yield (
            f"named Lambda {module}.{function}",
            _lambda(
                folder,
                function=function,
                function_type="function",
                module=module,
                arguments={"name": str(folder.canary)},
            ),
        )
    for name in ("layers.Lambda", "keras.layers.Lambda", "Keras>Lambda", "Custom>Lambda", "lambda", "core.Lambda"):
        yield f"class_name {name}", {**_lambda(folder), "class_name": name}
    registered = {"module": "keras.layers", "registered_name": "Lambda"}
    yield "registered Lambda", {**_lambda(folder), **registered, "class_name": "Dense"}
    yield "registered under a package", {**_lambda(folder), **registered, "registered_name": "Custom>Lambda"}
    function = {"class_name": "__lambda__", "config": {"code": bytecode(folder)[0], "defaults": None, "closure": None}}
    yield "Lambda of a __lambda__", _lambda(folder, function=function)


def _holders(folder: Folder) -> Iterator[tuple[str, Layer]]:
    """A Lambda inside of what holds other layers or functions."""
    inner = {key: value for key, value in _lambda(folder).items() if key in ("class_name", "config")}
    code = {"class_name": "__lambda__", "config": {"code": bytecode(folder)[0], "defaults": None, "closure": None}}
    for kind, key in (
        ("TimeDistributed", "layer"),
        ("Bidirectional", "layer"),
        ("Bidirectional", "backward_layer"),
        ("Wrapper", "layer"),
        ("RNN", "cell"),
        ("StackedRNNCells", "cells"),
    ):
        held: Any = [inner] if key == "cells" else inner
        yield f"Lambda in {kind}.{key}", _plain(kind, {key: held})
    model = {"name": "evil", "layers": [_plain_input(), inner]}
    yield "Lambda in a nested Sequential", _plain("Sequential", model)
    yield "Lambda in a Sequential by module", _plain("Sequential", model, module="keras.models")
    for key in ("activation", "kernel_initializer", "bias_initializer", "kernel_regularizer", "kernel_constraint"):
        for held in (code, {"value": bytecode(folder)}, bytecode(folder), inner):
            yield f"code as {key}", _plain("Dense", {"units": 3, key: held})
    yield "a text that holds a model", _plain("Dense", {"units": 3, "activation": json.dumps(inner)})


def _plain(kind: str, config: dict[str, Any], **more: Any) -> Layer:
    own = {"name": "evil", "trainable": True, "dtype": "float32", **config}
    return {"class_name": kind, "config": own, "name": "evil", "inbound_nodes": [[["left", 0, 0, {}]]], **more}


def _plain_input() -> Layer:
    config = {"batch_input_shape": [None, 6], "dtype": "float32", "name": "i", "sparse": False, "ragged": False}
    return {"class_name": "InputLayer", "config": config}


def _readers() -> Iterator[tuple[str, Layer]]:
    """Layers that open files named in their configs, or run programs."""
    for kind in ("StringLookup", "IntegerLookup", "TextVectorization"):
        yield f"{kind} of a file", _plain(kind, {"vocabulary": "{secret}", "max_tokens": None})
    yield "TFSMLayer", _plain("TFSMLayer", {"filepath": "{secret}", "call_endpoint": "serve"})
    yield "ModuleWrapper", _plain("ModuleWrapper", {"module": "os"})
    yield "KerasLayer", _plain("KerasLayer", {"handle": "{secret}"})
    yield "an unknown class", _plain("Popen", {"args": ["touch", "{canary}"]}, module="subprocess")


def filled(layer: Layer, folder: Folder) -> Layer:
    """The layer with the paths of this case."""
    return _filled(layer, folder)  # type: ignore[no-any-return]


def layers_of_keras_3(folder: Folder) -> Iterator[tuple[str, Layer]]:
    """Serialized objects as Keras 3 and the `.keras` format write them."""
    code = base64.b64encode(codecs.decode(bytecode(folder)[0].encode(), "base64")).decode()
    function = {"class_name": "__lambda__", "config": {"code": code, "defaults": None, "closure": None}}
    yield "Lambda", object_3("Lambda", {"function": function})
    yield "named Lambda, output_shape", object_3("Lambda", {"function": "relu", "output_shape": function})
    yield "named Lambda, mask", object_3("Lambda", {"function": "relu", "mask": function})
    for module, name in (
        ("os", "system"),
        ("builtins", "exec"),
        ("keras.utils", "get_file"),
        ("keras.src.utils.file_utils", "get_file"),
        ("keras.models", "model_from_json"),
        ("keras.src.saving.saving_api", "load_model"),
        ("keras.config", "enable_unsafe_deserialization"),
        ("keras.src.utils.image_utils", "save_img"),
        ("tensorflow.io", "write_file"),
        ("keras.src.backend.tensorflow", "nothing"),
    ):
        held = {"module": module, "class_name": "function", "config": name, "registered_name": name}
        lambda_config = {
            "function": held,
            "arguments": {"origin": f"file://{folder.secret}", "fname": str(folder.canary)},
        }
        yield f"Lambda of {module}.{name}", object_3("Lambda", lambda_config)
        yield f"activation {module}.{name}", object_3("Dense", {"units": 3, "activation": held})
        yield f"class {module}.{name}", {**object_3(name, {}), "module": module}
    for key in ("activation", "kernel_initializer", "kernel_regularizer", "kernel_constraint", "dtype"):
        yield f"code as {key}", object_3("Dense", {"units": 3, key: function})
    for kind, key in (("TimeDistributed", "layer"), ("Bidirectional", "layer"), ("SpectralNormalization", "layer")):
        yield f"Lambda in {kind}", object_3(kind, {key: object_3("Lambda", {"function": function})})
    yield from _named_otherwise(function)
    for _, layer in _readers():
        yield f"{layer['class_name']}", object_3(layer["class_name"], layer["config"])
    for kind in ("TorchModuleWrapper", "JaxLayer", "FlaxLayer"):
        yield kind, object_3(kind, {"module": code, "call_fn": function})


def _named_otherwise(function: Layer) -> Iterator[tuple[str, Layer]]:
    layer = object_3("Lambda", {"function": function})
    for module in ("keras", "keras.src.layers.core.lambda_layer", "keras.layers.core", None, "keras._legacy"):
        yield f"Lambda of {module}", {**layer, "module": module}
    for name in ("keras.layers>Lambda", "Custom>Lambda", "Lambda", "keras.src.layers.Lambda"):
        yield f"registered {name}", {**layer, "class_name": "Dense", "registered_name": name}
        yield f"class_name {name}", {**layer, "class_name": name, "registered_name": name}


def object_3(kind: str, config: dict[str, Any]) -> Layer:
    """A serialized layer of Keras 3, called on the layer `left`."""
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None, 6], "dtype": "float32"}}
    tensor["config"]["keras_history"] = ["left", 0, 0]  # type: ignore[index]
    return {
        "module": "keras.layers",
        "class_name": kind,
        "config": {"name": "evil", "trainable": True, "dtype": "float32", **config},
        "registered_name": None,
        "build_config": {"input_shape": [None, 6]},
        "name": "evil",
        "inbound_nodes": [{"args": [tensor], "kwargs": {}}],
    }


Forms = Callable[[Folder], Iterator[tuple[str, Layer]]]
