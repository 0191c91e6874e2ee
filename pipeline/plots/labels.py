"""Labels beside the points of a plot, none on another."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

FONT_SIZE = 8.5
GAP = 5.0
"""Points of print between a label and its mark; also how far a mark reaches."""
PLACES = (
    (1, 1, "left", "bottom"),
    (-1, 1, "right", "bottom"),
    (1, -1, "left", "top"),
    (-1, -1, "right", "top"),
    (1.4, 0, "left", "center"),
    (-1.4, 0, "right", "center"),
    (0, 1.4, "center", "bottom"),
    (0, -1.4, "center", "top"),
)
"""Where a label may stand: steps to the right and up, and how it is aligned; the best first."""


@dataclass(frozen=True)
class Label:
    """A text and the point that it is of, in the axes' numbers."""

    text: str
    x: float
    y: float


def write_labels(
    axes: Any, labels: Sequence[Label], points: Sequence[tuple[float, float]], line: Sequence[tuple[float, float]] = ()
) -> None:
    """Write each label beside its point, the first first, where it hides no point, no label and not the line.

    A label for which there is no such place is left out. Everything else must have been drawn, and scaled.
    """
    from matplotlib.transforms import Bbox

    axes.figure.draw_without_rendering()
    to_pixels, pixels = axes.transData.transform, axes.figure.dpi / 72
    line_pixels = [to_pixels(point) for point in line]
    on_line = [start + (end - start) * step / 40 for start, end in pairwise(line_pixels) for step in range(41)]
    reach = [(x, y, GAP * pixels * 0.8) for x, y in map(to_pixels, points)] + [(x, y, pixels) for x, y in on_line]
    taken = [Bbox.from_extents(x - r, y - r, x + r, y + r) for x, y, r in reach]
    for label in labels:
        box = _write(axes, label, taken)
        if box is not None:
            taken.append(box)


def _write(axes: Any, label: Label, taken: Sequence[Any]) -> Any:
    """Write a label at the first place that is free; what it takes there, or None."""
    text = axes.annotate(label.text, (label.x, label.y), xytext=(0, 0), textcoords="offset points", fontsize=FONT_SIZE)
    text.set_in_layout(False)  # else the axes would make room for it, and all would move
    for right, up, horizontal, vertical in PLACES:
        text.set(position=(GAP * right, GAP * up), ha=horizontal, va=vertical)
        box = text.get_window_extent(axes.figure.canvas.get_renderer())
        inside = axes.bbox.containsx(box.x0) and axes.bbox.containsx(box.x1)
        inside = inside and axes.bbox.containsy(box.y0) and axes.bbox.containsy(box.y1)
        if inside and not any(box.overlaps(other) for other in taken):
            return box.padded(2)
    text.remove()
    return None
