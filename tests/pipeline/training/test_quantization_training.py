"""`--clusters` and `--qat-epochs` end to end: what they left in the model is in the file."""

import keras
import numpy as np
import pytest
import tf_keras
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from edgeprune.tflite_export.contents.reader import read_tflite

CLUSTERS = 8
TINY = {"keras2.keras": tf_keras, "keras3.keras": keras}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A convolution and a dense layer in each Keras, and images whose class is their brightest quarter."""
    made = tmp_path_factory.mktemp("tiny")
    random = np.random.default_rng(0)
    images, labels = random.random((256, 8, 8, 1), np.float32) * 0.5, random.integers(0, 4, 256)
    for image, label in zip(images, labels, strict=True):
        image[4 * (label // 2) :, 4 * (label % 2) :][:4, :4] += 0.5
    np.savez(made / "d.npz", x_train=images, y_train=labels, x_test=images[:64], y_test=labels[:64])
    for file, library in TINY.items():
        layers = library.layers
        model = library.Sequential(
            [
                library.Input((8, 8, 1)),
                layers.Conv2D(8, 3, padding="same", use_bias=False),
                layers.BatchNormalization(),
                layers.ReLU(),
                layers.AveragePooling2D(2),
                layers.Flatten(),
                layers.Dense(4, activation="softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(images, labels, epochs=15, batch_size=32, verbose=0)
        model.save(made / file)
    return made


def kernels(file):
    """The weights of a file, a row for each output."""
    interpreter = Interpreter(model_path=str(file), experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    shapes = {(8, 3, 3, 1), (4, 128)}
    details = [detail for detail in interpreter.get_tensor_details() if tuple(detail["shape"]) in shapes]
    assert [detail["dtype"] for detail in details] == [np.int8, np.int8]
    return [interpreter.get_tensor(detail["index"]).reshape(detail["shape"][0], -1) for detail in details]


@pytest.mark.parametrize("model", TINY)
def test_zeros_and_clusters_are_in_the_file(model, folder, edgeprune, tmp_path):
    options = f"--method magnitude --sparsity 0.6 --epochs 3 --batch-size 32 --clusters {CLUSTERS} --qat-epochs 2"
    file = ("--tflite", "m.tflite", "--quantize", "int8", "--sparse", "off", "--format", "json")
    done = edgeprune("prune", folder / model, *options.split(), "--data", folder / "d.npz", *file, cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    rows = done.json["rows"]
    assert [row["stage"] for row in rows][-2:] == ["clustered", "clustered"]
    assert rows[-1]["score"] >= rows[-2]["score"] - 0.1
    found = kernels(tmp_path / "m.tflite")
    assert sum(int((array == 0).sum()) for array in found) >= rows[-1]["zero_weights"]
    assert all(len(np.unique(row)) <= CLUSTERS for array in found for row in array)


def test_training_with_rounding_leaves_the_model_as_it_was(folder, edgeprune, tmp_path):
    options = ("--quantize", "int8", "--qat-epochs", "1", "--data", folder / "d.npz", "--format", "json")
    before = (folder / "keras2.keras").read_bytes()
    done = edgeprune("export", folder / "keras2.keras", "--tflite", "m.tflite", *options, cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    assert done.json["rows"][-1]["score"] >= done.json["rows"][0]["score"] - 0.05
    assert [training["epochs"] for training in done.json["trainings"]] == [1]
    assert (folder / "keras2.keras").read_bytes() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--clusters 1", "--clusters: expected 2 to 65536, found 1"),
        ("--qat-epochs 1 --data d.npz --tflite m.tflite", "--qat-epochs needs --quantize int8, found --quantize none"),
        ("--qat-epochs 1 --tflite m.tflite --quantize int8", "--qat-epochs needs --data; give --data D"),
        ("--qat-epochs 1 --data d.npz", "--qat-epochs needs --tflite"),
        ("--prefer gzip --tflite m.tflite", "--prefer needs --quantize auto; give --quantize auto too"),
    ],
)
def test_wrong_usage_is_told(options, message, folder, edgeprune, tmp_path):
    done = edgeprune("prune", folder / "keras2.keras", "--threshold", "0.1", *options.split(), cwd=tmp_path)
    assert done.exit_code == 2
    assert message in done.stderr


def exported(model, shape, folder, edgeprune):
    """The row of an int8 file of a model of four classes, and what was said, after one epoch with rounding."""
    random = np.random.default_rng(0)
    images, labels = random.random((96, *shape), np.float32), random.integers(0, 4, 96)
    np.savez(folder / "d.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.save(folder / "m.keras")
    options = ("--quantize", "int8", "--qat-epochs", 1, "--data", "d.npz", "--format", "json")
    done = edgeprune("export", "m.keras", "--tflite", "m.tflite", *options, cwd=folder)
    assert done.exit_code == 0, done.stderr
    return done.json["rows"][-1], done.stderr


def images(library):
    """Normalisations after an activation, after an Add, and of a vector."""
    layers = library.layers
    inputs = x = library.Input((8, 8, 1))
    x = layers.BatchNormalization()(layers.ReLU()(layers.Conv2D(4, 3)(layers.Rescaling(2.0)(x))))
    x = layers.ReLU()(layers.BatchNormalization()(layers.Add()([x, layers.Conv2D(4, 1)(x)])))
    x = layers.BatchNormalization()(layers.Dense(8, activation="relu")(layers.Flatten()(layers.Conv2D(4, 3)(x))))
    return library.Model(inputs, layers.Dense(4, activation="softmax")(x))


def series(library):
    layers = library.layers
    inputs = library.Input((16, 3))
    x = layers.BatchNormalization()(layers.Conv1D(4, 3, activation="relu")(inputs))
    x = layers.ReLU()(layers.BatchNormalization()(layers.Conv1D(4, 3, use_bias=False)(layers.MaxPooling1D(2)(x))))
    return library.Model(inputs, layers.Dense(4, activation="softmax")(layers.GlobalAveragePooling1D()(x)))


@pytest.mark.parametrize(("build", "library"), [(images, tf_keras), (images, keras), (series, keras)])
def test_normalisations_after_activations_are_int8_as_all_the_rest(build, library, edgeprune, tmp_path):
    model = build(library)
    row, said = exported(model, model.input_shape[1:], tmp_path, edgeprune)
    assert row["quantize"] == "int8"
    assert "in float" not in said
    assert set(read_tflite((tmp_path / "m.tflite").read_bytes(), "m").numeric_types) == {"int8", "int32"}


def test_layers_that_stay_in_float_are_told_with_their_bytes_and_keep_their_zeros(edgeprune, tmp_path):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((4, 4, 4, 1)),
            layers.Conv3D(2, 3, name="volume"),
            layers.Flatten(),
            layers.Dense(4, activation="softmax", name="scores"),
        ]
    )
    kernel = np.random.default_rng(0).normal(size=(3, 3, 3, 1, 2))
    kernel[0] = 0  # an export without these 18 zeros would be refused
    model.get_layer("volume").kernel.assign(kernel)
    row, said = exported(model, (4, 4, 4, 1), tmp_path, edgeprune)
    assert row["quantize"] == "int8+float32"
    assert row["zero_weights"] == 18
    assert "warning: m.tflite is not all in int8: " in said
    assert "124 of its 124 weights are in float, those of scores (272 bytes), volume (224 bytes)" in said
