import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprune.contracts.errors import DataError
from edgeprune.dataset_io.facts import label_facts, merged
from edgeprune.dataset_io.options import DataOptions
from edgeprune.dataset_io.parts import ArrayPart
from edgeprune.dataset_io.preprocess import Preparation, input_rules
from edgeprune.dataset_io.shapes import fitted_shape
from edgeprune.dataset_io.suitability.suiting import Unscaled, suit
from edgeprune.dataset_io.tasks import infer_task


@pytest.mark.parametrize(
    ("found", "wanted", "fitted"),
    [
        ((28, 28), (784,), (784,)),
        ((28, 28), (28, 28, 1), (28, 28, 1)),
        ((28, 28, 1), (28, 28), (28, 28)),
        ((28, 28, 1), (784,), (784,)),
        ((784,), (28, 28, 1), (28, 28, 1)),
        ((), (1,), (1,)),
        ((7, 3), (None, 3), (7, 3)),
        ((7, 3), (None, None, 1), (7, 3, 1)),
        ((32, 32, 3), (None, None, 3), (32, 32, 3)),
        ((14, 56), (28, 28), None),
        ((3, 32, 32), (32, 32, 3), None),
        ((28, 28), (28, 28, 3), None),
        ((28, 28), (10,), None),
        ((), (10,), None),
        ((784,), (None, None, 1), None),
    ],
)
def test_plain_shapes_fit_and_others_do_not(found, wanted, fitted):
    assert fitted_shape(found, wanted) == fitted


@given(st.lists(st.integers(1, 4), min_size=0, max_size=4), st.lists(st.integers(1, 4), min_size=0, max_size=4))
def test_a_fitted_shape_holds_the_same_numbers_and_matches_what_was_wanted(found, wanted):
    fitted = fitted_shape(tuple(found), tuple(wanted))
    if fitted is not None:
        assert np.prod(fitted) == np.prod(found)
        assert fitted == tuple(wanted)


def prepare(array, interface, **options):
    """The array as `open_data` prepares it for a model whose answers nobody has seen, and the notes."""
    labels = np.arange(len(array)) % interface.outputs[0].shape[-1]
    part = ArrayPart((array,), (labels,))
    (rule,), notes = input_rules(interface, part.input_facts)
    task, label_rules, _ = infer_task(interface, part.label_facts, DataOptions())
    unscaled = Unscaled(
        part=part,
        origin="training",
        interface=interface,
        facts=part.input_facts,
        preparation=Preparation(inputs=(rule,), labels=label_rules),
        task=task,
    )
    suited = suit(unscaled, DataOptions(**options), predict=None)
    return suited.preparation.inputs[0].apply(array), " ".join((*notes, *suited.notes))


BYTES = np.arange(0, 256, dtype=np.uint8).reshape(4, 8, 8)


@pytest.mark.parametrize(
    ("array", "divisor"),
    [
        (BYTES, 255),
        (BYTES.astype(np.int64), 255),
        (BYTES.astype(np.float32), 255),
        (BYTES.astype(np.uint16) * 257, 65535),
        (BYTES.astype(np.int64) * 257, 1),
        (BYTES.astype(np.float32) / 255, 1),
        (BYTES.astype(np.float32) + 0.5, 1),
        (BYTES.astype(np.int16) - 128, 1),
        ((BYTES > 99).astype(np.uint8), 1),
    ],
)
def test_whole_number_images_are_scaled_to_one(make_interface, array, divisor):
    ready, notes = prepare(array, make_interface((8, 8)))
    np.testing.assert_array_equal(ready, array.astype(np.float32) / np.float32(divisor))
    assert ready.dtype == np.float32
    assert (f"divided by {divisor}" in notes) == (divisor != 1)


def test_word_numbers_and_features_are_left_alone(make_interface):
    words = np.arange(40).reshape(4, 10)
    for dtype in ("float32", "int32"):
        ready, _ = prepare(words, make_interface((10,), dtype=dtype))
        np.testing.assert_array_equal(ready, words)
        assert ready.dtype == dtype
    ready, _ = prepare(BYTES, make_interface((8, 8), dtype="uint8"))
    np.testing.assert_array_equal(ready, BYTES)


def test_bytes_of_any_rank_are_pixels(make_interface):
    assert prepare(BYTES.reshape(4, 64), make_interface((64,)))[0].max() == 1


def test_a_model_that_scales_for_itself_gets_raw_values(make_interface):
    ready, notes = prepare(BYTES, make_interface((8, 8), scales_itself=True))
    assert ready.max() == 255
    assert "the model scales them itself" in notes


def test_the_user_decides_on_the_scale(make_interface):
    assert prepare(BYTES, make_interface((8, 8)), scale="none")[0].max() == 255
    ready, notes = prepare(BYTES, make_interface((8, 8)), scale="0.5")
    assert ready.max() == 127.5
    assert "multiplied by 0.5" in notes


def test_the_users_array_is_not_changed(make_interface):
    array = BYTES.astype(np.float32)
    prepare(array, make_interface((8, 8)))
    assert array.max() == 255


@pytest.mark.parametrize(
    ("array", "dtype", "message"),
    [
        (np.array([[0.5]]), "int32", "takes int32, the data has float64"),
        (np.array([[300]]), "uint8", "give whole numbers from 0 to 255"),
        (np.array([[1]]), "string", "takes text"),
        (np.array([[1e300]]), "float32", r"takes float32, the data runs from 1e\+300"),
    ],
)
def test_types_that_would_lose_something_are_refused(make_interface, array, dtype, message):
    with pytest.raises(DataError, match=message):
        prepare(array, make_interface((1,), dtype=dtype))


@given(st.lists(st.integers(-3, 5), min_size=2, max_size=30), st.integers(1, 29))
def test_facts_do_not_depend_on_how_the_data_is_cut(values, place):
    array = np.array(values)
    place = min(place, len(array) - 1)
    whole = label_facts(array)
    assert whole == merged((label_facts(array[:place]), label_facts(array[place:])))
    assert sum(whole.value_counts.values()) == len(values)
