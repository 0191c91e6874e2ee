"""A plot of a cut: units before and after for every group, and the scores of the largest groups with the cut."""

from pathlib import Path
from typing import Any

import numpy as np

from edgeprune.contracts.channels import ChannelPlan
from edgeprune.pipeline.plots.drawing import new_figure, save_figure

MOST_PANELS = 6
MOST_BARS = 60
LONGEST_NAME = 26


def plot_plan(plan: ChannelPlan, file: Path) -> None:
    """Draw a channel plan; the format follows the file's suffix."""
    groups = [index for index, group in enumerate(plan.graph.groups) if not group.frozen]
    sizes = np.bincount(plan.graph.group_of, minlength=len(plan.graph.groups))
    largest = sorted(groups, key=lambda index: -int(sizes[index]))
    shown = sorted(largest[:MOST_BARS])
    panels = sorted(largest[:MOST_PANELS])
    figure = new_figure(height=max(1.2 * len(panels), 0.19 * len(shown)) + 1.3)
    left, right = figure.subfigures(1, 2, width_ratios=(3, 2))
    _draw_units(left.subplots(), plan, shown)
    title = "channels of each group" if len(shown) == len(groups) else f"the {MOST_BARS} largest groups"
    left.suptitle(title, fontsize=9)
    for axes, index in zip(np.atleast_1d(right.subplots(len(panels), 1)), panels, strict=True):
        _draw_scores(axes, plan, index)
    right.suptitle("scores, largest = 1; the cut in red", fontsize=9)
    right.supxlabel("channels, in the order of their scores", fontsize=9)
    save_figure(figure, file)


def _draw_units(axes: Any, plan: ChannelPlan, shown: list[int]) -> None:
    before = np.bincount(plan.graph.group_of, minlength=len(plan.graph.groups))[shown]
    after = np.bincount(plan.graph.group_of[plan.kept], minlength=len(plan.graph.groups))[shown]
    places = np.arange(len(shown))
    axes.barh(places, before, color="0.8", label="unpruned")
    axes.barh(places, after, color="tab:blue", label="pruned")
    axes.set_yticks(places, [_name(plan, index) for index in shown], fontsize=7.5)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.tick_params(axis="x", labelsize=8)
    axes.set_xlabel("channels (or neurons, heads)", fontsize=9)
    axes.figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8.5)


def _draw_scores(axes: Any, plan: ChannelPlan, index: int) -> None:
    """The scores of one group, sorted, in parts of its largest: alone they mean nothing. What goes is grey."""
    units = np.flatnonzero(plan.graph.group_of == index)
    order = units[np.argsort(plan.scores[units], kind="stable")]
    colours = np.where(plan.kept[order], "tab:blue", "0.7")
    scores = plan.scores[order]
    largest = max((abs(score) for score in scores if np.isfinite(score)), default=0.0)
    axes.bar(np.arange(len(order)), scores / (largest or 1.0), color=colours, width=1.0)
    axes.axvline(np.count_nonzero(~plan.kept[order]) - 0.5, color="tab:red", linewidth=1)
    axes.set_title(_name(plan, index), fontsize=8)
    axes.locator_params(axis="both", nbins=4)
    axes.tick_params(labelsize=7.5)


def _name(plan: ChannelPlan, index: int) -> str:
    """A group's name; of a long one the middle is left out, as names differ in the beginning and the end."""
    name = plan.graph.groups[index].name
    half = LONGEST_NAME // 2
    return name if len(name) <= LONGEST_NAME else f"{name[: half - 1]}…{name[-half:]}"
