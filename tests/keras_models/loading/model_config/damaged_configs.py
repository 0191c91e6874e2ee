"""Configs that are not as expected: which model, what was done to it, and what the message must hold."""

from collections.abc import Callable
from typing import Any

from tests.keras_models.loading.model_config.small_configs import (
    Config,
    called_first,
    in_place,
    keras2_tensor,
    keras3_tensor,
    layer,
    nested,
    sequential,
)

Damage = Callable[[Config], Any]


def done(config: Config, _: None) -> Config:
    """The config after a change in place."""
    return config


def change(name: str, key: str, value: Any) -> Damage:
    def apply(config: Config) -> Config:
        in_place(config, name)["config"][key] = value
        return config

    return apply


def rewire(name: str, node: Any) -> Damage:
    def apply(config: Config) -> Config:
        in_place(config, name)["inbound_nodes"] = [node]
        return config

    return apply


def without(name: str, *keys: str) -> Damage:
    def apply(config: Config) -> Config:
        holder = in_place(config, name)
        for key in keys[:-1]:
            holder = holder[key]
        del holder[keys[-1]]
        return config

    return apply


DAMAGED: dict[str, tuple[str, Damage, str]] = {
    "text for a number": (
        "keras2",
        change("conv", "filters", "abc"),
        "layer 'conv': config key 'filters' is \"abc\", expected a whole number of at least 1",
    ),
    "zero": ("keras2", change("conv", "strides", [0, 1]), "layer 'conv': config key 'strides' is [0, 1], expected"),
    "too large": ("keras3", change("lstm", "units", 2**31), "layer 'lstm': config key 'units' is 2147483648"),
    "unknown padding": (
        "keras2",
        change("conv", "padding", "smae"),
        "config key 'padding' is \"smae\", expected one of valid, same",
    ),
    "no shape, of a class that is not known": (
        "keras2",
        lambda _: sequential(layer("Own", "own", batch_input_shape=[None, {"class_name": "Dense"}])),
        "layer 'own': config key 'batch_input_shape' is [null, {",
    ),
    "a list for a flag": (
        "keras3",
        change("lstm", "return_sequences", []),
        "config key 'return_sequences' is [], expected true or false",
    ),
    "a key gone": ("keras3", without("dense", "config", "units"), "layer 'dense': config key 'units' is missing"),
    "a config gone": ("keras3", without("dense", "config"), "entry 2 of 'layers' has no config"),
    "a class that is no text": (
        "keras3",
        lambda c: done(c, in_place(c, "dense").update(class_name=None)),
        "'class_name' is null, expected a name",
    ),
    "layers that are text": (
        "keras3",
        lambda c: done(c, c["config"].update(layers="abc")),
        "'layers' is \"abc\", expected a list",
    ),
    "a layer that is a number": (
        "keras3",
        lambda c: done(c, c["config"]["layers"].append(3)),
        "entry 4 of 'layers' is 3, expected an object",
    ),
    "two of a name": (
        "keras3",
        lambda c: done(c, c["config"]["layers"].append(in_place(c, "lstm"))),
        "layer 'lstm': two layers have this name",
    ),
    "an edge to no layer": (
        "keras2",
        rewire("conv", [keras2_tensor("images")]),
        "layer 'conv': it reads layer 'images', which the model does not have",
    ),
    "an edge to no call": (
        "keras2",
        rewire("conv", [keras2_tensor("image", 1)]),
        "an edge leads to call 1 of layer 'image', which has calls 0 to 0",
    ),
    "an edge to no call, among keywords": (
        "keras2",
        rewire("join", keras2_tensor("split", y=["conv", 7, 0])),
        "an edge leads to call 7 of layer 'conv'",
    ),
    "an edge to no output": (
        "keras2",
        rewire("join", keras2_tensor("conv", y=["conv", 0, 1])),
        "an edge leads to output 1 of layer 'conv', expected less than 1",
    ),
    "a call that is no number": (
        "keras2",
        rewire("join", keras2_tensor("split", y=["conv", 0.5, 0])),
        'an edge is ["conv", 0.5, 0], expected [layer, call, tensor]',
    ),
    "an edge that is text": ("keras2", rewire("conv", "image"), 'a call reads "image", expected [layer, call, tensor]'),
    "a circle": ("keras2", rewire("conv", [keras2_tensor("join")]), "its inputs lead in a circle"),
    "a layer that reads itself": (
        "keras3",
        rewire("lstm", {"args": [keras3_tensor("lstm")], "kwargs": {}}),
        "layer 'lstm': its inputs lead in a circle",
    ),
    "calls in the wrong order": (
        "keras3",
        lambda c: done(c, in_place(c, "dense")["inbound_nodes"].reverse()),
        "layer 'dense': its inputs lead in a circle",
    ),
    "an output of no layer": (
        "keras3",
        lambda c: done(c, c["config"].update(output_layers=[["end", 0, 0]])),
        "'output_layers' names layer 'end'",
    ),
    "no output": (
        "keras3",
        lambda c: done(c, c["config"].update(output_layers=[])),
        "'output_layers' is [], expected at least one tensor",
    ),
    "parts of no length": (
        "keras2",
        rewire("split", keras2_tensor("conv", num_or_size_splits=0, axis=-1)),
        "layer 'split': argument 'sizes' of Split is 0",
    ),
    "millions of parts": (
        "keras2",
        rewire("split", keras2_tensor("conv", num_or_size_splits=10**8, axis=-1)),
        "argument 'sizes' of Split is 100000000",
    ),
    "a model fed with text": (
        "keras3",
        lambda c: called_first(nested(c, {"args": ["x"], "kwargs": {}}), 1),
        "layer 'inner': it is called on no tensor",
    ),
    "a layer inside a wrapper": (
        "keras3",
        lambda c: sequential(layer("TimeDistributed", "each", layer=layer("Dense", "d", units=None))),
        "layer 'each/layer': config key 'units' is null",
    ),
    "a wrapper of nothing": (
        "keras3",
        lambda c: sequential(layer("Bidirectional", "both")),
        "layer 'both': config key 'layer' is missing",
    ),
    "a cell of a stack": (
        "keras3",
        lambda c: sequential(
            layer(
                "RNN",
                "rnn",
                cell=layer("StackedRNNCells", "s", cells=[{"class_name": "GRUCell", "config": {"units": -1}}]),
            )
        ),
        "config key 'units' is -1",
    ),
    "a list": ("keras3", lambda c: [c], "the config is [{"),
}
