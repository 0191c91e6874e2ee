"""int8 is told of where dynamic is better: faster beyond noise, or more often right beyond chance."""

import numpy as np
import pytest

from edgeprune.contracts.results import Measurement
from edgeprune.pipeline.files.int8_rival import Rendering, tell_of_int8


class Notes(list):
    """A reporter, as far as this needs one."""

    note = list.append


def told(*files):
    notes = Notes()
    tell_of_int8(
        [
            Rendering(row=Measurement(quantize=numeric, latency_ms_p50=p50, latency_ms_p90=p90), right=right)
            for numeric, p50, p90, right in files
        ],
        notes,
    )
    return notes


def right(*wrong, examples=1000):
    return ~np.isin(np.arange(examples), wrong)


@pytest.mark.parametrize(("p50", "is_slower"), [(0.9, False), (1.04, False), (1.06, False), (1.12, True)])
def test_slower_is_what_takes_longer_half_of_the_time_than_the_other_nine_times_of_ten(p50, is_slower):
    notes = told(("int8", p50, 2.0, None), ("dynamic", 1.0, 1.1, None), ("none", 0.5, 0.5, None))
    wanted = ["int8 falls short of dynamic: it is slower on this machine (1.12 ms against 1 ms)"]
    assert notes == (wanted if is_slower else [])


def test_a_quiet_machine_does_not_make_noise_a_difference():
    assert not told(("int8", 1.04, 1.04, None), ("dynamic", 1.0, 1.0, None))


def test_worse_is_by_the_examples_that_one_alone_gets_right():
    both = range(100)  # wrong in both: they tell nothing
    several, few = right(*both, *range(200, 230)), right(*both, *range(300, 310))
    (note,) = told(("int8", 1, 1, several), ("dynamic", 1, 1, few))
    shares = "87.00% against 89.00% of 1,000"
    assert note == f"int8 falls short of dynamic: it answers fewer test examples rightly ({shares}), beyond chance"
    assert not told(("int8", 1, 1, right(*range(200, 230))), ("dynamic", 1, 1, right(*range(300, 325))))
    assert not told(("int8", 1, 1, few), ("dynamic", 1, 1, several))


def test_both_are_one_sentence_about_the_fastest_of_each():
    bad, good = right(*range(50)), right()
    slow = (("int8", 9, 9, good), ("dynamic", 3, 3, bad))
    (note,) = told(*slow, ("int8", 0.002, 0.002, bad), ("dynamic", 0.001, 0.001, good))
    assert "slower on this machine (2 µs against 1 µs) and answers fewer test examples rightly" in note


def test_one_of_the_two_alone_says_nothing():
    assert not told(("int8", 9, 9, None), ("none", 1, 1, None))
