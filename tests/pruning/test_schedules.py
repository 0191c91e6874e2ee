"""Schedules in steps, and patterns along the inputs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.recipe import PointRecipe
from edgeprune.pruning.methods import scheduled
from edgeprune.pruning.patterns import keep_pattern, parse_pattern
from edgeprune.pruning.schedules import LONGEST_PAUSE, schedule


@settings(deadline=None)
@given(st.floats(0, 0.9), st.floats(0.01, 1), st.integers(1, 100_000))
def test_a_schedule_ends_within_the_training_on_a_step_that_chooses(begin, length, total):
    found = schedule(begin, min(1.0, begin + length), total)
    assert 0 <= found.begin < found.end <= total
    assert 1 <= found.frequency <= LONGEST_PAUSE
    assert (found.end - found.begin) % found.frequency == 0


def test_small_data_is_pruned_too():
    found = schedule(0.0, 0.5, 20)  # TFMOT's own pause of 100 steps would never prune
    assert (found.begin, found.end, found.frequency) == (0, 10, 1)
    assert schedule(0.0, 1.0, 1).end == 1


@pytest.mark.parametrize(("end", "epoch"), [(0.4, 2), (0.5, 2), (0.51, 3), (1.0, 4)])
def test_the_first_epoch_whose_end_has_all_zeros(end, epoch):
    assert schedule(0.0, end, 400).first_full_epoch(steps=100) == epoch


@settings(deadline=None)
@given(
    hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=4, max_side=9), elements=st.floats(-1, 1, width=32))
)
def test_every_group_of_four_inputs_has_two_zeros(weights):
    mask = keep_pattern(weights, (2, 4))
    assert mask.shape == weights.shape
    inputs = weights.shape[-2]
    for start in range(0, inputs, 4):
        group = mask[..., start : start + 4, :]
        assert (np.count_nonzero(group, axis=-2) == min(2, group.shape[-2])).all()


def test_a_pattern_keeps_the_largest_of_a_group():
    kernel = np.array([[1.0], [-4.0], [3.0], [2.0], [0.5], [0.1], [0.2]])
    assert keep_pattern(kernel, (2, 4)).ravel().tolist() == [False, True, True, False, True, False, True]


@pytest.mark.parametrize("text", ["2", "4:2", "0:4", "4:4", "2:4:8", "a:b"])
def test_other_patterns_are_refused(text):
    with pytest.raises(UsageError, match=r"--pattern: expected ZEROS:INPUTS.*; for example --pattern 2:4"):
        parse_pattern(text)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"end": 1.5, "epochs": 4}, r"never reaches its target.*after the last of 4 epochs; give --epochs 6"),
        ({"begin": 0.5, "end": 0.5}, r"--begin 0\.5: expected less than --end 0\.5"),
        ({"sparsity": 1.0}, r"expected a sparsity below 1"),
        ({"sparsity": 0.5, "initial_sparsity": 0.6}, r"--initial-sparsity 0\.6 is above the target 0\.5"),
        ({"schedule": "constant", "initial_sparsity": 0.6}, r"--initial-sparsity is for --schedule polynomial"),
        ({"pattern": "2:4", "sparsity": 0.5}, r"--sparsity does not go with --pattern"),
        ({"pattern": "2:4", "schedule": "constant"}, r"--schedule does not go with --pattern"),
        ({"pattern": "2:4", "scope": "global"}, r"--scope does not go with --pattern"),
        ({"scope": "global", "dense_sparsity": 0.5}, r"--scope global .*; give --sparsity alone"),
        ({"block": "16"}, r"--block: expected OUTPUTSxINPUTS"),
    ],
)
def test_what_cannot_work_is_refused_before_any_model_is_opened(options, message):
    with pytest.raises(UsageError, match=message):
        scheduled.check(PointRecipe(method="scheduled", **options))


def test_kernels_that_a_form_of_zeros_does_not_fit():
    blocks, pattern = PointRecipe(block="1x16"), PointRecipe(pattern="2:4")
    assert scheduled.unfit((784, 512), blocks) is None
    assert scheduled.unfit((3, 3, 8, 8), blocks) == "blocks need a kernel of 2 axes, this has 4"
    assert scheduled.unfit((3, 3, 1, 8), pattern) == "--pattern 2:4 leaves no zeros among 1 inputs"
    assert scheduled.unfit((3, 8, 8), pattern) == "patterns need a kernel of 2 or 4 axes, this has 3"
    assert scheduled.unfit((3, 3, 6, 8), pattern) is None
