"""The contract of plug-ins for data: every format is written and read, every metric scores all that it says it fits."""

import contextlib
import inspect

import numpy as np
import pytest

from edgeprune.contracts.errors import DataError
from edgeprune.contracts.plugins import catalogue, load
from edgeprune.dataset_io.answers import CLASSES, QUANTITIES
from edgeprune.dataset_io.examples import HOLDINGS, ONE_PART, SEVERAL_ARRAYS, TEST_PART, TEXT_LABELS
from edgeprune.dataset_io.opening import open_data
from edgeprune.dataset_io.options import DataOptions
from edgeprune.dataset_io.scoring import for_outputs
from tests.plugin_cases.answers import answers
from tests.plugin_cases.sources import AUTOENCODER, PLAIN, SEVERAL, all_numbers, examples, knows_classes

FORMATS, METRICS = "edgeprune.dataset_io.formats", "edgeprune.dataset_io.metrics"


def plugins(package: str):
    return pytest.mark.parametrize("name", catalogue(package))


@plugins(FORMATS)
def test_a_data_format_says_what_it_takes_and_what_it_can_hold(name, tmp_path):
    data_format = load(FORMATS, name)
    assert data_format.matches(str(tmp_path / "missing.npz")) is False
    assert catalogue(FORMATS)[name].partition(": ")[2], "WHAT: what is expected in it"
    assert set(data_format.HOLDS) <= set(HOLDINGS)
    assert {TEST_PART, ONE_PART} & set(data_format.HOLDS)
    assert list(inspect.signature(data_format.read).parameters) == ["source", "interface", "options"]


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes examples in a format, finds the format by what was written, and opens it for a model."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    def opened(name, interface, label=None, **how):
        holds = load(FORMATS, name).HOLDS
        parts = {"train": examples(np.arange(30), **how)}
        if TEST_PART in holds:
            parts["test"] = examples(np.arange(30, 42), **how)
        source = load(FORMATS, name).write(tmp_path, parts)
        claims = [other for other in catalogue(FORMATS) if load(FORMATS, other).matches(source)]
        assert claims == [name], f"{source} is of one form"
        options = DataOptions(scale="none", label=label, target_is_input=interface is AUTOENCODER)
        data = open_data(source, interface, options, knows_classes if label else None)
        train, validation, test = all_numbers(data)
        assert len(train) > len(validation) > 0
        assert sorted(train + validation + test) == list(range(42 if TEST_PART in holds else 30))
        assert sorted(test) == list(range(30, 42)) or TEST_PART not in holds
        return data

    return opened


@plugins(FORMATS)
def test_a_data_format_reads_what_it_writes(name, written):
    assert written(name, PLAIN).task.kinds == ("multiclass",)


@plugins(FORMATS)
def test_a_data_format_that_holds_one_part_has_it_split(name, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    if ONE_PART not in load(FORMATS, name).HOLDS:
        pytest.skip("it always has a test part")
    source = load(FORMATS, name).write(tmp_path, {"train": examples(np.arange(30))})
    train, validation, test = all_numbers(open_data(source, PLAIN, DataOptions(scale="none", validation_split=0.5)))
    assert (len(test), sorted(train + validation + test)) == (15, list(range(30)))


@plugins(FORMATS)
def test_a_data_format_that_holds_text_numbers_its_classes(name, written):
    if TEXT_LABELS not in load(FORMATS, name).HOLDS:
        pytest.skip("its labels are numbers")
    assert any("ape" in note and "cat" in note for note in written(name, PLAIN, text=True).notes)


@plugins(FORMATS)
def test_a_data_format_holds_several_arrays_or_refuses_such_models(name, written):
    if SEVERAL_ARRAYS in load(FORMATS, name).HOLDS:
        assert written(name, SEVERAL, several=True).task.kinds == ("multiclass",) * 2
        return
    with pytest.raises(DataError, match=r"the model has 2 inputs and 2 outputs; give .*FILE\.npz"):
        written(name, SEVERAL)


@plugins(FORMATS)
def test_a_data_format_serves_autoencoders(name, written):
    assert written(name, AUTOENCODER, labelled=False).task.kinds == ("reconstruction",)


@plugins(FORMATS)
@pytest.mark.parametrize("labelled", [False, True], ids=["inputs alone", "labels to be ignored"])
def test_a_data_format_serves_data_without_labels(name, labelled, written):
    if labelled and name == "table":
        pytest.skip("every column is an input then")
    data = written(name, PLAIN, label="none", labelled=labelled)
    assert (data.task.metric.name, data.task.kinds, data.task.labelled) == ("agreement", ("multiclass",), False)
    for part in (data.validation, data.test):  # `written` has held the labels against the examples
        for (pixels,), (kinds,) in [*part.batches(5), *part.batches(5, np.array([0, 1]), shuffle_seed=1)]:
            assert kinds.dtype == np.int32
            np.testing.assert_array_equal(kinds, pixels[:, 0, 0, 0] % 3)
    assert next(data.train.batches(5))[1] == ()


@plugins(FORMATS)
def test_a_data_format_with_several_inputs_needs_no_labels(name, written):
    if SEVERAL_ARRAYS in load(FORMATS, name).HOLDS:
        assert written(name, SEVERAL, label="none", several=True, labelled=False).task.kinds == ("multiclass",) * 2


@plugins(FORMATS)
def test_a_damaged_file_of_a_data_format_is_one_line(name, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    holds = load(FORMATS, name).HOLDS
    parts = {part: examples(np.arange(30)) for part in ("train", "test") if part == "train" or TEST_PART in holds}
    source = load(FORMATS, name).write(tmp_path, parts)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    whole = {file: file.read_bytes() for file in files}
    for damage in (b"", b"\xff\x00 junk \n{", None):
        for file in files:
            file.write_bytes(whole[file][: len(whole[file]) // 2] if damage is None else damage)
        with contextlib.suppress(DataError):  # half of a text may be right
            open_data(source, PLAIN, DataOptions())
            assert damage is None


@plugins(METRICS)
def test_a_metric_states_its_facts(name):
    metric = load(METRICS, name)
    assert metric.FITS
    assert set(metric.FITS) <= {*CLASSES, *QUANTITIES}
    assert {type(metric.HIGHER_IS_BETTER), type(metric.BOUNDED), type(metric.PERCENT)} == {bool}


@plugins(METRICS)
def test_a_metric_ranks_answers_as_it_says_and_is_one_for_right_ones_or_zero_for_an_error(name):
    metric = load(METRICS, name)
    sign = 1 if metric.HIGHER_IS_BETTER else -1
    for what, given in asked(metric):
        right, half, wrong, chance = (metric.score(given.labels, each, given.output) for each in given.all)
        assert all(isinstance(score, float) for score in (right, half, wrong, chance)), what
        assert sign * right > sign * half > sign * wrong, what
        assert sign * right > sign * chance, what
        if not metric.HIGHER_IS_BETTER:
            assert right == pytest.approx(0, abs=1e-3), what
        elif metric.BOUNDED:
            assert right == pytest.approx(1), what


@plugins(METRICS)
def test_a_metric_is_bounded_by_one_if_and_only_if_it_says_so(name):
    """By this fact alone --max-drop counts points of 100 or per cent."""
    metric = load(METRICS, name)
    seen = [metric.score(given.labels, each, given.output) for _, given in asked(metric) for each in given.all]
    assert (max(seen) <= 1) == metric.BOUNDED
    assert not metric.PERCENT or (metric.BOUNDED and min(seen) >= 0)


@plugins(METRICS)
def test_a_metric_changes_nothing_and_takes_parts_of_one_class(name):
    metric = load(METRICS, name)
    for _, given in asked(metric):
        before = [array.copy() for array in (given.labels, given.chance)]
        first = metric.score(given.labels, given.chance, given.output)
        assert first == metric.score(given.labels, given.chance, given.output)
        assert all(map(np.array_equal, before, (given.labels, given.chance)))
        if given.output.kind in CLASSES:
            same = np.repeat(given.labels[:1], len(given.labels), axis=0)
            with contextlib.suppress(DataError):  # auc needs two
                assert np.isfinite(metric.score(same, given.chance, given.output))


@plugins(METRICS)
def test_the_score_of_answers_that_are_not_finite_is_not_a_number(name):
    for kind in load(METRICS, name).FITS:
        (scored,) = for_outputs(name, (kind,), (False,))
        given = next(iter(answers(kind).values()))
        assert np.isnan(scored.compute(given.labels, np.full_like(given.right, np.nan)))


def asked(metric):
    """All forms of answers of the kinds of task that a metric names."""
    return [(f"{kind}: {what}", given) for kind in metric.FITS for what, given in answers(kind).items()]
