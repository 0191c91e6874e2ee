"""A model's config is read once, at the door: what is not as expected is named with its place."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeprune.contracts.errors import EdgepruneError, ModelFileError
from edgeprune.keras_models.graphs.graph import build_graph
from edgeprune.keras_models.graphs.macs import node_macs
from edgeprune.keras_models.loading.archives import ModelArchive
from edgeprune.keras_models.loading.archives.json_text import parse_object
from edgeprune.keras_models.loading.code_scan import scan
from edgeprune.keras_models.loading.layer_tree import layer_entries, layers_of
from edgeprune.keras_models.loading.model_config import read_config
from edgeprune.keras_models.loading.weight_slots import weight_slots
from tests.keras_models.loading.model_config.damaged_configs import DAMAGED
from tests.keras_models.loading.model_config.mutations import mutated
from tests.keras_models.loading.model_config.small_configs import (
    HONEST,
    Config,
    called_first,
    in_place,
    keras2_model,
    keras2_tensor,
    keras3_model,
    keras3_tensor,
    nested,
)

FILE = Path("model.h5")
MAJOR = {"keras2": 2, "keras3": 3}


def read(config: Any, keras_major: int = 3) -> Config:
    return read_config(FILE, json.loads(json.dumps(config)), keras_major)


@pytest.mark.parametrize("name", HONEST)
def test_what_keras_writes_passes_unchanged(name: str) -> None:
    keras_major, config = HONEST[name]
    assert read(config, keras_major) == config


@pytest.mark.parametrize("name", DAMAGED)
def test_what_is_not_as_expected_is_named_with_its_place(name: str) -> None:
    base, damage, message = DAMAGED[name]
    config = keras2_model() if base == "keras2" else keras3_model()
    with pytest.raises(ModelFileError) as refused:
        read(damage(config), MAJOR[base])
    assert str(refused.value).startswith(f"{FILE}: ")
    assert message in refused.value.message


def test_a_nested_functional_model_of_keras_2_counts_its_calls_from_1() -> None:
    """tf_keras's loader would wait for call 0 for ever."""
    with pytest.raises(ModelFileError, match="call 0 of layer 'inner', which has calls 1 to 1"):
        read(nested(keras2_model(), [keras2_tensor("x")]), 2)


def test_models_that_call_models_twice_are_counted() -> None:
    """At 24 levels there would be 16 million calls to read, and to build."""
    model = keras3_model()
    for level in range(24):
        model = nested(model, {"args": [keras3_tensor("x")], "kwargs": {}})
        again = {"args": [keras3_tensor("inner")], "kwargs": {}}
        in_place(model, "inner")["inbound_nodes"].append(again)
        model = called_first(model, 1)
        model["config"]["name"] = f"level{level}"
    with pytest.raises(ModelFileError, match=r"its model makes \d+,\d+ calls of layers, expected 10,000 at most"):
        read(model)


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 2**32), name=st.sampled_from(sorted(HONEST)))
def test_damage_of_any_kind_is_refused_or_harmless(seed: int, name: str) -> None:
    """What passes the door goes through all that reads configs without Keras, and nothing raises but on purpose."""
    keras_major, config = HONEST[name]
    try:
        config = parse_object(json.dumps(mutated(config, random.Random(seed))), str(FILE))
        checked = read_config(FILE, config, keras_major)
        if layers_of(checked) is not None:
            for entry in layer_entries(checked):
                weight_slots({"class_name": entry.kind, "config": entry.config}, keras_major)
            scan(_archive(checked, keras_major))
            node_macs(build_graph(checked, keras_major))
    except EdgepruneError as error:
        str(error).encode()


def _archive(config: Config, keras_major: int) -> ModelArchive:
    return ModelArchive(
        path=FILE,
        format="h5",
        keras_version=f"{keras_major}.0.0",
        config=config,
        compile_config=None,
        weights={},
        stored={},
        close=lambda: None,
    )
