"""Configs as both Kerases write them, small enough to be read in a test's line."""

from typing import Any

Config = dict[str, Any]


def keras2_tensor(layer: str, call: int = 0, tensor: int = 0, **arguments: Any) -> list[Any]:
    return [layer, call, tensor, arguments]


def keras3_tensor(layer: str, call: int = 0, tensor: int = 0) -> Config:
    history = {"shape": [None, 8], "dtype": "float32", "keras_history": [layer, call, tensor]}
    return {"class_name": "__keras_tensor__", "config": history}


def layer(kind: str, name: str, **config: Any) -> Config:
    return {
        "class_name": kind,
        "name": name,
        "config": {"name": name, "trainable": True, **config},
        "inbound_nodes": [],
    }


def keras2_model() -> Config:
    """image → conv → split → join, which reads one half, and the other half among its keyword arguments."""
    conv = layer("Conv2D", "conv", filters=4, kernel_size=[3, 3], strides=[1, 1], padding="same", use_bias=True)
    split = layer("TFOpLambda", "split", function="split")
    join = layer("TFOpLambda", "join", function="math.add")
    conv["inbound_nodes"] = [[keras2_tensor("image")]]
    split["inbound_nodes"] = [keras2_tensor("conv", num_or_size_splits=2, axis=-1)]
    join["inbound_nodes"] = [keras2_tensor("split", y=["split", 0, 1])]
    return functional([layer("InputLayer", "image", batch_input_shape=[None, 8, 8, 3]), conv, split, join])


def keras3_model() -> Config:
    """x → lstm → dense, called twice → sum of both."""
    lstm = layer("LSTM", "lstm", units=5, return_sequences=False)
    dense = layer("Dense", "dense", units=5, activation="relu", use_bias=True)
    total = {"module": "keras.src.ops.numpy", **layer("Add", "total")}
    lstm["inbound_nodes"] = [{"args": [keras3_tensor("x")], "kwargs": {}}]
    dense["inbound_nodes"] = [{"args": [keras3_tensor(name)], "kwargs": {}} for name in ("lstm", "dense")]
    total["inbound_nodes"] = [{"args": [keras3_tensor("dense"), keras3_tensor("dense", 1)], "kwargs": {}}]
    return functional([layer("InputLayer", "x", batch_shape=[None, 6, 8]), lstm, dense, total])


def functional(layers: list[Config]) -> Config:
    ports = {"input_layers": [[layers[0]["name"], 0, 0]], "output_layers": [[layers[-1]["name"], 0, 0]]}
    return {"class_name": "Functional", "config": {"name": "model", "trainable": True, "layers": layers, **ports}}


def sequential(*layers: Config) -> Config:
    return {"class_name": "Sequential", "config": {"name": "sequential", "layers": list(layers)}}


def in_place(config: Config, name: str) -> Config:
    """The entry of one layer."""
    found: Config = next(item for item in config["config"]["layers"] if item["name"] == name)
    return found


def nested(inner: Config, node: Any) -> Config:
    """A functional model around another one, called by `node`."""
    inner = {"name": "inner", **inner, "inbound_nodes": [node]}
    return functional([layer("InputLayer", "x", batch_shape=[None, 6, 8], batch_input_shape=[None, 8, 8, 3]), inner])


def called_first(model: Config, call: int) -> Config:
    """With the output that is call `call` of the last layer."""
    model["config"]["output_layers"][0][1] = call
    return model


HONEST = {
    "functional of Keras 2": (2, keras2_model()),
    "functional of Keras 3": (3, keras3_model()),
    "nested in Keras 2: calls count from 1": (2, called_first(nested(keras2_model(), [keras2_tensor("x")]), 1)),
    "nested in Keras 3": (3, called_first(nested(keras3_model(), {"args": [keras3_tensor("x")], "kwargs": {}}), 1)),
    "bare list of layers": (
        2,
        {"class_name": "Sequential", "config": sequential(layer("Dense", "a", units=1))["config"]["layers"]},
    ),
    "a class of the user's with any config": (
        3,
        sequential(layer("Mine", "mine", units="many", layer=3, cell={"a": 1}, layers=["x", {"class_name": 3}])),
    ),
    "a class of the user's that is named as one of Keras's": (
        3,
        sequential({**layer("Dense", "mine", units="many"), "module": "my_package.layers"}),
    ),
    "a subclassed model": (3, {"class_name": "Mine", "config": {"layers": 3}}),
    "a constant in Keras 2": (
        2,
        functional(
            [
                layer("InputLayer", "x", batch_input_shape=[None, 4]),
                {
                    **layer("TFOpLambda", "less", function="math.subtract"),
                    "inbound_nodes": [["_CONSTANT_VALUE", -1, 2.0, {"y": ["x", 0, 0]}]],
                },
            ]
        ),
    ),
}
