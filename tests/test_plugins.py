"""The contract of every plug-in: the folders are gone through, no name is listed here.

What each criterion, method and format computes is tested beside it; here stands what makes a new file one of them.
"""

import contextlib
import inspect
from dataclasses import fields

import numpy as np
import pytest

from edgeprune.cli.methods import KINDS
from edgeprune.contracts.errors import DataError, UsageError
from edgeprune.contracts.plugins import catalogue, load
from edgeprune.contracts.recipes.recipe import MethodRecipe, PointRecipe
from edgeprune.dataset_io.answers import CLASSES, QUANTITIES
from edgeprune.dataset_io.scoring import for_outputs
from edgeprune.pipeline.planning.methods import PLANNERS
from edgeprune.pipeline.requests.prune import EVERY_METHODS, TRAINING_KINDS, load_method
from edgeprune.tflite_export.verification.bounds import ErrorBound
from tests.plugin_cases.answers import answers
from tests.pruning.test_criteria import evidence

LONGEST_SUMMARY = 120
METHODS, CRITERIA = "edgeprune.pruning.methods", "edgeprune.pruning.criteria"
NUMERICS, FORMATS = "edgeprune.tflite_export.numerics", "edgeprune.dataset_io.formats"
METRICS = "edgeprune.dataset_io.metrics"
AMOUNTS = {
    "threshold": 0.1,
    "sparsity": 0.5,
    "ratio": 0.5,
    "macs": 0.5,
    "count": 1,
}
"""Ways to say how much goes, each with a good value."""


def plugins(package: str):
    return pytest.mark.parametrize("name", catalogue(package))


@pytest.mark.parametrize(
    ("package", "name"),
    [(package, name) for package in KINDS.values() for name in catalogue(package)],
)
def test_a_summary_is_one_plain_line(package, name):
    summary = catalogue(package)[name]
    assert 10 < len(summary) <= LONGEST_SUMMARY
    assert summary == " ".join(summary.split())
    assert not summary.endswith(".")


@plugins(METHODS)
def test_a_method_has_a_kind_that_can_be_planned(name):
    assert load(METHODS, name).KIND in PLANNERS


@plugins(METHODS)
def test_a_method_names_options_that_there_are(name):
    options = load(METHODS, name).OPTIONS
    assert set(options) <= {field.name for field in fields(MethodRecipe)}
    assert not EVERY_METHODS & set(options)


@plugins(METHODS)
def test_an_option_of_other_methods_is_refused_with_their_names(name):
    amount = next({one: value} for one, value in AMOUNTS.items() if one in load(METHODS, name).OPTIONS)
    foreign = {one: value for one, value in AMOUNTS.items() if one not in load(METHODS, name).OPTIONS}
    for one, value in foreign.items():
        with pytest.raises(UsageError, match=f"--{one} is not for --method {name}; it is for "):
            load_method(PointRecipe(method=name, **amount, **{one: value}))


@plugins(METHODS)
def test_a_method_asks_for_an_amount_and_says_how_to_give_it(name):
    if load(METHODS, name).KIND in TRAINING_KINDS:
        pytest.skip("methods that train have default amounts")
    with pytest.raises(UsageError, match=rf"--method {name} needs .*--\w+.*; for example --\w+ \d"):
        load(METHODS, name).check(MethodRecipe(method=name))


@plugins(METHODS)
def test_a_method_takes_one_of_the_amounts(name):
    method = load(METHODS, name)
    assert set(AMOUNTS) <= {field.name for field in fields(MethodRecipe)}
    assert [amount for amount, value in AMOUNTS.items() if accepts(method, MethodRecipe(**{amount: value}))]


def accepts(method, recipe: MethodRecipe) -> bool:
    try:
        method.check(recipe)
    except UsageError:
        return False
    return True


@plugins(CRITERIA)
def test_a_criterion_gives_one_finite_score_a_unit_and_changes_nothing(name):
    criterion, seen = load(CRITERIA, name), evidence()
    assert criterion.NEEDS in ("weights", "activations", "gradients")
    assert isinstance(criterion.COMPARABLE, bool)
    scores = criterion.score(seen)
    assert scores.shape == (len(seen.graph.group_of),)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    assert all(np.array_equal(weight, evidence().weights[key]) for key, weight in seen.weights.items())


@plugins(NUMERICS)
def test_a_numeric_format_says_what_it_needs_and_how_exact_it_is(name):
    numeric = load(NUMERICS, name)
    assert isinstance(numeric.NEEDS_CALIBRATION, bool)
    assert "float32" in numeric.IO
    assert isinstance(numeric.BOUND, ErrorBound)
    bounds = (numeric.BOUND.largest, numeric.BOUND.mean)
    assert any(bound is not None for bound in bounds), "a format without a bound would let any file through"
    assert list(inspect.signature(numeric.configure).parameters) == ["converter", "calibration", "io"]


@plugins(FORMATS)
def test_a_data_format_knows_its_own_and_only_existing_sources(name, tmp_path):
    data_format = load(FORMATS, name)
    assert data_format.matches(str(tmp_path / "missing.npz")) is False
    assert list(inspect.signature(data_format.read).parameters) == ["source", "interface", "options"]


def test_no_two_data_formats_claim_the_same_source(samples, tmp_path):
    (tmp_path / "table.csv").write_text("x,y\n1,0\n")
    for source in (samples / "digits.npz", tmp_path / "table.csv", "mnist"):
        claims = [name for name in catalogue(FORMATS) if load(FORMATS, name).matches(str(source))]
        assert len(claims) == 1, f"{source}: {claims}"


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
