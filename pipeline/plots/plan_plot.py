"""A plot of a cut: units before and after for every group, and the scores of the largest groups with the cut."""

from pathlib import Path
from typing import Any

import numpy as np

from edgeprune.contracts.channels import ChannelPlan
from edgeprune.pipeline.plots.drawing import fixed_metadata, new_figure

MOST_PANELS = 6
MOST_BARS = 60


def plot_plan(plan: ChannelPlan, file: Path) -> None:
    """Draw a channel plan; the format follows the file's suffix."""
    groups = [index for index, group in enumerate(plan.graph.groups) if not group.frozen]
    sizes = np.bincount(plan.graph.group_of, minlength=len(plan.graph.groups))
    largest = sorted(groups, key=lambda index: -int(sizes[index]))
    shown = sorted(largest[:MOST_BARS])
    figure = new_figure(width=10, height=max(4.5, 0.22 * len(shown) + 1.5))
    left, right = figure.subfigures(1, 2, width_ratios=(3, 2))
    _draw_units(left.subplots(), plan, shown)
    panels = sorted(largest[:MOST_PANELS])
    for axes, index in zip(np.atleast_1d(right.subplots(len(panels), 1)), panels, strict=True):
        _draw_scores(axes, plan, index)
    figure.savefig(file, dpi=150, metadata=fixed_metadata(file))


def _draw_units(axes: Any, plan: ChannelPlan, shown: list[int]) -> None:
    before = np.bincount(plan.graph.group_of, minlength=len(plan.graph.groups))[shown]
    after = np.bincount(plan.graph.group_of[plan.kept], minlength=len(plan.graph.groups))[shown]
    places = np.arange(len(shown))
    axes.barh(places, before, color="0.85", label="before")
    axes.barh(places, after, color="tab:blue", label="after")
    axes.set_yticks(places, [plan.graph.groups[index].name[-40:] for index in shown], fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel("units")
    axes.legend()


def _draw_scores(axes: Any, plan: ChannelPlan, index: int) -> None:
    """The scores of one group, sorted; what goes is grey."""
    units = np.flatnonzero(plan.graph.group_of == index)
    order = units[np.argsort(plan.scores[units], kind="stable")]
    colours = np.where(plan.kept[order], "tab:blue", "0.7")
    axes.bar(np.arange(len(order)), plan.scores[order], color=colours, width=1.0)
    axes.axvline(np.count_nonzero(~plan.kept[order]) - 0.5, color="tab:red", linewidth=1)
    axes.set_title(f"{plan.graph.groups[index].name[-40:]}: scores and cut", fontsize=7)
    axes.tick_params(labelsize=6)
