"""A config is held against what its file holds: shapes of weights, sizes of tensors, an end of the graph."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import pytest
import tf_keras

from edgeprune.contracts.errors import ModelError, ModelFileError
from edgeprune.keras_models.graphs.graph import build_graph
from edgeprune.keras_models.live.variables import weight_specs
from edgeprune.keras_models.loading.archive_graph import layer_call, read_graph
from edgeprune.keras_models.loading.archives import open_archive
from edgeprune.keras_models.loading.declared_weights import declared_weights
from edgeprune.keras_models.loading.files import load_model
from tests.keras_models.graph_models import graph_of
from tests.keras_models.saved_models import every_layer, save

Change = Callable[[dict[str, Any]], None]


def configured(source: Path, target: Path, name: str, **config: Any) -> Path:
    """A copy of an HDF5 model, with other numbers in the config of one layer."""
    target.write_bytes(source.read_bytes())
    with h5py.File(target, "r+") as file:
        model = json.loads(file.attrs["model_config"])
        next(item for item in model["config"]["layers"] if item["config"]["name"] == name)["config"] |= config
        file.attrs["model_config"] = json.dumps(model)
    return target


def without_weights(path: Path, name: str) -> Path:
    with h5py.File(path, "r+") as file:
        group = file["model_weights"][name]
        for key in list(group):
            del group[key]
        group.attrs["weight_names"] = []
    return path


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recurrent network, an image network and one with a class whose arithmetic is not known here."""
    folder = tmp_path_factory.mktemp("saved")
    layers = tf_keras.layers
    steps = [layers.Input((6, 8)), layers.LSTM(5, name="lstm"), layers.Dense(2, name="head")]
    image = [layers.Input((8, 8, 3)), layers.ZeroPadding2D(1, name="pad"), layers.Conv2D(2, 3, name="conv")]
    local = [layers.Input((8, 1)), layers.LocallyConnected1D(4, 3, name="local")]
    for name, model in {"steps": steps, "image": image, "local": local}.items():
        save(tf_keras.Sequential(model), folder / f"{name}.h5")
    return folder


@pytest.mark.parametrize("k", [keras, tf_keras])
def test_declared_shapes_are_those_that_keras_makes(k: Any) -> None:
    model = every_layer(k)
    graph = graph_of(k, model, weight_specs(model))
    compared = set()
    for node in graph.nodes:
        layer = graph.layers[node.layer]
        call = layer_call(graph, node)
        made = {weight.name: weight.shape for weight in layer.weights}
        for name in set(made) & set(declared := declared_weights(call)):
            assert (node.layer, name, declared[name]) == (node.layer, name, made[name])
            compared.add(node.kind)
    assert compared >= {
        *(
            "Conv2D",
            "DepthwiseConv2D",
            "SeparableConv2D",
            "Conv2DTranspose",
            "BatchNormalization",
            "PReLU",
            "Embedding",
        ),
        *("Embedding", "Bidirectional", "GRU", "TimeDistributed", "MultiHeadAttention", "RNN", "SimpleRNN", "Dense"),
    }


def test_other_shapes_than_stored_are_refused_with_both(saved: Path, tmp_path: Path) -> None:
    """As built by Keras, 5,000 units took 3.2 GB."""
    path = configured(saved / "steps.h5", tmp_path / "model.h5", "lstm", units=5000)
    message = r"layer 'lstm': its config asks for a 'kernel' of shape \(8, 20000\), and the file holds one of \(8, 20\)"
    with open_archive(path) as archive, pytest.raises(ModelFileError, match=message):
        read_graph(archive)


@pytest.mark.parametrize(
    ("padding", "message"),
    [
        (
            10**6,
            r"layer 'pad': its output has the shape \(\?, 2000008, 2000008, 3\), expected at most 1,073,741,824",
        ),
        (None, r"layer 'pad': config key 'padding' is null"),
    ],
)
def test_a_tensor_that_nothing_could_hold_is_refused(padding: Any, message: str, saved: Path, tmp_path: Path) -> None:
    path = configured(saved / "image.h5", tmp_path / "model.h5", "pad", padding=padding)
    with pytest.raises(ModelFileError, match=message), open_archive(path) as archive:
        read_graph(archive)


def test_pictures_of_4_k_with_many_channels_are_honest(saved: Path, tmp_path: Path) -> None:
    path = tmp_path / "picture.h5"
    layers = tf_keras.layers
    save(tf_keras.Sequential([layers.Input((2160, 3840, 3)), layers.Conv2D(128, 3, padding="same")]), path)
    with open_archive(path) as archive:
        assert read_graph(archive).nodes[-1].output_shapes == ((None, 2160, 3840, 128),)


def test_an_input_that_no_example_has_is_refused(saved: Path, tmp_path: Path) -> None:
    with h5py.File(saved / "image.h5") as file:
        name = json.loads(file.attrs["model_config"])["config"]["layers"][0]["config"]["name"]
    path = configured(saved / "image.h5", tmp_path / "model.h5", name, batch_input_shape=[None, 10**4, 10**4, 3])
    message = r"shape \(\?, 10000, 10000, 3\), expected at most 134,217,728 numbers for one example"
    with open_archive(path) as archive, pytest.raises(ModelFileError, match=message):
        read_graph(archive)


@pytest.mark.parametrize(("file", "layer", "key"), [("local", "local", "filters"), ("steps", "head", "units")])
def test_weights_that_the_file_does_not_hold_take_no_memory(
    file: str, layer: str, key: str, saved: Path, tmp_path: Path
) -> None:
    path = configured(saved / f"{file}.h5", tmp_path / "model.h5", layer, **{key: 10**8})
    without_weights(path, layer)
    message = f"layer '{layer}': its config asks for a weight of shape .*100000000.* which is more than the file's"
    with pytest.raises(ModelFileError, match=message):
        load_model(path)


def test_an_output_that_a_layer_does_not_give_is_refused(saved: Path) -> None:
    with open_archive(saved / "steps.h5") as archive:
        inputs, lstm = archive.config["config"]["layers"][:2]
    named = [{"name": item["config"]["name"], **item, "inbound_nodes": []} for item in (inputs, lstm)]
    named[1]["inbound_nodes"] = [[[named[0]["name"], 0, 0, {}]]]
    ports = {"input_layers": [[named[0]["name"], 0, 0]], "output_layers": [["lstm", 0, 3]]}
    with pytest.raises(ModelError, match="layer 'lstm' gives 1 outputs, and output 3 is used"):
        build_graph({"class_name": "Functional", "config": {"layers": named, **ports}}, 2)


def test_a_graph_that_keras_2_would_never_finish_is_refused(tmp_path: Path) -> None:
    """Only the layer's code knows how many outputs it has, so that no reading of the config can tell."""
    code = tmp_path / "halves.py"
    code.write_text(
        "import tf_keras\n"
        "class Halves(tf_keras.layers.Layer):\n"
        "    def call(self, x):\n"
        "        return x[:, :2], x[:, 2:]\n"
    )
    namespace: dict[str, Any] = {}
    exec(code.read_text(), namespace)
    x = tf_keras.Input((4,))
    first, second = namespace["Halves"](name="halves")(x)
    path = save(tf_keras.Model(x, tf_keras.layers.Dense(1)(first - second)), tmp_path / "model.h5")
    assert load_model(path, custom_objects=code).model.output_shape == (None, 1)
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = file.attrs["model_config"].replace('["halves", 0, 1]', '["halves", 0, 7]')
    with pytest.raises(ModelFileError, match="the calls of its layers cannot be made one after another"):
        load_model(path, custom_objects=code)
