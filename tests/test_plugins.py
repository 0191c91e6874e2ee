"""The contract of every plug-in: the folders are gone through, no name is listed here.

Those for data have theirs in `test_plugins_data.py`. What each criterion, method and format computes is tested beside
it; here stands what makes a new file one of them.
"""

import inspect
from dataclasses import fields

import numpy as np
import pytest

from edgeprune.cli.methods import KINDS
from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.plugins import catalogue, load
from edgeprune.contracts.recipes.recipe import MethodRecipe, PointRecipe
from edgeprune.pipeline.planning.planner import Planner
from edgeprune.pipeline.requests.chosen_method import EVERY_METHODS, TRAINING_KINDS, load_method
from edgeprune.pruning.cuts.structured_cut import CutRequest, plan_cut
from edgeprune.tflite_export.verification.bounds import ErrorBound
from tests.plugin_cases.channels import MODEL, SEEN, renumbered, uneven_evidence
from tests.pruning.test_criteria import evidence

LONGEST_SUMMARY = 120
METHODS, CRITERIA = "edgeprune.pruning.methods", "edgeprune.pruning.criteria"
NUMERICS = "edgeprune.tflite_export.numerics"
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
    assert load(METHODS, name).KIND in Planner(session=None).kinds


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
def test_a_criterion_says_what_it_looks_at(name):
    assert load(CRITERIA, name).NEEDS in ("weights", "activations", "moments", "gradients")


@plugins(CRITERIA)
@pytest.mark.parametrize("make", [evidence, uneven_evidence])
def test_a_criterion_gives_one_finite_score_a_unit_that_it_can_see_and_changes_nothing(name, make):
    criterion, seen = load(CRITERIA, name), make()
    scores = criterion.score(seen)
    assert scores.shape == (len(seen.graph.group_of),)
    assert scores.dtype == np.float64
    assert np.isfinite(scores[:SEEN]).all()
    assert not np.isinf(scores).any(), "a unit of which nothing is seen is NaN"
    assert (scores[:SEEN] >= 0).all(), "shares of what is left are taken of them"
    assert np.array_equal(scores, criterion.score(make()), equal_nan=True), "the same evidence gives the same scores"
    assert all(np.array_equal(weight, make().weights[key]) for key, weight in seen.weights.items())


@plugins(CRITERIA)
def test_a_criterions_score_belongs_to_the_unit_and_not_to_its_number(name):
    criterion, seen = load(CRITERIA, name), uneven_evidence()
    scores = criterion.score(seen)
    if not np.array_equal(scores, criterion.score(uneven_evidence(seed=1)), equal_nan=True):
        pytest.skip("its scores are drawn")
    other, now = renumbered(seen)
    np.testing.assert_allclose(criterion.score(other)[now], scores)


@plugins(CRITERIA)
def test_a_criterion_ranks_for_a_cut(name):
    """Half of the units go, of each group or of all together; of each group at least one stays."""
    seen = uneven_evidence()
    kept = {}
    for scope in ("layer", "global"):
        request = CutRequest(criterion=name, ratio=0.5, scope=scope)
        plan = plan_cut(MODEL, seen.graph, (), seen.weights, request, seen.statistics)
        kept[scope] = np.bincount(seen.graph.group_of[plan.kept], minlength=4)
    assert kept["layer"].tolist() == [2, 1, 1, 1]
    assert kept["global"].min() >= 1
    assert kept["global"].sum() in (4, 5)


@plugins(NUMERICS)
def test_a_numeric_format_says_what_it_needs_and_how_exact_it_is(name):
    numeric = load(NUMERICS, name)
    assert isinstance(numeric.NEEDS_CALIBRATION, bool)
    assert "float32" in numeric.IO
    assert isinstance(numeric.BOUND, ErrorBound)
    bounds = (numeric.BOUND.largest, numeric.BOUND.mean)
    assert any(bound is not None for bound in bounds), "a format without a bound would let any file through"
    assert list(inspect.signature(numeric.configure).parameters) == ["converter", "calibration", "io"]
