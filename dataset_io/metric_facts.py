"""What is known of a metric by its name: it stands in the metric's own file and nowhere else. Imports nothing slow."""

from dataclasses import dataclass
from functools import cache

from edgeprune.contracts.plugins import load

METRICS = "edgeprune.dataset_io.metrics"


@dataclass(frozen=True, kw_only=True)
class MetricFacts:
    """`fits`: kinds of task. `bounded`: never above 1. `percent`: between 0 and 1, and shown in per cent."""

    fits: tuple[str, ...]
    higher_is_better: bool
    bounded: bool
    percent: bool


@cache
def metric_facts(name: str) -> MetricFacts:
    """The facts of one metric; raises UsageError for a name that there is not."""
    metric = load(METRICS, name)
    return MetricFacts(
        fits=metric.FITS,
        higher_is_better=metric.HIGHER_IS_BETTER,
        bounded=metric.BOUNDED,
        percent=metric.PERCENT,
    )
