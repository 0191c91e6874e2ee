"""`--scale auto`, classes in another order, and answers no better than chance; the models are NumPy functions."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeprune.contracts.data import Array, Data
from edgeprune.contracts.errors import DataError, UsageError
from edgeprune.contracts.model import Interface, Port
from edgeprune.contracts.scale import Scale
from edgeprune.dataset_io.facts import input_facts
from edgeprune.dataset_io.opening import open_data
from edgeprune.dataset_io.options import DataOptions
from edgeprune.dataset_io.scaling import scaling_for

COLOUR = Port(name="image", shape=(6, 6, 3))
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
CLASSES = 6


def _images(classes: int = CLASSES) -> tuple[Array, Array, Array]:
    """Noisy copies of a picture for each class, the classes one after the other; the pictures themselves."""
    generator = np.random.default_rng(3)
    pictures = generator.normal((100, 130, 160), 15, (classes, 6, 6, 3))
    labels = np.repeat(np.arange(classes), 120)
    noisy = pictures[labels] + generator.normal(0, 45, (len(labels), 6, 6, 3))
    return noisy.clip(0, 255).astype(np.uint8), labels, pictures


IMAGES, LABELS, PICTURES = _images()
CONVENTIONS: dict[str, Callable[[Array], Array]] = {
    "none": lambda x: x,
    "0:1": lambda x: x / 255,
    "-1:1": lambda x: x / 127.5 - 1,
    "standard": lambda x: (x - IMAGES.mean((0, 1, 2))) / IMAGES.std((0, 1, 2)),
    "torch": lambda x: (x / 255 - MEAN) / DEVIATION,
    "caffe": lambda x: x[..., ::-1] - np.array([103.939, 116.779, 123.68]),
}


def _nearest(pictures: Array, sharpness: float) -> Callable[[tuple[Array, ...]], tuple[Array, ...]]:
    """A model that gives the class of the nearest picture, by squared distance."""
    flat = pictures.reshape(len(pictures), -1)

    def predict(inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        images = inputs[0].reshape(len(inputs[0]), -1)
        logits = -sharpness * ((images[:, np.newaxis] - flat) ** 2).mean(axis=2)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return (odds / odds.sum(axis=1, keepdims=True),)

    return predict


def _trained_on(convention: str) -> Callable[[tuple[Array, ...]], tuple[Array, ...]]:
    ready = CONVENTIONS[convention](PICTURES)
    return _nearest(ready, 4 / ready.var())


def _taken(data: Data) -> str | None:
    return data.scale.name if data.scale else None


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., Data]:
    def open_arrays(x: Array, y: Array, predict: Any, *, port: Port = COLOUR, **options: Any) -> Data:
        np.savez(tmp_path / "data.npz", x=x, y=y)
        last = Port(name="dense", shape=(CLASSES,), activation="softmax")
        output = options.pop("output", last)
        interface = Interface(inputs=(port,), outputs=(output,))
        return open_data(str(tmp_path / "data.npz"), interface, DataOptions(**options), predict)

    return open_arrays


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_the_convention_that_a_model_was_trained_on_is_found(opened: Callable[..., Data], convention: str) -> None:
    data = opened(IMAGES, LABELS, _trained_on(convention))
    assert _taken(data) == convention
    assert not data.warnings
    scores = next(note for note in data.notes if note.startswith("scalings tried"))
    assert scores.index(f" {convention} ") < min(scores.index(f" {n} ") for n in CONVENTIONS if n != convention)
    (inputs, _) = data.test.arrays or ((), ())
    (stored, _) = opened(IMAGES, LABELS, None, scale="none").test.arrays or ((), ())
    wanted = CONVENTIONS[convention](stored[0].astype(np.float64))
    np.testing.assert_allclose(inputs[0], wanted, rtol=0, atol=0.05 * wanted.std())  # `standard` sees 512 examples


def test_a_model_that_takes_any_range_gets_the_usual_one(opened: Callable[..., Data]) -> None:
    def normalised(images: Array) -> Array:
        deviation = images.std(axis=(1, 2, 3), keepdims=True)
        return (images - images.mean(axis=(1, 2, 3), keepdims=True)) / deviation

    nearest = _nearest(normalised(PICTURES), 4)
    data = opened(IMAGES, LABELS, lambda inputs: nearest((normalised(inputs[0]),)))
    assert _taken(data) == "0:1"


def test_what_was_recorded_is_taken_for_such_values_unless_a_scale_is_given(opened: Callable[..., Data]) -> None:
    model = _trained_on("-1:1")
    found = opened(IMAGES, LABELS, model).scale
    assert found is not None
    recorded = Scale(name="standard", conventions=found.conventions)
    data = opened(IMAGES, LABELS, model, recorded=recorded)
    assert data.scale == recorded
    assert any("(--scale standard, as recorded beside the model; --scale auto finds it anew)" in n for n in data.notes)
    assert _taken(opened(IMAGES, LABELS, model, recorded=recorded, scale="auto")) == "-1:1"
    assert _taken(opened(IMAGES, LABELS, model, recorded=recorded, scale="0:1")) == "0:1"
    fractions = IMAGES.astype(np.float32) / 255
    assert _taken(opened(fractions, LABELS, model, recorded=recorded)) == "-1:1"


def test_neither_seed_nor_time_changes_the_choice_or_its_scores(opened: Callable[..., Data]) -> None:
    notes = [opened(IMAGES, LABELS, _trained_on("standard"), seed=seed).notes for seed in (0, 1)]
    assert notes[0] == notes[1]


def test_the_error_decides_where_there_are_no_classes(opened: Callable[..., Data]) -> None:
    generator = np.random.default_rng(0)
    columns = generator.normal(size=(2000, 3)) * (1, 50, 900) + (0, 10, -400)
    weights = np.array([1.0, -2.0, 3.0])
    mean, deviation = columns.mean(axis=0), columns.std(axis=0)
    quantity = Port(name="dense", shape=(1,), activation="linear")
    port = Port(name="columns", shape=(3,))
    for ready, scale in (((columns - mean) / deviation, "standard"), (columns, "none")):
        y = ready @ weights + generator.normal(size=2000)

        def linear(inputs: tuple[Array, ...]) -> tuple[Array, ...]:
            return ((inputs[0] @ weights)[:, np.newaxis],)

        data = opened(columns, y, linear, port=port, output=quantity)
        assert (_taken(data), data.warnings) == (scale, ())


def test_an_autoencoder_is_judged_by_its_own_input(opened: Callable[..., Data]) -> None:
    port = Port(name="image", shape=(6, 6, 3))
    black_and_white = np.where(IMAGES > 127, 255, 0).astype(np.uint8)
    data = opened(
        black_and_white,
        LABELS,
        lambda inputs: (np.where(inputs[0] > 0, 1.0, -1.0),),
        output=Port(name="image", shape=(6, 6, 3)),
        port=port,
        target_is_input=True,
    )
    assert _taken(data) == "-1:1"


def test_a_convention_that_the_model_cannot_compute_is_left_out(opened: Callable[..., Data]) -> None:
    words = np.arange(600).reshape(200, 3)

    def lookup(inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        if inputs[0].min() < 0:
            raise DataError("they hold -1", "choose other data")
        return (np.eye(CLASSES)[(inputs[0][:, 0] % CLASSES).astype(int)],)

    data = opened(words, words[:, 0] % CLASSES, lookup, port=Port(name="words", shape=(3,)))
    assert _taken(data) == "none"


@pytest.mark.parametrize("convention", ["0:1", "-1:1"])
@pytest.mark.parametrize("order", [[1, 2, 3, 4, 5, 0], [0, 1, 3, 4, 2, 5]])
def test_classes_in_another_order_are_named(opened: Callable[..., Data], convention: str, order: list[int]) -> None:
    data = opened(IMAGES, np.array(order)[LABELS], _trained_on(convention))
    (warning,) = data.warnings
    moved = [(label, own) for own, label in enumerate(order) if label != own]
    for label, own in moved:
        assert f"label {label} is its class {own}" in warning
    assert warning.count("is its class") == len(moved)
    assert _taken(data) == convention


def test_an_untrained_model_that_happens_to_be_wrong_more_often_than_right_knows_no_other_order(
    opened: Callable[..., Data],
) -> None:
    generator = np.random.default_rng(0)
    y = generator.integers(0, 2, 1000)
    x = (y[:, np.newaxis] + generator.normal(0, 1.5, (1000, 2))).astype(np.float32)
    output = Port(name="dense", shape=(1,), activation="sigmoid")
    data = opened(
        x, y, lambda inputs: (1 / (1 + np.exp(inputs[0][:, :1] - 0.5)),), port=Port(name="c", shape=(2,)), output=output
    )
    assert ["no better than chance" in warning for warning in data.warnings] == [True]


def test_a_model_that_knows_nothing_is_a_warning_that_says_what_was_tried(opened: Callable[..., Data]) -> None:
    generator = np.random.default_rng(1)
    data = opened(IMAGES, LABELS, lambda inputs: (generator.dirichlet(np.ones(CLASSES), len(inputs[0])),))
    (warning,) = data.warnings
    assert "no better than chance on 512 examples of the training part" in warning
    assert "(0:1, none, -1:1, standard, torch, caffe)" in warning
    assert _taken(data) == "0:1"
    (told,) = opened(IMAGES, LABELS, _trained_on("none"), scale="0.00001").warnings
    assert "with --scale 0.00001" in told


def test_the_mean_of_the_labels_is_chance_for_quantities(opened: Callable[..., Data]) -> None:
    x = np.random.default_rng(0).normal(size=(500, 2))
    quantity = Port(name="dense", shape=(1,), activation="linear")
    port = Port(name="columns", shape=(2,))
    (warning,) = opened(
        x, x[:, 0] + 5, lambda inputs: (np.full((len(inputs[0]), 1), 5.0),), port=port, output=quantity
    ).warnings
    assert "no better than the mean of the labels" in warning
    halfway = opened(x, x[:, 0] + 5, lambda inputs: (inputs[0][:, :1] * 0.5 + 5,), port=port, output=quantity)
    assert not halfway.warnings


def test_a_rare_class_that_never_passes_the_threshold_is_no_chance(opened: Callable[..., Data]) -> None:
    generator = np.random.default_rng(0)
    y = (generator.random(20_000) < 0.01).astype(int)
    x = y[:, np.newaxis] + generator.normal(size=(20_000, 2))
    output = Port(name="dense", shape=(1,), activation="sigmoid")
    port = Port(name="columns", shape=(2,))
    data = opened(x, y, lambda inputs: (1 / (1 + np.exp(5 - inputs[0][:, :1])),), port=port, output=output)
    assert not data.warnings


def test_answers_that_are_no_numbers_are_worth_nothing(opened: Callable[..., Data]) -> None:
    data = opened(IMAGES, LABELS, lambda inputs: (np.full((len(inputs[0]), CLASSES), np.nan),))
    assert "no better than chance" in data.warnings[0]


@pytest.mark.parametrize("scale", ["0", "-1", "1:0", "1:1", "x", "0:1:2", "nan", "inf:1", ""])
def test_what_names_no_scaling_is_refused(scale: str) -> None:
    with pytest.raises(UsageError, match="--scale must be auto, none, standard, torch, caffe"):
        DataOptions(scale=scale)


def test_colours_are_asked_for_where_there_are_none(opened: Callable[..., Data]) -> None:
    with pytest.raises(DataError, match="images of three colours"):
        opened(IMAGES[..., 0], LABELS, None, port=Port(name="image", shape=(6, 6)), scale="caffe")


@pytest.mark.parametrize(("name", "mode"), [("caffe", "caffe"), ("torch", "torch"), ("-1:1", "tf")])
@pytest.mark.parametrize("unit", [False, True])
def test_the_conventions_are_those_of_keras_applications(name: str, mode: str, unit: bool) -> None:
    import keras

    wanted = keras.applications.imagenet_utils.preprocess_input(IMAGES.astype(np.float32), mode=mode)
    values = IMAGES.astype(np.float32) / 255 if unit else IMAGES.astype(np.float32)
    scaling = scaling_for(name, COLOUR, input_facts(values), ())
    np.testing.assert_allclose(scaling.apply(values.copy(), may_change=True), wanted, atol=2e-4)
