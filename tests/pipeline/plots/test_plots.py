"""Plots of results: what is written in them. In an .svg each text stands as a comment too."""

import re

import numpy as np
import pytest

from edgeprune.contracts.channels import ChannelGraph, ChannelGroup, ChannelPlan
from edgeprune.contracts.results import Measurement
from edgeprune.pipeline.plots.benchmark_plot import has_points, plot_benchmark
from edgeprune.pipeline.plots.comparison_plot import panels_of, plot_comparison
from edgeprune.pipeline.plots.drawing import pareto_front
from edgeprune.pipeline.plots.plan_plot import plot_plan
from edgeprune.pipeline.plots.sweep_plot import plot_sweep, points_of


def texts(file):
    """The texts of an .svg in their order."""
    return re.findall("<!-- (.*?) -->", file.read_text(encoding="utf-8"))


def row(score, size, metric="accuracy", **more):
    return Measurement(metric=metric, score=score, tflite_gzip_bytes=size, **more)


def swept(count, numerics=("none",)):
    """The rows of a sweep: the unpruned model and so many points, in each numeric format."""
    rows = []
    for share, numeric in zip((1, 0.27, 0.5), numerics, strict=False):
        rows.append(row(0.98, int(700_000 * share), quantize=numeric))
        for threshold in np.linspace(0.01, 0.1, count):
            score, size = 0.98 - 25 * threshold**2, int(700_000 * share * (1 - 8 * threshold))
            rows.append(row(score, size, quantize=numeric, method="threshold", threshold=float(threshold)))
    return rows


def test_the_pareto_front_has_the_rows_that_nothing_beats():
    rows = [row(0.9, 100), row(0.8, 120), row(0.7, 50), row(0.7, 60), row(0.95, 300)]
    assert pareto_front(rows) == [2, 0, 4]
    assert pareto_front([row(0.1, 100, "mse"), row(0.2, 50, "mse"), row(0.3, 60, "mse")]) == [1, 0]


@pytest.mark.parametrize("count", [1, 2, 8, 40])
def test_a_sweep_has_readable_ticks_and_the_unpruned_model(count, tmp_path):
    plot_sweep(swept(count, ("none", "int8")), tmp_path / "p.svg")
    found = texts(tmp_path / "p.svg")
    assert {"unpruned", "float32", "int8", "Pareto front", "threshold at each point"} <= set(found)
    assert "200 KiB" in found
    assert any(re.fullmatch(r"[\d.]+ %", text) for text in found)
    assert not [text for text in found if "times" in text or "10^" in text]


def test_of_many_points_those_of_the_front_have_labels(tmp_path):
    plot_sweep(swept(40, ("none", "int8")), tmp_path / "many.svg")
    plot_sweep(swept(4, ("none", "int8")), tmp_path / "few.svg")
    assert texts(tmp_path / "many.svg").count("0.1") == 1
    assert texts(tmp_path / "few.svg").count("0.1") == 2


def test_rows_without_a_score_or_with_one_that_is_no_number_have_no_place():
    rows = [row(None, 100), row(float("nan"), 100), row(0.5, None), row(0.5, 100)]
    assert points_of(rows) == rows[3:]


def test_a_comparison_has_one_panel_for_each_quantity_that_was_measured(tmp_path):
    first = row(0.98, 700_000, latency_ms_p50=0.0094)
    rows = [first, row(0.97, 200_000, method="set", sparsity_target=0.8, latency_ms_p50=0.009, training_s=5.2)]
    plot_comparison(rows, tmp_path / "p.svg")
    found = texts(tmp_path / "p.svg")
    assert panels_of(rows) == ["score", "tflite_gzip_bytes", "latency_ms_p50", "training_s"]
    assert {"unpruned", "set 0.8", "inference, median", "5 µs", "200 KiB", "training", "2 s"} <= set(found)
    assert found.count("set 0.8") == 2  # beside each line of panels


def test_files_of_a_benchmark_are_named_below(tmp_path):
    files = [f"model_{number}.tflite" for number in range(6)]
    rows = [
        Measurement(file=f"x/{file}", metric="mse", score=0.1 + index, tflite_bytes=50_000 * 2**index, latency_ms_p50=9)
        for index, file in enumerate(files)
    ]
    plot_benchmark(rows, tmp_path / "p.svg")
    found = texts(tmp_path / "p.svg")
    assert [text for text in found if text.startswith("model_")] == files
    assert {"mse", "size of the .tflite", "latency, median", "100 KiB", "1 MiB"} <= set(found)
    assert not has_points([Measurement(file="a", metric="mse", score=0.1)])


@pytest.mark.parametrize(("groups", "bars"), [(3, 3), (70, 60)])
def test_a_cut_is_drawn_with_the_groups_that_there_is_room_for(groups, bars, tmp_path):
    names = [f"block_{number}_convolution_with_a_long_name" for number in range(groups)]
    graph = ChannelGraph(
        unit_of=np.arange(8 * groups),
        group_of=np.repeat(np.arange(groups), 8),
        groups=tuple(ChannelGroup(name=name, producers=(), consumers=(), units=8) for name in names),
        weight_axes=(),
        tensor_axes=(),
        edits=(),
    )
    scores = np.tile([*np.linspace(0, 3e-5, 7), np.nan], groups)
    plot_plan(ChannelPlan(graph=graph, kept=scores > 1e-5, scores=scores), tmp_path / "p.svg")
    found = texts(tmp_path / "p.svg")
    assert len([text for text in found if text.startswith("block_")]) == bars + min(groups, 6)
    assert {"unpruned", "pruned", "block_0_conv…h_a_long_name"} <= set(found)
    assert not [text for text in found if "e-" in text or "e−" in text]
    assert ("the 60 largest groups" in found) == (groups > 60)
