"""Axes whose ticks are read at a glance: 100 KiB, 1 ms, 98 %."""

from collections.abc import Sequence
from typing import Any

Units = tuple[tuple[float, str], ...]

BYTES: Units = ((1, "B"), (2**10, "KiB"), (2**20, "MiB"), (2**30, "GiB"))
MILLISECONDS: Units = ((1e-6, "ns"), (1e-3, "µs"), (1, "ms"), (1e3, "s"))
SECONDS: Units = ((1e-3, "ms"), (1, "s"))
MICROJOULES: Units = ((1e-3, "nJ"), (1, "µJ"), (1e3, "mJ"), (1e6, "J"))

LEADING = (1, 2, 5, 10, 20, 50, 100, 200, 500)
"""What ticks of a logarithmic axis begin with, in each unit."""
LOGARITHMIC_FROM = 8
"""Ratio of the largest to the smallest value from which an axis is logarithmic."""
MOST_TICKS = 6


def scale(axis: Any, values: Sequence[float], units: Units) -> None:
    """Scale an axis for values of both small and large size, each tick with its unit."""
    least, most = min(values), max(values)
    if least > 0 and most / least >= LOGARITHMIC_FROM:
        axis.axes.set(**{f"{axis.axis_name}scale": "log"})
        ticks = _logarithmic(axis.get_view_interval(), units)
    else:
        ticks = _even(axis.get_view_interval(), units, MOST_TICKS - 1)
    _set(axis, ticks, units)


def scale_evenly(axis: Any, units: Units) -> None:
    """Scale an axis as it is: few ticks, each with its unit."""
    _set(axis, _even(axis.get_view_interval(), units, 4), units)


def scale_score(axis: Any, in_percent: bool) -> None:
    """Scale an axis of scores."""
    scale_evenly(axis, ((0.01, "%"),) if in_percent else ((1.0, ""),))


def _logarithmic(interval: Sequence[float], units: Units) -> list[float]:
    """Round numbers between two values; of many only the powers of ten."""
    low, high = interval
    found = [(size * first, first) for size, _ in units for first in LEADING if low <= size * first <= high]
    for fewer in (LEADING, (1, 10, 100), (1,)):
        kept = [tick for tick, first in found if first in fewer]
        if len(kept) <= MOST_TICKS:
            break
    return kept if len(kept) > 1 else _even(interval, units, MOST_TICKS - 1)


def _even(interval: Sequence[float], units: Units, parts: int) -> list[float]:
    """Round numbers at even distances, in the unit of the largest; so many distances at most."""
    from matplotlib.ticker import MaxNLocator

    low, high = interval
    size, _ = _unit(high, units)
    found = MaxNLocator(nbins=parts, steps=[1, 2, 5, 10]).tick_values(low / size, high / size)
    return [float(tick) * size for tick in found if low <= tick * size <= high]


def _unit(value: float, units: Units) -> tuple[float, str]:
    """The largest unit of which there is one."""
    return next((unit for unit in reversed(units) if abs(value) >= unit[0]), units[0])


def _text(value: float, units: Units) -> str:
    size, name = _unit(value, units)
    return f"{value / size:.4g} {name}".rstrip() if abs(value) > 1e-9 * size else "0"


def _set(axis: Any, ticks: Sequence[float], units: Units) -> None:
    from matplotlib.ticker import NullLocator

    limits = axis.get_view_interval()
    axis.set_minor_locator(NullLocator())
    axis.set_ticks(ticks, labels=[_text(tick, units) for tick in ticks])
    axis.set_view_interval(*limits, ignore=True)
