"""A model's config is read once, at the door: what is not as expected is named with its place."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import EdgepruneError, ModelFileError
from keras_models.code_scan import scan_config
from keras_models.graph import build_graph
from keras_models.layer_tree import layer_entries, layers_of
from keras_models.macs import node_macs
from keras_models.model_config import parse_json, read_compile_config, read_config
from keras_models.weight_slots import weight_slots
from tests.keras_models.model_config.mutations import mutated
from tests.keras_models.model_config.small_configs import (
    Config,
    functional,
    in_place,
    keras2_model,
    keras2_tensor,
    keras3_model,
    keras3_tensor,
    layer,
    sequential,
)

FILE = Path("model.h5")
MAJOR = {"keras2": 2, "keras3": 3}


def read(config: Any, keras_major: int = 3) -> Config:
    return read_config(FILE, json.loads(json.dumps(config)), keras_major)


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
    "bare list of layers": (2, {"class_name": "Sequential", "config": sequential(layer("Dense", "a", units=1))["config"]["layers"]}),
    "a class of the user's with any config": (
        3,
        sequential(layer("Mine", "mine", units="many", layer=3, cell={"a": 1}, layers=["x", {"class_name": 3}])),
    ),
    "a class of the user's that is named as one of Keras's": (
        3, sequential({**layer("Dense", "mine", units="many"), "module": "my_package.layers"}),
    ),
    "a subclassed model": (3, {"class_name": "Mine", "config": {"layers": 3, "input_layers": None}}),
    "a constant in Keras 2": (
        2,
        functional([
            layer("InputLayer", "x", batch_input_shape=[None, 4]),
            {**layer("TFOpLambda", "less", function="math.subtract"), "inbound_nodes": [["_CONSTANT_VALUE", -1, 2.0, {"y": ["x", 0, 0]}]]},
        ]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_what_keras_writes_passes_unchanged(name: str) -> None:
    keras_major, config = HONEST[name]
    assert read(config, keras_major) == config


def change(name: str, key: str, value: Any) -> Callable[[Config], None]:
    def apply(config: Config) -> None:
        in_place(config, name)["config"][key] = value

    return apply


def rewire(name: str, node: Any) -> Callable[[Config], None]:
    def apply(config: Config) -> None:
        in_place(config, name)["inbound_nodes"] = [node]

    return apply


DAMAGED: dict[str, tuple[str, Callable[[Config], Any], str]] = {
    "text for a number": ("keras2", change("conv", "filters", "abc"), "layer 'conv': config key 'filters' is \"abc\", expected a whole number of at least 1"),
    "zero": ("keras2", change("conv", "strides", [0, 1]), "layer 'conv': config key 'strides' is [0, 1], expected"),
    "too large": ("keras3", change("lstm", "units", 2**31), "layer 'lstm': config key 'units' is 2147483648"),
    "unknown padding": ("keras2", change("conv", "padding", "smae"), "config key 'padding' is \"smae\", expected one of valid, same"),
    "a list for a flag": ("keras3", change("lstm", "return_sequences", []), "config key 'return_sequences' is [], expected true or false"),
    "a key gone": ("keras3", lambda c: in_place(c, "dense")["config"].pop("units"), "layer 'dense': config key 'units' is missing"),
    "a config gone": ("keras3", lambda c: in_place(c, "dense").pop("config"), "entry 2 of 'layers' has no config"),
    "a class that is no text": ("keras3", lambda c: in_place(c, "dense").update(class_name=None), "'class_name' is null, expected a name"),
    "layers that are text": ("keras3", lambda c: c["config"].update(layers="abc"), "'layers' is \"abc\", expected a list"),
    "a layer that is a number": ("keras3", lambda c: c["config"]["layers"].append(3), "entry 4 of 'layers' is 3, expected an object"),
    "two of a name": ("keras3", lambda c: c["config"]["layers"].append(in_place(c, "lstm")), "layer 'lstm': two layers have this name"),
    "an edge to no layer": ("keras2", rewire("conv", [keras2_tensor("images")]), "layer 'conv': it reads layer 'images', which the model does not have"),
    "an edge to no call": ("keras2", rewire("conv", [keras2_tensor("image", 1)]), "an edge leads to call 1 of layer 'image', which has calls 0 to 0"),
    "an edge to no call, among keywords": ("keras2", rewire("join", keras2_tensor("split", y=["conv", 7, 0])), "an edge leads to call 7 of layer 'conv'"),
    "an edge to no output": ("keras2", rewire("join", keras2_tensor("conv", y=["conv", 0, 1])), "an edge leads to output 1 of layer 'conv', expected less than 1"),
    "a call that is no number": ("keras2", rewire("join", keras2_tensor("split", y=["conv", 0.5, 0])), "an edge is [\"conv\", 0.5, 0], expected [layer, call, tensor]"),
    "an edge that is text": ("keras2", rewire("conv", "image"), "a call reads \"image\", expected [layer, call, tensor]"),
    "a circle": ("keras2", rewire("conv", [keras2_tensor("join")]), "its inputs lead in a circle"),
    "a layer that reads itself": ("keras3", rewire("lstm", {"args": [keras3_tensor("lstm")], "kwargs": {}}), "layer 'lstm': its inputs lead in a circle"),
    "calls in the wrong order": ("keras3", lambda c: in_place(c, "dense")["inbound_nodes"].reverse(), "layer 'dense': its inputs lead in a circle"),
    "an output of no layer": ("keras3", lambda c: c["config"].update(output_layers=[["end", 0, 0]]), "'output_layers' names layer 'end'"),
    "no output": ("keras3", lambda c: c["config"].update(output_layers=[]), "'output_layers' is [], expected at least one tensor"),
    "parts of no length": ("keras2", rewire("split", keras2_tensor("conv", num_or_size_splits=0, axis=-1)), "layer 'split': argument 'sizes' of Split is 0"),
    "millions of parts": ("keras2", rewire("split", keras2_tensor("conv", num_or_size_splits=10**8, axis=-1)), "argument 'sizes' of Split is 100000000"),
    "a model fed with text": ("keras3", lambda c: nested(c, {"args": ["x"], "kwargs": {}}), "layer 'inner': it is called on no tensor"),
    "a layer inside a wrapper": ("keras3", lambda c: sequential(layer("TimeDistributed", "each", layer=layer("Dense", "d", units=None))), "layer 'each/layer': config key 'units' is null"),
    "a wrapper of nothing": ("keras3", lambda c: sequential(layer("Bidirectional", "both")), "layer 'both': config key 'layer' is missing"),
    "a cell of a stack": ("keras3", lambda c: sequential(layer("RNN", "rnn", cell=layer("StackedRNNCells", "s", cells=[{"class_name": "GRUCell", "config": {"units": -1}}]))), "config key 'units' is -1"),
    "half a character in a name": ("keras3", lambda c: sequential(layer("Dense", "\ud800", units=1)), "the name of entry 0 of 'layers'"),
    "a list": ("keras3", lambda c: [c], "the config is [{"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_what_is_not_as_expected_is_named_with_its_place(name: str) -> None:
    base, damage, message = DAMAGED[name]
    config = keras2_model() if base == "keras2" else keras3_model()
    changed = damage(config)
    if (isinstance(changed, dict) and "class_name" in changed) or (
        isinstance(changed, list) and changed[:1] == [config]
    ):
        config = changed
    with pytest.raises(ModelFileError) as refused:
        read(config, MAJOR[base])
    assert str(refused.value).startswith(f"{FILE}: ")
    assert message in refused.value.message


def test_a_nested_functional_model_of_keras_2_counts_its_calls_from_1() -> None:
    """tf_keras's loader would wait for call 0 for ever."""
    with pytest.raises(ModelFileError, match="call 0 of layer 'inner', which has calls 1 to 1"):
        read(nested(keras2_model(), [keras2_tensor("x")]), 2)


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "1" * 5000, b"\xff"])
def test_text_that_is_no_json(text: str | bytes) -> None:
    with pytest.raises(ModelFileError, match=r"model\.h5: its config is no JSON"):
        parse_json(FILE, text)


def test_a_config_that_is_nested_too_deep() -> None:
    with pytest.raises(ModelFileError, match="deeper than 150 levels"):
        read(sequential(layer("Mine", "mine", value=json.loads("[" * 200 + "]" * 200))))


def test_compile_settings_are_an_object() -> None:
    assert read_compile_config(FILE, {"loss": "mse"}) == {"loss": "mse"}
    assert read_compile_config(FILE, None) is None
    with pytest.raises(ModelFileError, match='compiled with is "mse", expected an object'):
        read_compile_config(FILE, "mse")


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32), name=st.sampled_from(sorted(HONEST)))
def test_damage_of_any_kind_is_refused_or_harmless(seed: int, name: str) -> None:
    """What passes the door goes through all that reads configs without Keras, and nothing raises but on purpose."""
    keras_major, config = HONEST[name]
    try:
        config = parse_json(FILE, json.dumps(mutated(config, random.Random(seed))))
        checked = read_config(FILE, config, keras_major)
        if layers_of(checked) is not None:
            for entry in layer_entries(checked):
                weight_slots({"class_name": entry.kind, "config": entry.config}, keras_major)
            list(scan_config(checked))
            node_macs(build_graph(checked, keras_major))
    except EdgepruneError as error:
        str(error).encode()
