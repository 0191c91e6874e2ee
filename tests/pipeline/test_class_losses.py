"""A class that pays for all is told of by name; what chance explains is not."""

import re

import pytest

from edgeprune.contracts.results import ClassScores, Measurement
from edgeprune.pipeline.class_losses import tell_class_losses


class Warnings(list):
    """A reporter, as far as this needs one."""

    warning = list.append


def row(scores, examples=(1000,) * 10, **columns):
    names = ("cat", "dog", *map(str, range(2, len(scores))))
    return Measurement(class_scores=ClassScores(names=names, examples=examples, scores=tuple(scores)), **columns)


def told(before, after):
    warnings = Warnings()
    tell_class_losses(before, [after], warnings)
    return warnings


def test_a_class_that_loses_where_the_average_does_not_is_named():
    after = row([0.9, 0.82, *[0.9] * 8], stage="fine-tuned")
    (warning,) = told(row([0.9] * 10), after)
    assert warning == (
        "fine-tuned: the average loses 0.80 points, but class dog loses 8.0 (90.0% to 82.0% of its 1,000 test "
        "examples); the JSON's class_scores have all classes"
    )


def test_the_largest_losses_stand_first_and_the_rest_are_counted():
    after = row([0.8, 0.7, 0.75, 0.84, *[1.0] * 6], method="magnitude", sparsity_target=0.9, quantize="int8")
    (warning,) = told(row([0.9] * 10), after)
    assert warning.startswith("magnitude 0.9, int8: the average gains 0.90 points, but class dog loses 20.0 (")
    assert re.findall(r"class (\w+)", warning) == ["dog", "2", "cat"]
    assert " and 1 more; " in warning


@pytest.mark.parametrize(
    ("scores", "examples"),
    [
        ([0.86, *[0.9] * 9], (1000,) * 10),  # 4 points
        ([0.8, *[0.9] * 9], (1000,) * 10),  # the average loses a whole point, and is seen
        ([0.8, *[0.9] * 9], (30, *[1000] * 9)),  # 3 answers of 30
        ([0.5, *[0.9] * 9], (10, *[1000] * 9)),
        ([None, *[0.9] * 9], (0, *[1000] * 9)),
    ],
)
def test_small_losses_seen_losses_and_chance_are_no_warning(scores, examples):
    assert told(row([0.9] * 10, examples), row(scores, examples)) == []


def test_rows_of_other_classes_or_none_are_left_out():
    assert told(row([0.9] * 10), row([0.1] * 9, (1000,) * 9)) == []
    assert told(row([0.9] * 10), Measurement(score=0.1)) == told(Measurement(score=0.1), row([0.9] * 10)) == []
