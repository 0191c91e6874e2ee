"""Ticks are round numbers with their unit."""

import pytest

from edgeprune.pipeline.plots.drawing import new_figure
from edgeprune.pipeline.plots.scales import BYTES, MILLISECONDS, scale, scale_evenly, scale_score


def ticks(values, scaling, *arguments):
    axes = new_figure().add_subplot()
    axes.plot(values, [0] * len(values), "o")
    scaling(axes.xaxis, *arguments)
    low, high = sorted(axes.get_xlim())
    assert all(low <= tick <= high for tick in axes.get_xticks())
    assert axes.get_xticks(minor=True).size == 0
    return [label.get_text() for label in axes.get_xticklabels()]


@pytest.mark.parametrize(
    ("values", "units", "expected"),
    [
        ([100_000, 700_000], BYTES, ["200 KiB", "400 KiB", "600 KiB"]),
        ([30_000, 2_000_000], BYTES, ["50 KiB", "100 KiB", "200 KiB", "500 KiB", "1 MiB", "2 MiB"]),
        ([3, 4 * 2**30], BYTES, ["1 KiB", "1 MiB", "1 GiB"]),
        ([0.9, 1.1], MILLISECONDS, ["900 µs", "950 µs", "1 ms", "1.05 ms", "1.1 ms"]),
        ([0.004, 3.0], MILLISECONDS, ["10 µs", "100 µs", "1 ms"]),
        ([0.0, 3.0], MILLISECONDS, ["0", "1 ms", "2 ms", "3 ms"]),
    ],
)
def test_sizes_and_times(values, units, expected):
    assert ticks(values, scale, values, units) == expected


def test_one_value_has_ticks_around_it():
    assert "500 KiB" in ticks([512_000], scale, [512_000], BYTES)


def test_scores_and_bars():
    assert ticks([0.97, 0.99], scale_score, True) == ["97 %", "98 %", "99 %"]
    assert ticks([0.0, 0.02], scale_score, False) == ["0", "0.01", "0.02"]
    assert ticks([0, 700_000], scale_evenly, BYTES) == ["0", "200 KiB", "400 KiB", "600 KiB"]
