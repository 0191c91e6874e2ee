"""The per-layer report as a table."""

from collections.abc import Sequence

from cli.render import text_table
from contracts.results import LayerReport


def layer_table(layers: Sequence[LayerReport]) -> str:
    """One line a layer: what is left of it, or why it was skipped."""
    with_units = any(layer.units_after is not None for layer in layers)
    headings = ["layer", "kind", "weights", *(["units"] if with_units else []), "zeros", "why not"]
    return text_table(headings, [_cells(layer, with_units) for layer in layers], "layers", left=2)


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
