"""Labels lie on no point and on no other label."""

from itertools import combinations

import numpy as np

from edgeprune.pipeline.plots.drawing import new_figure
from edgeprune.pipeline.plots.labels import Label, write_labels


def written(points):
    axes = new_figure().add_subplot()
    axes.plot(*zip(*points, strict=True), "o")
    axes.margins(0.2)
    write_labels(axes, [Label(f"label {index}", *point) for index, point in enumerate(points)], points)
    renderer = axes.figure.canvas.get_renderer()
    return axes, {text.get_text(): text.get_window_extent(renderer) for text in axes.texts}


def test_few_points_have_all_their_labels():
    _, boxes = written([(0, 0), (1, 1), (2, 0), (3, 1)])
    assert list(boxes) == [f"label {index}" for index in range(4)]


def test_in_a_crowd_the_first_labels_are_written_and_nothing_overlaps():
    points = [tuple(point) for point in np.random.default_rng(0).random((80, 2))]
    axes, boxes = written(points)
    assert 5 < len(boxes) < 80
    assert "label 0" in boxes
    assert not any(one.overlaps(other) for one, other in combinations(boxes.values(), 2))
    assert not any(box.contains(*axes.transData.transform(point)) for box in boxes.values() for point in points)
    assert all(axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1 for box in boxes.values())


def test_points_on_one_place_do_not_share_a_place_for_their_labels():
    _, boxes = written([(1, 1)] * 3 + [(0, 0)])
    assert len(boxes) == 4
    assert not any(one.overlaps(other) for one, other in combinations(boxes.values(), 2))
