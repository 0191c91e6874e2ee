"""Where: which weights of which layers a method may touch, and why not the others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.model import LayerSpec, WeightKey, WeightSpec


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The weights that may be pruned, in the order of the model, and the reason for every other layer."""

    keys: tuple[WeightKey, ...]
    skipped: Mapping[str, str]


def select(layers: Mapping[str, LayerSpec], include: Iterable[str] = (), exclude: Iterable[str] = ()) -> Selection:
    """Choose weights by glob patterns over layer paths (`block1/*`) or weight paths (`dense/bias`).

    Without `include`, every kernel is chosen. A layer that `include` names gives its kernels, or, having none,
    its trainable weights (embeddings, normalisation scales). Raises UsageError for a pattern that matches nothing.
    """
    include, exclude = tuple(include), tuple(exclude)
    require_matches(layers, include + exclude, weights=True)
    keys: list[WeightKey] = []
    skipped: dict[str, str] = {}
    for path, layer in layers.items():
        chosen = [weight for weight in layer.weights if _is_chosen(layer, weight, include)]
        kept = [weight for weight in chosen if not any(_matches(pattern, layer, weight) for pattern in exclude)]
        keys += [(path, weight.name) for weight in kept]
        if not kept:
            skipped[path] = _reason(layer, bool(chosen), bool(include))
    return Selection(keys=tuple(keys), skipped=skipped)


def require_matches(layers: Mapping[str, LayerSpec], patterns: Iterable[str], *, weights: bool) -> None:
    """Raise UsageError for a pattern that no layer matches, nor, where `weights` are named too, any weight."""
    for pattern in patterns:
        among = ((layer, weight) for layer in layers.values() for weight in (*(layer.weights if weights else ()), None))
        if not any(_matches(pattern, layer, weight) for layer, weight in among):
            what = "layer or weight" if weights else "layer"
            raise UsageError(f"no {what} matches {pattern!r}", f"the model has: {_names(layers)}")


def _is_chosen(layer: LayerSpec, weight: WeightSpec, include: tuple[str, ...]) -> bool:
    if not include:
        return weight.is_kernel
    has_kernel = any(other.is_kernel for other in layer.weights)
    by_layer = weight.is_kernel if has_kernel else weight.trainable
    # `block/*` names layers; that it also fits `block/conv/bias` must not bring in that bias.
    return any(
        by_layer if fnmatchcase(layer.path, pattern) else fnmatchcase(f"{layer.path}/{weight.name}", pattern)
        for pattern in include
    )


def _matches(pattern: str, layer: LayerSpec, weight: WeightSpec | None) -> bool:
    return fnmatchcase(layer.path, pattern) or (
        weight is not None and fnmatchcase(f"{layer.path}/{weight.name}", pattern)
    )


def _reason(layer: LayerSpec, excluded: bool, include_given: bool) -> str:
    if excluded:
        return "excluded by --exclude"
    if not layer.weights:
        return "has no weights"
    if include_given:
        return "not named by --include"
    if any(weight.name.endswith("embeddings") for weight in layer.weights):
        return "embeddings are pruned only where --include names them"
    return "has no kernel"


def _names(layers: Mapping[str, LayerSpec]) -> str:
    named = [path for path, layer in layers.items() if layer.weights] or list(layers)
    return ", ".join(named[:12]) + (f", … ({len(named)} layers)" if len(named) > 12 else "")
