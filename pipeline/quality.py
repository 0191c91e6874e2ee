"""Quality gates: a result that is worse than the user allows is not written."""

from edgeprune.contracts.data import Metric
from edgeprune.contracts.errors import QualityGateError, UsageError
from edgeprune.contracts.recipes.recipe import GateRecipe


def check_gates(recipe: GateRecipe, metric: Metric | None, original: float | None, score: float | None) -> None:
    """Raise QualityGateError if `score` misses a gate, UsageError if there is nothing to hold against it."""
    if recipe.min_score is None and recipe.max_drop is None:
        return
    if metric is None or original is None or score is None:
        raise UsageError("--min-score and --max-drop compare scores", "give --data D")
    sign = 1 if metric.higher_is_better else -1
    if recipe.min_score is not None and not sign * score >= sign * recipe.min_score:
        raise QualityGateError(
            f"{metric.name} is {score:.4f}, --min-score asks for {recipe.min_score:g}; nothing was written",
            "prune less, or fine-tune longer (--epochs)",
        )
    if recipe.max_drop is not None and not drop(metric, original, score) <= recipe.max_drop:
        unit = "points" if metric.bounded else "per cent"
        raise QualityGateError(
            f"{metric.name} went from {original:.4f} to {score:.4f}, {drop(metric, original, score):.2f} {unit} worse; "
            f"--max-drop allows {recipe.max_drop:g}; nothing was written",
            "prune less, or fine-tune longer (--epochs)",
        )


def check_arena(max_arena: int | None, arena_bytes: int) -> None:
    """Raise QualityGateError where a file takes more memory in TFLite Micro than is allowed."""
    if max_arena is not None and arena_bytes > max_arena:
        raise QualityGateError(
            f"TFLite Micro needs an arena of {arena_bytes:,} bytes, --max-arena allows {max_arena:,}; "
            "nothing was written",
            "remove channels (prune --method structured), or export with --quantize int8",
        )


def drop(metric: Metric, original: float, score: float) -> float:
    """How much worse a score is: in points (hundredths) where it is at most 1, else in per cent of the original."""
    worse = original - score if metric.higher_is_better else score - original
    return 100 * worse if metric.bounded else 100 * worse / max(abs(original), 1e-12)
