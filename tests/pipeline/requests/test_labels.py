"""What needs labels is refused before a model is opened, where the data has none."""

import numpy as np
import pandas as pd
import pytest

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.recipe import ExportRecipe, PruneRecipe
from edgeprune.pipeline.requests.data import check_data
from edgeprune.pipeline.requests.prune import check_prune


@pytest.fixture
def inputs_alone(tmp_path):
    np.savez(tmp_path / "d.npz", x=np.ones((9, 2)))
    return str(tmp_path / "d.npz")


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"epochs": 3}, "--epochs 3"),
        ({"epochs": "auto"}, "--epochs auto"),
        ({"qat_epochs": 2}, "--qat-epochs 2"),
        ({"min_score": 0.9}, "--min-score 0.9"),
        ({"metric": "accuracy"}, "--metric accuracy"),
        ({"loss": "mse"}, "--loss mse"),
    ],
)
def test_an_option_that_needs_labels_is_refused(inputs_alone, options, what):
    with pytest.raises(
        UsageError, match=rf"{what} needs labels, and .*d\.npz holds inputs alone; give data with labels"
    ):
        check_data(PruneRecipe(data=inputs_alone, **options))
    with pytest.raises(UsageError, match=rf"{what} needs labels, and --label none says that there are none"):
        check_data(PruneRecipe(data=inputs_alone, label="none", **options))
    check_data(PruneRecipe(data=inputs_alone, target=("input",), **{k: v for k, v in options.items() if k != "metric"}))


def test_a_criterion_that_needs_labels_is_refused(inputs_alone, samples):
    asked = {"method": "structured", "ratio": 0.5, "data": inputs_alone, "dry_run": True}
    with pytest.raises(UsageError, match="--criterion taylor needs labels"):
        check_prune(samples / "digits_mlp.h5", PruneRecipe(criterion="taylor", **asked))
    for criterion in ("activation", "apoz", "l1"):
        check_prune(samples / "digits_mlp.h5", PruneRecipe(criterion=criterion, **asked))


def test_what_needs_no_labels_is_allowed(inputs_alone):
    check_data(PruneRecipe(data=inputs_alone, max_drop=1.0, metric="agreement"))
    check_data(ExportRecipe(data=inputs_alone, quantize="int8"))


def test_agreement_is_the_score_of_data_without_labels_alone(tmp_path):
    np.savez(tmp_path / "d.npz", x=np.ones((9, 2)), y=np.ones(9))
    with pytest.raises(UsageError, match="--metric agreement is the score of data without labels; give --label none"):
        check_data(PruneRecipe(data=str(tmp_path / "d.npz"), metric="agreement"))


def test_none_is_no_column_of_a_table(tmp_path):
    pd.DataFrame({"a": [1, 2, 3]}).to_csv(tmp_path / "d.csv", index=False)
    check_data(PruneRecipe(data=str(tmp_path / "d.csv"), label="none"))
