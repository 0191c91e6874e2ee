"""Models whose inputs are indices, of no fixed size, named or strings: cut and proven with data and without."""

import keras
import numpy as np
import pytest
import tf_keras

CUT = ("--method", "structured", "--ratio", 0.5, "--format", "json")


def embedding(library):
    """In Keras 2 its input is one of floats, as nobody says otherwise."""
    layers = library.layers
    inputs = library.Input((6,))
    x = layers.Flatten()(layers.Embedding(30, 8)(inputs))
    return library.Model(inputs, layers.Dense(3)(layers.Dense(8, activation="relu")(x)))


def image(library):
    layers = library.layers
    inputs = library.Input((None, None, 3))
    x = layers.Conv2D(8, 3, strides=2, activation="relu")(layers.Conv2D(8, 3, activation="relu")(inputs))
    return library.Model(inputs, layers.Dense(3)(layers.GlobalAveragePooling2D()(x)))


def sequence(library):
    layers = library.layers
    inputs = library.Input((None, 4))
    return library.Model(inputs, layers.Dense(3)(layers.GRU(8)(layers.Conv1D(8, 3, activation="relu")(inputs))))


@pytest.mark.parametrize("library", [keras, tf_keras], ids=["keras3", "keras2"])
@pytest.mark.parametrize("build", [embedding, image, sequence])
def test_a_cut_without_data_is_proven(build, library, edgeprune, tmp_path):
    build(library).save(tmp_path / "m.keras")
    done = edgeprune("prune", "m.keras", *CUT, "--check", cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    assert done.json["rows"][1]["parameters"] < done.json["rows"][0]["parameters"]
    assert done.json["check"]["relative_error"] <= 1e-5


def test_strings_end_in_one_line(edgeprune, tmp_path):
    text = keras.Input((1,), dtype="string", name="text")
    numbers = keras.layers.Embedding(20, 8)(keras.layers.Hashing(20)(text))
    keras.Model(text, keras.layers.Dense(3)(keras.layers.Flatten()(numbers))).save(tmp_path / "m.keras")
    for command in (("prune", "m.keras", *CUT, "--check"), ("export", "m.keras", "--tflite", "m.tflite")):
        done = edgeprune(*command, cwd=tmp_path)
        assert done.exit_code == 1
        assert done.stderr.strip().startswith("error: input 'text': expected numbers, found strings")


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """A Keras 3 model that insists on a dict, and data for it."""
    folder = tmp_path_factory.mktemp("named")
    left, right = keras.Input((3,), name="left"), keras.Input((4,), name="right")
    x = keras.layers.Dense(8, activation="relu")(keras.layers.Concatenate()([left, right]))
    model = keras.Model({"right": right, "left": left}, keras.layers.Dense(3, activation="softmax")(x))
    model.compile("adam", "sparse_categorical_crossentropy")
    model.save(folder / "m.keras")
    random = np.random.default_rng(0)
    a, b = random.normal(size=(96, 3)), random.normal(size=(96, 4))
    labels = (a[:, 0] > 0) + (b[:, 0] > 0).astype(int)
    test = {"x_test_left": a[:32], "x_test_right": b[:32], "y_test": labels[:32]}
    np.savez(folder / "d.npz", x_train_left=a, x_train_right=b, y_train=labels, **test)
    return folder


@pytest.mark.parametrize(
    "options",
    [
        "--method structured --ratio 0.5 --criterion taylor --check --epochs 1 --distill",
        "--method structured --ratio 0.5 --criterion apoz",
        "--method scheduled --sparsity 0.5 --epochs 1",
        "--threshold 0.1 --tflite m.tflite",
    ],
)
def test_named_inputs_get_what_is_theirs(options, named, edgeprune, tmp_path):
    data = ("--data", named / "d.npz", "--format", "json")
    done = edgeprune("prune", named / "m.keras", *options.split(), *data, cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    assert done.json["rows"][-1]["score"] is not None


@pytest.mark.parametrize(
    ("options", "warning"),
    [
        (("--ratio", 0.01), "nothing is removed: what is asked for is less than one step of any group"),
        (("--ratio", 0.2, "--align", 8), "whose channels go in steps of 8 (--align)"),
    ],
)
def test_a_cut_that_removes_nothing_says_so(options, warning, named, edgeprune, tmp_path):
    done = edgeprune("prune", named / "m.keras", "--method", "structured", *options, "--dry-run", cwd=tmp_path)
    assert done.exit_code == 0
    assert warning in done.stderr
