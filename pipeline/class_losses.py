"""Who pays: classes that lose much where the average hides it."""

import math
from collections.abc import Iterable

from edgeprune.contracts.results import ClassScores, Measurement
from edgeprune.contracts.wording import in_one_line
from edgeprune.pipeline.reporting import Reporter

LARGEST_LOSS, HIDDEN_BELOW = 0.05, 0.01
"""Shares: a class that loses more while all together lose less is told of."""
FEWEST_EXAMPLES = 20
"""Of fewer, one answer is 5 points."""
STANDARD_ERRORS = 2
"""A loss that is less may be chance."""
MOST_NAMED = 3


def tell_class_losses(original: Measurement, rows: Iterable[Measurement], reporter: Reporter) -> None:
    """Warn of each row in which single classes lose much against the original, and all examples together little."""
    before = original.class_scores
    for row in rows:
        after = row.class_scores
        if before is None or after is None or after.names != before.names:
            continue
        average = _average(before) - _average(after)
        found = _losses(before, after) if average < HIDDEN_BELOW else []
        if found:
            more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
            all_together = f"{'loses' if average > 0 else 'gains'} {100 * abs(average):.2f}"
            reporter.warning(
                f"{_name(row)}: the average {all_together} points, but {', '.join(found[:MOST_NAMED])}{more}; "
                "the JSON's class_scores have all classes"
            )


def _losses(before: ClassScores, after: ClassScores) -> list[str]:
    """The classes that lose more than chance explains, in words, the largest loss first."""
    found = []
    for name, count, then, now in zip(before.names, before.examples, before.scores, after.scores, strict=True):
        if count < FEWEST_EXAMPLES or then is None or now is None:
            continue
        chance = STANDARD_ERRORS * math.sqrt((then * (1 - then) + now * (1 - now)) / count)
        if then - now > max(LARGEST_LOSS, chance):
            told = f"class {in_one_line(name, 60)} loses {100 * (then - now):.1f} ({then:.1%} to {now:.1%} of its "
            found.append((now - then, f"{told}{count:,} test examples)"))
    return [words for _, words in sorted(found)]


def _average(classes: ClassScores) -> float:
    right = sum((score or 0.0) * count for score, count in zip(classes.scores, classes.examples, strict=True))
    return right / max(sum(classes.examples), 1)


def _name(row: Measurement) -> str:
    """What a row is of: a file, a point of a sweep, or a stage."""
    if row.file or not row.method:
        return row.file or row.stage or "the model"
    point = "" if row.point is None else f" {row.point:g}"
    return f"{row.method}{point}, {row.quantize}"
