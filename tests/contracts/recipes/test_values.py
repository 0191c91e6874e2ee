from dataclasses import fields

import pytest

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.fields import words
from edgeprune.contracts.recipes.recipe import BenchmarkRecipe, ExportRecipe, PruneRecipe, SweepRecipe
from edgeprune.contracts.recipes.values import merge, value_type

NUMBERS = {
    item.name: (kind, item)
    for kind in (PruneRecipe, SweepRecipe, ExportRecipe, BenchmarkRecipe)
    for item in fields(kind)
    if value_type(item) in (int, float)
}


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_has_a_range_where_it_stands_that_holds_its_default(name):
    kind, item = NUMBERS[name]
    low, high = item.metadata["within"]
    assert low < high
    assert item.default in (None, *words(item)) or low <= item.default <= high
    with pytest.raises(UsageError, match=f"--{name.replace('_', '-')}: expected .*, found nan"):
        merge(kind, {name: float("nan")})


def test_both_ends_of_a_range_belong_to_it():
    assert merge(PruneRecipe, {"sparsity": 1.0}).sparsity == 1
    with pytest.raises(UsageError, match=r"--sparsity: expected 0 to 1, found 1\.1"):
        merge(PruneRecipe, {"sparsity": 1.1})


@pytest.mark.parametrize("source", ["flag", "file"])
def test_a_word_may_stand_in_place_of_a_number_where_the_option_names_it(source, tmp_path):
    file = tmp_path / "recipe.toml"
    file.write_text('epochs = 2\ndata = "d"\nlearning-rate = 0.5\n' if source == "flag" else 'learning-rate = "auto"\n')
    flags = {"learning_rate": "auto"} if source == "flag" else {"data": "d", "epochs": 2}
    assert merge(PruneRecipe, flags, file).learning_rate == "auto"


def test_another_word_is_told_with_the_right_one(tmp_path):
    file = tmp_path / "recipe.toml"
    file.write_text('learning-rate = "fast"\n')
    with pytest.raises(UsageError, match="learning-rate: expected a number or auto, found 'fast'"):
        merge(PruneRecipe, {}, file)
