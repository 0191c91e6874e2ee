"""What is taken from the report beside a model: of that very model, and only what can be."""

import json

import pytest

from edgeprune.contracts.scale import Scale
from edgeprune.pipeline.model_report import content_digest, recorded_scale, report_of


def reported(folder, **content):
    """A file with a report of it beside it."""
    model = folder / "model.h5"
    model.write_bytes(b"weights")
    report = {"command": "prune", "sha256": {"output": content_digest(model)}, **content}
    report_of(model).write_text(json.dumps(report))
    return model


FOUND = {"name": "-1:1", "conventions": ["0:1", "-1:1"]}


def test_the_scale_of_the_very_model_is_known(tmp_path):
    model = reported(tmp_path, scale=FOUND)
    assert recorded_scale(model) == Scale(name="-1:1", conventions=("0:1", "-1:1"))
    model.write_bytes(b"other weights")
    assert recorded_scale(model) is None


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"scale": "-1:1"},
        {"scale": FOUND | {"name": "auto"}},
        {"scale": FOUND | {"name": "1:-1"}},
        {"scale": FOUND | {"name": 3}},
        {"scale": FOUND | {"conventions": "0:1"}},
        {"scale": {"name": "-1:1"}},
        {"scale": FOUND, "command": "export"},
        {"scale": FOUND, "sha256": None},
    ],
)
def test_what_tells_no_scale_is_nothing(content, tmp_path):
    assert recorded_scale(reported(tmp_path, **content)) is None
