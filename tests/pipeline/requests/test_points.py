"""The points of a sweep: lists of values, and methods each with their own options."""

import pytest

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.recipe import SweepRecipe
from edgeprune.pipeline.requests.points import DENSE, UNPRUNED, parse_points, sweep_points


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("0,0.1,0.5", (0.0, 0.1, 0.5)),
        ("0.3", (0.3,)),
        ("0:0.3:0.1", (0.0, 0.1, 0.2, 0.3)),
        ("0:0.1:0.03", (0.0, 0.03, 0.06, 0.09)),
    ],
)
def test_points(text, points):
    assert parse_points("--thresholds", text) == points


@pytest.mark.parametrize(
    "text", ["", "a", "0,nan", "0:1", "0:1:0", "1:0:0.1", "0:1:0.1:2", "0,inf", "0:inf:1", "0:1:1e-9"]
)
def test_points_that_are_none(text):
    with pytest.raises(UsageError, match="--thresholds: expected"):
        parse_points("--thresholds", text)


def pruned(**options):
    """(method, sparsity, ratio) of each point that prunes."""
    points = sweep_points(SweepRecipe(**options))
    recipes = [point.recipe for point in points if point.reference is None]
    return [(recipe.method, recipe.sparsity, recipe.ratio) for recipe in recipes]


def test_every_method_stands_at_every_value():
    found = pruned(methods="magnitude, pre-training", sparsities="0.5,0.8")
    names = ("magnitude", "magnitude", "pre-training", "pre-training")
    assert found == [(name, sparsity, None) for name, sparsity in zip(names, (0.5, 0.8) * 2, strict=True)]


def test_an_option_goes_to_the_methods_that_know_it():
    assert pruned(methods="magnitude,structured", sparsity=0.8, ratio=0.5) == [
        ("magnitude", 0.8, None),
        ("structured", None, 0.5),
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"methods": "magnitude,set", "sparsity": 0.5, "ratio": 0.5},
            "--ratio is not for --methods magnitude, set; it is for activation, layers, structured",
        ),
        ({"methods": "magnitude,structured", "sparsity": 0.5}, "--method structured needs either --ratio R"),
        (
            {"methods": "magnitude,structured", "sparsities": "0.5", "ratio": 0.5},
            "--sparsities lists values of --sparsity, which --method structured does not take",
        ),
        ({"methods": "magnitude,magnitud", "sparsity": 0.5}, "'magnitud' is not one of"),
        ({"methods": "magnitude", "method": "set", "sparsity": 0.5}, "exclude each other"),
        ({"methods": "magnitude", "thresholds": "0.1", "sparsities": "0.1"}, "one list of points, found 2"),
        ({"method": "magnitude", "sparsity": 0.5}, "one list of points, found 0"),
    ],
)
def test_what_no_method_or_not_all_of_them_can_take_is_refused(options, message):
    with pytest.raises(UsageError, match=message):
        sweep_points(SweepRecipe(**options))


def test_a_list_names_the_method_that_takes_it():
    assert pruned(sparsities="0.5,0.8") == [("magnitude", 0.5, None), ("magnitude", 0.8, None)]
    assert pruned(ratios="0.5") == [("structured", None, 0.5)]
    assert pruned(method="set", sparsities="0.5") == [("set", 0.5, None)]


def test_the_unpruned_model_comes_first_and_from_scratch_the_dense_one_second():
    saved = sweep_points(SweepRecipe(thresholds="0.1"))
    assert [point.reference for point in saved] == [UNPRUNED, None]
    scratch = sweep_points(SweepRecipe(thresholds="0.1", from_scratch=True, epochs=2))
    assert [point.reference for point in scratch] == [UNPRUNED, DENSE, None]


def test_what_a_point_comes_to_is_not_decided_by_the_other_points():
    alone = sweep_points(SweepRecipe(methods="magnitude", sparsity=0.8, output="a.csv"))
    among = sweep_points(SweepRecipe(methods="magnitude,set", sparsities="0.8", zeta=0.2, store="rows"))
    assert alone[1].decisive == among[1].decisive
    assert len({str(point.decisive) for point in among}) == 3
