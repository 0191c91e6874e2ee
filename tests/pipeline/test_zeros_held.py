"""What was chosen to be zero is zero in the end: held while training, counted in rows and layers alike."""

import keras
import numpy as np
import pytest
import tf_keras

WORDS, LENGTH, CLASSES = 40, 6, 3
KERASES = {"words2.keras": tf_keras, "words3.keras": keras}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model with an Embedding in each Keras; the class of a text is that of its largest word."""
    made = tmp_path_factory.mktemp("words")
    words = np.random.default_rng(0).integers(0, WORDS, (256, LENGTH))
    labels = words.max(axis=1) * CLASSES // WORDS
    np.savez(made / "d.npz", x_train=words, y_train=labels, x_test=words[:64], y_test=labels[:64])
    for file, library in KERASES.items():
        layers = library.layers
        library.utils.set_random_seed(0)
        model = library.Sequential(
            [
                library.Input((LENGTH,), dtype="int32"),
                layers.Embedding(WORDS, 8, name="embedding"),
                layers.GlobalAveragePooling1D(),
                layers.Dense(CLASSES, activation="softmax", name="scores"),
            ]
        )
        model.compile(library.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
        model.save(made / file)
    return made


def table_of(file, library):
    model = library.models.load_model(file)
    return np.asarray(model.get_layer("embedding").get_weights()[0])


@pytest.mark.parametrize(
    ("model", "method"),
    [
        ("words2.keras", "magnitude --sparsity 0.5"),
        ("words3.keras", "magnitude --sparsity 0.5 --clusters 8"),
        ("words3.keras", "scheduled --sparsity 0.5"),
        ("words2.keras", "set --sparsity 0.5"),
    ],
)
def test_zeros_of_an_embedding_are_held_and_counted(model, method, folder, edgeprune, tmp_path):
    options = f"--method {method} --include embedding* --epochs 2 --batch-size 32 --format json --tflite t.tflite"
    done = edgeprune("prune", folder / model, "--data", folder / "d.npz", *options.split(), cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    table = table_of(tmp_path / model.replace(".", ".pruned."), KERASES[model])
    layers = {layer["name"]: layer for layer in done.json["layers"]}
    assert (table == 0).sum() == layers["embedding"]["zeros"] == WORDS * 8 // 2
    assert len(np.unique(table)) > 2
    rows = done.json["rows"]
    assert [row["prunable_weights"] for row in rows] == [WORDS * 8 + 8 * CLASSES] * len(rows)
    assert rows[0]["zero_weights"] == 0
    assert rows[-1]["zero_weights"] == sum(layer["zeros"] for layer in layers.values())


def test_zeros_of_an_embedding_are_held_in_every_point_of_a_sweep(folder, edgeprune, tmp_path):
    options = "--sparsities 0.25,0.5 --method magnitude --include embedding --epochs 1 --batch-size 32 --format json"
    done = edgeprune("sweep", folder / "words2.keras", "--data", folder / "d.npz", *options.split(), cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    assert [row["zero_weights"] for row in done.json["rows"]] == [0, WORDS * 2, WORDS * 4]


@pytest.mark.parametrize("epochs", [0, 1])
def test_a_cut_keeps_the_zeros_that_are_there(epochs, samples, edgeprune, tmp_path):
    data = ("--data", samples / "digits.npz", "--format", "json")
    sparse = ("--method", "magnitude", "--sparsity", 0.8, "--output", "sparse.keras")
    assert edgeprune("prune", samples / "digits_cnn.keras", *sparse, *data, cwd=tmp_path).exit_code == 0
    cut = ("--method", "structured", "--ratio", 0.3, "--output", "cut.keras")
    training = ("--epochs", epochs, "--batch-size", 32) if epochs else ()
    done = edgeprune("prune", "sparse.keras", *cut, *training, *data, cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    kernels = [weight for weight in keras.models.load_model(tmp_path / "cut.keras").get_weights() if weight.ndim > 1]
    zeros = sum(int((kernel == 0).sum()) for kernel in kernels)
    assert zeros > 0.7 * sum(kernel.size for kernel in kernels)
    assert zeros == done.json["rows"][-1]["zero_weights"] == sum(layer["zeros"] for layer in done.json["layers"])
