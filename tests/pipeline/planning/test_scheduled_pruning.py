"""`--method scheduled`, from the command to the saved file, for both Kerases."""

import keras
import numpy as np
import pytest
import tf_keras

from tests.keras_models.saved_models import save

BARE = ("--method", "magnitude", "--scope", "layer", "--no-repair")
SCHEDULED = ("--method", "scheduled", "--format", "json")
TRAINED = (*SCHEDULED, "--epochs", 2, "--batch-size", 32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small model of each Keras, with layers that TFMOT cannot wrap, and data that they can learn."""
    folder = tmp_path_factory.mktemp("scheduled")
    generator = np.random.default_rng(0)
    x = generator.normal(size=(240, 6, 6, 4)).astype("float32")
    np.savez(folder / "data.npz", x=x, y=(x[:, :3].sum((1, 2, 3)) > x[:, 3:].sum((1, 2, 3))).astype("int64"))
    for k, name in ((keras, "m.keras"), (tf_keras, "m.h5")):
        k.utils.set_random_seed(1)
        inner = [
            k.layers.Input((6, 6, 4)),
            k.layers.Rescaling(0.5),
            k.layers.Conv2D(8, 3, activation="relu", name="conv"),
            k.layers.DepthwiseConv2D(3, name="depthwise"),
            k.layers.BatchNormalization(name="bn"),
        ]
        tensor = k.layers.Input((6, 6, 4))
        x = k.layers.Flatten()(k.Sequential(inner, name="backbone")(tensor))
        x = k.layers.Dense(10, activation="relu", name="hidden")(x)
        model = k.Model(tensor, k.layers.Dense(2, activation="softmax", name="head")(x))
        model.compile(k.optimizers.SGD(0.01, momentum=0.5), {"head": "sparse_categorical_crossentropy"})
        save(model, folder / name)
    return folder


def load(path):
    return (tf_keras if path.suffix == ".h5" else keras).models.load_model(path)


def kernels(model):
    inner = model.get_layer("backbone")
    found = [*((inner.get_layer(name)) for name in ("conv", "depthwise")), *map(model.get_layer, ("hidden", "head"))]
    return {layer.name: layer.get_weights()[0] for layer in found}


@pytest.mark.parametrize("model", ["m.keras", "m.h5"])
def test_the_saved_model_has_exactly_the_zeros_that_were_asked_for(prune, folder, tmp_path, model):
    done = prune(model, "--conv-sparsity", 0.5, "--dense-sparsity", 0.75, *TRAINED)
    assert done.exit_code == 0, done.stderr
    layers = {row["name"]: row for row in done.json["layers"]}
    pruned, original = load(tmp_path / f"m.pruned.{model.partition('.')[2]}"), load(folder / model)
    found = kernels(pruned)
    zeros = {name: int(np.count_nonzero(kernel == 0)) for name, kernel in found.items()}
    assert zeros == {"conv": 144, "depthwise": 0, "hidden": 240, "head": 15}
    assert not any(np.signbit(kernel[kernel == 0]).any() for kernel in found.values())
    assert zeros["conv"] == layers["backbone/conv"]["zeros"]
    assert layers["backbone/depthwise"]["status"] == "skipped"
    assert layers["backbone/depthwise"]["reason"].startswith("TFMOT does not prune the ")
    assert not np.array_equal(found["depthwise"], kernels(original)["depthwise"])  # it is trained all the same
    assert [layer.name for layer in pruned.layers] == [layer.name for layer in original.layers]
    assert pruned.optimizer.momentum == 0.5
    assert [row["stage"] for row in done.json["rows"]] == ["original", "pruned"]


def test_a_pattern_and_the_unpruned_model_as_teacher(prune, tmp_path):
    done = prune("m.keras", "--pattern", "2:4", "--distill", *TRAINED)
    assert done.exit_code == 0, done.stderr
    found = kernels(load(tmp_path / "m.pruned.keras"))
    groups = np.moveaxis(found["conv"], -2, -1).reshape(-1, 4)
    assert (np.count_nonzero(groups, axis=1) == 2).all()
    assert np.count_nonzero(found["hidden"]) == 160


def test_blocks_at_once_leave_other_layers_with_their_zeros(prune, tmp_path):
    assert prune("m.h5", *BARE, "--sparsity", 0.5, "--output", "half.h5").exit_code == 0
    blocks = ("--block", "1x4", "--sparsity", 0.75, "--scope", "layer", "--schedule", "constant")
    done = prune(tmp_path / "half.h5", *blocks, *TRAINED)
    assert done.exit_code == 0, done.stderr
    found = kernels(load(tmp_path / "half.pruned.h5"))
    blocks = found["hidden"].T.reshape(-1, 4)
    assert np.count_nonzero(blocks.any(axis=1)) == 20
    assert np.count_nonzero(found["conv"] == 0) == 144
    layers = {row["name"]: row for row in done.json["layers"]}
    assert layers["backbone/conv"]["reason"] == "blocks need a kernel of 2 axes, this has 4"


def test_one_share_is_that_of_all_layers_and_zeros_from_before_stay(prune, tmp_path):
    assert prune("m.keras", *BARE, "--sparsity", 0.75, "--output", "half.keras").exit_code == 0
    before = kernels(load(tmp_path / "half.keras"))
    done = prune(tmp_path / "half.keras", "--sparsity", 0.8, *TRAINED)
    assert done.exit_code == 0, done.stderr
    found = kernels(load(tmp_path / "half.pruned.keras"))
    zeros = {name: int(np.count_nonzero(kernel == 0)) for name, kernel in found.items()}
    assert zeros["conv"] + zeros["hidden"] + zeros["head"] == round(0.8 * (288 + 320 + 20))
    assert zeros["head"] < 0.8 * 20
    assert all((found[name][before[name] == 0] == 0).all() for name in ("hidden", "head"))


def test_a_dry_run_shows_the_zeros_that_are_to_come(folder, edgeprune, tmp_path):
    done = edgeprune("prune", folder / "m.keras", "--sparsity", 0.75, "--dry-run", *SCHEDULED, cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    layers = {row["name"]: row for row in done.json["layers"]}
    assert layers["hidden"]["zeros"] > 240
    assert layers["head"]["zeros"] < 15
    assert done.json["rows"][1]["zero_weights"] == 240 + 216 + 15
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--sparsity", 0.2), 1, "hidden/kernel: 160 of 320 weights are zero already, and 126 are asked for"),
        (("--policy", "xnnpack"), 1, "--policy xnnpack: XNNPACK cannot run this model sparsely: Could not find"),
        (("--exclude", "h*", "--exclude", "*/conv"), 1, "TFMOT can prune no layer: TFMOT does not prune the "),
    ],
)
def test_what_cannot_be_done_is_said_before_training(prune, tmp_path, options, code, message):
    assert prune("m.h5", "--method", "magnitude", "--sparsity", 0.5, "--include", "hidden").exit_code == 0
    done = prune(tmp_path / "m.pruned.h5", *TRAINED, *options, "--output", "new.h5")
    assert done.exit_code == code
    assert message in done.stderr
    assert "epoch 1/" not in done.stderr
    assert not (tmp_path / "new.h5").exists()
