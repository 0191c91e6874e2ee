"""What a live model takes and gives: its ports, whether it scales for itself, the loss it was compiled with."""

from collections.abc import Iterator, Sequence
from typing import Any

from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import Interface, Port
from edgeprune.keras_models.live.layers import is_graph_model

_KEEP_VALUES = {"InputLayer", "Reshape", "Permute", "Resizing", "CenterCrop", "ZeroPadding2D", "Cast", "ExpandDims"}
_SCALING = {"Rescaling", "Normalization", "Divide", "TrueDivide", "Subtract", "Multiply", "Add"}
_PASS_ACTIVATION = {"Reshape", "Flatten", "Permute", "Dropout", "Identity", "Squeeze", "Cast"}
_ACTIVATIONS = {
    "Softmax": "softmax",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "ReLU": "relu",
    "Relu": "relu",
    "LeakyReLU": "leaky_relu",
    "ELU": "elu",
    "PReLU": "prelu",
    "LogSoftmax": "log_softmax",
}


def interface(model: KerasModel) -> Interface:
    """The inputs and outputs of a model of either Keras, named after its input and output layers."""
    inputs = zip(_names(model.inputs), model.inputs, strict=True)
    outputs = zip(_names(model.outputs), model.outputs, strict=True)
    return Interface(
        inputs=tuple(_port(name, tensor) for name, tensor in inputs),
        outputs=tuple(_port(name, tensor, _activation(tensor)) for name, tensor in outputs),
        scales_itself=_scales_itself(model),
        loss=_compiled_loss(model),
    )


def _names(tensors: Sequence[Any]) -> list[str]:
    """The names of the layers that made the tensors, made different as Keras does (`head`, `head_1`)."""
    names: list[str] = []
    for tensor in tensors:
        name = base = str(tensor._keras_history[0].name)
        count = 0
        while name in names:
            count += 1
            name = f"{base}_{count}"
        names.append(name)
    return names


def _port(name: str, tensor: Any, activation: str | None = None) -> Port:
    dtype = tensor.dtype
    return Port(
        name=name,
        shape=tuple(tensor.shape)[1:],
        dtype=str(getattr(dtype, "name", dtype)),
        activation=activation,
    )


def _activation(tensor: Any) -> str | None:
    """The last activation before an output; `linear` where there is none, None where the layer is not known."""
    layer, node_index, tensor_index = tensor._keras_history
    if is_graph_model(layer):
        return _activation(layer.outputs[tensor_index])
    kind = _kind(layer)
    if kind in _PASS_ACTIVATION:
        return _activation(_input_tensors(layer, node_index)[0])
    if kind in _ACTIVATIONS:
        return _ACTIVATIONS[kind]
    activation = getattr(layer, "activation", None)
    if activation is not None:
        return str(getattr(activation, "__name__", None) or type(activation).__name__.lower())
    return "linear" if type(layer).__module__.split(".")[0] in ("keras", "tf_keras") else None


def _input_tensors(layer: Any, node_index: int) -> list[Any]:
    node = layer._inbound_nodes[node_index]
    return list(node.keras_inputs if hasattr(node, "keras_inputs") else node.input_tensors)


def _kind(layer: Any) -> str:
    """The class name of a layer or operation; `nn.softmax` wrapped by Keras 2 is a Softmax too."""
    kind = type(layer).__name__
    if kind == "TFOpLambda":
        function = str(layer.get_config()["function"]).rpartition(".")[2].replace("truediv", "divide")
        return "".join(word.title() for word in function.split("_"))
    return kind


def _scales_itself(model: KerasModel) -> bool:
    """Whether the first layer that changes values rescales or normalises them, by a layer or by an operator."""
    for layer in _all_layers(model):
        kind = _kind(layer)
        if kind not in _KEEP_VALUES:
            is_operation = "Lambda" in type(layer).__name__ or ".ops." in type(layer).__module__
            return kind in ("Rescaling", "Normalization") or (kind in _SCALING and is_operation)
    return False


def _all_layers(model: KerasModel) -> Iterator[Any]:
    """Layers and operations in the order of computation, nested models flattened."""
    for layer in getattr(model, "operations", None) or model.layers:
        if is_graph_model(layer):
            yield from _all_layers(layer)
        else:
            yield layer


def _compiled_loss(model: KerasModel) -> Any:
    compiled = model.get_compile_config() if getattr(model, "compiled", True) else None
    return (compiled or {}).get("loss")
