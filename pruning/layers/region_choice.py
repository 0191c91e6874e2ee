"""Greedy choice of what to take out: one region after the other, all candidates scored anew each time.

So Song et al., "SLEB: Streamlining LLMs through Redundancy Verification and Elimination of Transformer Blocks",
ICML 2024, algorithm 1: a block counts as redundant by what the model computes without it and without what went
before. That whole layers can go this way in convolutional networks: Elkerdawy et al., "To Filter Prune, or to Layer
Prune, That Is The Question", ACCV 2020.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from edgeprune.contracts.bypasses import Bypass
from edgeprune.contracts.errors import ModelError, UsageError
from edgeprune.contracts.model import ModelGraph
from edgeprune.pruning.layers.candidates import bypassed_graph, kernel_layers, removable_regions
from edgeprune.pruning.selection import require_matches

Change = Callable[[Sequence[Bypass]], float | None]
"""How much the outputs change by bypasses, made in this order; None where the last one cannot be made."""


@dataclass(frozen=True, kw_only=True)
class LayerRequest:
    """Exactly one of `count` (how many layers or blocks go) and `ratio` (share of the removable layers with kernels,
    0 to 1). `include` and `exclude` are globs of layer paths: all layers with kernels of a block must be selected.
    """

    count: int | None = None
    ratio: float | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A region with its layers with kernels, and how much the outputs change without it and what went before."""

    region: Bypass
    layers: tuple[str, ...]
    change: float


@dataclass(frozen=True, kw_only=True)
class LayerChoice:
    """What goes, in this order; and everything that could have gone first."""

    removed: tuple[Candidate, ...]
    candidates: tuple[Candidate, ...]

    @property
    def bypasses(self) -> tuple[Bypass, ...]:
        """The regions that go, in order."""
        return tuple(candidate.region for candidate in self.removed)


def choose_layers(graph: ModelGraph, models: Mapping[str, str], request: LayerRequest, change: Change) -> LayerChoice:
    """Take out the region whose removal changes the outputs least, until it is enough or nothing is left.

    `models` is as in `removable_regions`. Ties go to the region that comes first in the model. Raises UsageError for
    a glob that matches nothing and an empty selection, ModelError where nothing can be removed.
    """
    require_matches(graph.layers, (*request.include, *request.exclude), weights=False)
    candidates = first = _scored(graph, models, request, (), change)
    if not first:
        raise _nothing(graph, models, request)
    removed: list[Candidate] = []
    room = _most_layers(first, request)
    while fitting := [candidate for candidate in candidates if len(candidate.layers) <= room]:
        best = min(fitting, key=lambda candidate: candidate.change)
        removed.append(best)
        room -= len(best.layers)
        if not room or len(removed) == request.count:
            break
        graph = bypassed_graph(graph, best.region)
        candidates = _scored(graph, models, request, [item.region for item in removed], change)
    return LayerChoice(removed=tuple(removed), candidates=tuple(first))


def _most_layers(first: list[Candidate], request: LayerRequest) -> int:
    """How many layers with kernels may go."""
    removable = len({path for candidate in first for path in candidate.layers})
    if request.count == 0:
        return 0
    return removable if request.ratio is None else round(request.ratio * removable)


def _scored(
    graph: ModelGraph, models: Mapping[str, str], request: LayerRequest, made: Sequence[Bypass], change: Change
) -> list[Candidate]:
    """All candidates after what was already removed."""
    found = []
    for region in removable_regions(graph, models):
        layers = kernel_layers(graph, region)
        if all(selected(path, request) for path in layers):
            score = change([*made, region])
            if score is not None:
                found.append(Candidate(region=region, layers=layers, change=score))
    return found


def selected(path: str, request: LayerRequest) -> bool:
    """Whether the user's globs let a layer go."""
    included = not request.include or any(fnmatchcase(path, glob) for glob in request.include)
    return included and not any(fnmatchcase(path, glob) for glob in request.exclude)


def _nothing(graph: ModelGraph, models: Mapping[str, str], request: LayerRequest) -> Exception:
    if (request.include or request.exclude) and removable_regions(graph, models):
        return UsageError(
            "--include and --exclude leave nothing that can be removed",
            "all layers with kernels of a block must be selected",
        )
    return ModelError(
        "no layer or block of this model can be removed: none lies between two tensors of the same shape",
        "use --method structured to make its layers narrower",
    )
