"""Where `dynamic`, which needs no calibration, is better than int8: faster on this machine, or more often right."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

import numpy as np

from edgeprune.contracts.data import Array
from edgeprune.contracts.results import Measurement
from edgeprune.pipeline.files.columns import COLUMNS
from edgeprune.pipeline.reporting import Reporter

NOISE = 1.05
"""Medians of one and the same file, timed twice in turns, hardly ever differ by more than this factor."""
STANDARD_ERRORS = 2
"""Fewer right answers by less may be chance."""


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """A .tflite file of a model: its numeric format and latencies, and which of the test examples it answers rightly
    (None: that is not known).
    """

    row: Measurement
    right: Array | None

    @property
    def p50_ms(self) -> float:
        """Median latency in milliseconds; infinite where it was not measured."""
        return self.row.latency_ms_p50 or float("inf")


def tell_of_int8(renderings: Iterable[Rendering], reporter: Reporter) -> None:
    """Note where of files of one model the fastest in int8 is slower or worse than the fastest in dynamic."""
    fastest: dict[str | None, Rendering] = {}
    for found in sorted(renderings, key=lambda rendering: rendering.p50_ms):
        fastest.setdefault(found.row.quantize, found)
    if "int8" in fastest and "dynamic" in fastest:
        integer, dynamic = fastest["int8"], fastest["dynamic"]
        reasons = [words for words in (_slower(integer, dynamic), _worse(integer, dynamic)) if words]
        if reasons:
            reporter.note(f"int8 falls short of dynamic: it {' and '.join(reasons)}")


def _slower(integer: Rendering, dynamic: Rendering) -> str:
    """Beyond noise: half of its runs take longer than nine of ten of the other's."""
    if integer.p50_ms <= max(dynamic.row.latency_ms_p90 or 0.0, NOISE * dynamic.p50_ms):
        return ""
    times = " against ".join(COLUMNS["latency_ms_p50"].cell(found.row) for found in (integer, dynamic))
    return f"is slower on this machine ({times})"


def _worse(integer: Rendering, dynamic: Rendering) -> str:
    """By the examples that one of the two alone answers rightly (McNemar, 1947)."""
    if integer.right is None or dynamic.right is None:
        return ""
    lost = int(np.count_nonzero(dynamic.right & ~integer.right))
    won = int(np.count_nonzero(integer.right & ~dynamic.right))
    if lost - won <= STANDARD_ERRORS * sqrt(lost + won):
        return ""
    shares = f"{integer.right.mean():.2%} against {dynamic.right.mean():.2%} of {len(integer.right):,}"
    return f"answers fewer test examples rightly ({shares}), beyond chance"
