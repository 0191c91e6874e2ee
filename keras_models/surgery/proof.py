"""Proof of a cut: it computes what the original does when nothing reads the removed channels."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeprune.contracts.bypasses import Bypass
from edgeprune.contracts.channels import ChannelPlan
from edgeprune.contracts.data import Array
from edgeprune.contracts.errors import ModelError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.contracts.model import ModelGraph, WeightKey
from edgeprune.keras_models.live.raw_outputs import raw_outputs
from edgeprune.keras_models.live.variables import get_arrays, set_arrays
from edgeprune.keras_models.surgery.bypass import bypassed
from edgeprune.keras_models.surgery.surgery import cut

TOLERANCE = 1e-5
"""Of the output's range: what float32 sums in another order may differ by."""

ROUNDING_ERRORS = 10
"""How many rounding errors of an input a result may be away: each layer of a deep model makes its own."""

MOST_ROUNDING = 0.01
"""Of the output's range: where rounding may be more, float32 cannot tell a right model from a wrong one."""


@dataclass(frozen=True, kw_only=True)
class ProofResult:
    """`max_abs_error` between the two models' outputs; `relative_error` is its share of the output's range.

    `rounding` is the share of the range by which the original itself answers to a change of its inputs in their last
    bit: where that is large, float32 can show no equality to TOLERANCE.
    `inexact` names the groups with removed channels over which a layer normalises: there the two must differ, and
    only `prove_exact_part` can hold.
    """

    max_abs_error: float
    relative_error: float
    rounding: float = 0.0
    inexact: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether equality can hold at all."""
        return not self.inexact

    @property
    def holds(self) -> bool:
        """Whether equality was found, to TOLERANCE or as far as rounding lets it be seen."""
        return self.relative_error <= max(TOLERANCE, min(ROUNDING_ERRORS * self.rounding, MOST_ROUNDING))

    @property
    def cannot_tell(self) -> bool:
        """Whether rounding alone may make as much of a difference as was found, and more than a proof allows."""
        return not self.holds and self.relative_error <= ROUNDING_ERRORS * self.rounding


def require(proof: ProofResult, subject: str) -> None:
    """Raise ModelError unless a proof holds; `subject` says of what it is."""
    if proof.cannot_tell:
        raise ModelError(
            f"{subject} cannot be proven: rounding alone changes the outputs by {proof.rounding:.2g} of their range",
            "leave --check out, and compare scores instead (--data D)",
        )
    if not proof.holds:
        raise ModelError(
            f"{subject} is wrong: error {proof.relative_error:.2g} of the range",
            "this is a bug in edgeprune, please report it with the model's config",
        )


def prove(original: KerasModel, smaller: KerasModel, plan: ChannelPlan, examples: tuple[Array, ...]) -> ProofResult:
    """Compare a cut model with the original in which all weights that read removed channels are zero.

    `examples` has one array for each input, the batch axis first; the range is that of each output over them, before
    a last softmax or sigmoid. The original has its weights back afterwards. Raises ModelError where outputs have
    different shapes or no finite value.
    """
    with weights_set(original, without_removed(original, plan)):
        expected = _outputs_and_nearby(original, examples)
    return _compared(expected, raw_outputs(smaller, examples), inexact_groups(plan))


def prove_equal(original: KerasModel, other: Any, examples: tuple[Array, ...]) -> ProofResult:
    """Compare two models that must compute the same; examples, range and errors are those of `prove`."""
    return _compared(_outputs_and_nearby(original, examples), raw_outputs(other, examples), ())


def prove_bypasses(
    original: KerasModel,
    smaller: KerasModel,
    graph: ModelGraph,
    bypasses: Sequence[Bypass],
    examples: tuple[Array, ...],
) -> ProofResult:
    """Compare a model without regions with the original in which readers of each region get what goes into it."""
    with bypassed(original, graph, bypasses):
        expected = _outputs_and_nearby(original, examples)
    return _compared(expected, raw_outputs(smaller, examples), ())


Outputs = list[Array]


def _outputs_and_nearby(model: KerasModel, examples: tuple[Array, ...]) -> tuple[Outputs, Outputs]:
    return raw_outputs(model, examples), raw_outputs(model, _changed_in_the_last_bit(examples))


def _compared(expected: tuple[Outputs, Outputs], found: Outputs, inexact: tuple[str, ...]) -> ProofResult:
    errors, shares, rounding = [], [], []
    for number, (before, near, after) in enumerate(zip(*expected, found, strict=True)):
        if before.shape != after.shape:
            raise ModelError(f"output {number} had the shape {before.shape}, in the new model it has {after.shape}")
        if not (np.isfinite(before).all() and np.isfinite(near).all()):
            raise ModelError(f"output {number} of the original is not finite: nothing can be compared")
        if not np.isfinite(after).all():
            raise ModelError(f"output {number} of the new model is not finite where the original's is")
        span = float(np.ptp(before)) or _largest(before) or 1.0
        errors.append(_largest(before - after))
        shares.append(_largest(before - after) / span)
        rounding.append(_largest(before - near) / span)
    return ProofResult(max_abs_error=max(errors), relative_error=max(shares), rounding=max(rounding), inexact=inexact)


def _largest(values: Array) -> float:
    return float(np.abs(values).max(initial=0))


def _changed_in_the_last_bit(examples: tuple[Array, ...]) -> tuple[Array, ...]:
    """Each number a little larger or smaller, by chance; integers as they are.

    Floats that are all whole may be indices of a table, where a little less than 3 is row 2: they only
    move away from 0.
    """
    random = np.random.default_rng(0)
    return tuple(_nudged(array, random) if np.issubdtype(array.dtype, np.floating) else array for array in examples)


def _nudged(array: Array, random: np.random.Generator) -> Array:
    last_bit = np.finfo(array.dtype).eps
    nearby: Array = array * random.choice([1 - last_bit if (array % 1).any() else 1, 1 + last_bit], array.shape)
    return nearby.astype(array.dtype)


def prove_exact_part(
    original: KerasModel, graph: ModelGraph, plan: ChannelPlan, examples: tuple[Array, ...]
) -> ProofResult:
    """Prove what can be proven of a plan with inexact groups: the same cut with these groups left whole."""
    exact = np.array([group.exact for group in plan.graph.groups], dtype=bool)
    part = ChannelPlan(graph=plan.graph, kept=plan.kept | ~exact[plan.graph.group_of])
    return prove(original, cut(original, graph, part), part, examples)


def inexact_groups(plan: ChannelPlan) -> tuple[str, ...]:
    """Names of the groups that lose units and whose channels are normalised together."""
    graph = plan.graph
    losing = np.unique(graph.group_of[~plan.kept])
    return tuple(graph.groups[group].name for group in losing if not graph.groups[group].exact)


def without_removed(model: KerasModel, plan: ChannelPlan) -> dict[WeightKey, Array]:
    """The weights that read removed channels, with zeros where they do."""
    zeroed: dict[WeightKey, Array] = {}
    for axis in plan.graph.weight_axes:
        removed = ~plan.kept_channels(axis.channels)
        if axis.consumes and removed.any():
            if axis.weight not in zeroed:
                zeroed |= get_arrays(model, [axis.weight])
            np.moveaxis(zeroed[axis.weight], axis.axis, 0)[removed] = 0
    return zeroed


@contextmanager
def weights_set(model: KerasModel, weights: Mapping[WeightKey, Array]) -> Iterator[None]:
    """The model with other weights, for a while."""
    own = get_arrays(model, weights)
    set_arrays(model, weights)
    try:
        yield
    finally:
        set_arrays(model, own)
