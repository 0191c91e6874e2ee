"""What happens to each layer, and which layers could go, as tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from edgeprune.cli.text_table import text_table
from edgeprune.contracts.results import LayerReport


def layer_table(layers: Sequence[LayerReport]) -> str:
    """One line a layer: what is left of it, or why it was skipped."""
    with_units = any(layer.units_after is not None for layer in layers)
    headings = ["layer", "kind", "weights", *(["channels"] if with_units else []), "zeros", "why not"]
    return text_table(headings, [_cells(layer, with_units) for layer in layers], "layers", left=2)


def candidate_table(extra: Mapping[str, Any]) -> str:
    """One line for each layer or block that `--method layers` could have removed, what changes least first."""
    gone = {tuple(region["layers"]): place for place, region in enumerate(extra["removed"], 1)}
    rows = [
        [_region(region["layers"]), str(len(region["layers"])), f"{region['change']:.2%}", _place(region, gone)]
        for region in sorted(extra["candidates"], key=lambda region: float(region["change"]))
    ]
    return text_table(["candidate", "layers", "output change", "removed"], rows, "candidates")


def _region(layers: Sequence[str]) -> str:
    return layers[0] if len(layers) == 1 else f"{layers[0]} to {layers[-1]}"


def _place(region: Mapping[str, Any], gone: Mapping[tuple[str, ...], int]) -> str:
    place = gone.get(tuple(region["layers"]))
    return f"as no. {place}" if place else "no"


def _cells(layer: LayerReport, with_units: bool) -> list[str]:
    weights = f"{layer.weights:,}" if layer.weights else "–"
    zeros = f"{layer.zeros:,}" if layer.weights else "–"
    units = [_units(layer)] if with_units else []
    return [layer.name, layer.kind, weights, *units, zeros, layer.reason or ""]


def _units(layer: LayerReport) -> str:
    if layer.units_before is None:
        return "–"
    if layer.units_after == layer.units_before:
        return str(layer.units_before)
    return f"{layer.units_before} → {layer.units_after}"
