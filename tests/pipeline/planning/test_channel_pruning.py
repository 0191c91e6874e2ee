"""`edgeprune prune` by channels: smaller, proven, planned without a change, drawn."""

import json

import keras
import pytest


def command(samples, *more):
    files = (samples / "digits_cnn.keras", "--data", samples / "digits.npz")
    return ("prune", *files, "--method", "structured", "--format", "json", *more)


@pytest.fixture(scope="module")
def pruned(samples, edgeprune, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cut")
    more = ("--macs", 0.5, "--criterion", "taylor", "--epochs", 2, "--check", "--plot", "units.svg")
    done = edgeprune(*command(samples, *more), cwd=folder)
    assert done.exit_code == 0, done.stderr
    return folder, done


def test_the_macs_are_at_most_what_was_asked_and_the_model_has_them(pruned):
    folder, done = pruned
    original, cut, _, tuned = done.json["rows"]
    assert 0.4 * original["macs"] < cut["macs"] <= 0.5 * original["macs"]
    assert tuned["parameters"] == cut["parameters"] < original["parameters"]
    assert keras.models.load_model(folder / "digits_cnn.pruned.keras").count_params() == cut["parameters"]


def test_the_cut_is_proven(pruned):
    check = pruned[1].json["check"]
    assert check["relative_error"] <= 1e-5
    assert "the cut is exact" in pruned[1].stderr


def test_every_layer_tells_its_units(pruned):
    layers = {layer["name"]: layer for layer in pruned[1].json["layers"]}
    assert layers["digit"]["units_after"] == layers["digit"]["units_before"] == 10
    assert layers["stem"]["units_after"] < layers["stem"]["units_before"]


def test_the_plot_is_drawn(pruned):
    assert b"<svg" in (pruned[0] / "units.svg").read_bytes()


def test_a_dry_run_tells_what_a_run_comes_to(pruned, samples, edgeprune, tmp_path):
    more = ("--macs", 0.5, "--criterion", "taylor", "--epochs", 2, "--dry-run")
    done = edgeprune(*command(samples, *more), cwd=tmp_path)
    planned, made = done.json["rows"][1], pruned[1].json["rows"][1]
    assert {key: planned[key] for key in ("parameters", "macs")} == {key: made[key] for key in ("parameters", "macs")}
    assert planned["score"] is None
    assert {group["frozen"] for group in done.json["groups"]} == {None, "an output of the model"}
    assert list(tmp_path.iterdir()) == []


def test_one_ranking_decides_where_nothing_is_trained_and_layers_shrink_alike_where_something_is(
    samples, edgeprune, tmp_path
):
    def groups(*more):
        return edgeprune(*command(samples, "--macs", 0.5, "--dry-run", *more), cwd=tmp_path).json["groups"]

    layer, ranked = groups("--scope", "layer"), groups("--scope", "global")
    assert layer != ranked
    assert (groups(), groups("--epochs", 2)) == (ranked, layer)


def test_half_of_the_macs_in_steps_of_eight_are_half(samples, edgeprune, tmp_path):
    for scope in ("layer", "global"):
        done = edgeprune(*command(samples, "--macs", 0.5, "--align", 8, "--scope", scope, "--dry-run"), cwd=tmp_path)
        before, after = done.json["rows"]
        assert 0.485 * before["macs"] <= after["macs"] <= 0.5 * before["macs"]
        assert {group["units_after"] % 8 for group in done.json["groups"] if not group["frozen"]} == {0}


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        ((), 2, "--method structured needs either --ratio R or --macs R"),
        (("--ratio", 0.5, "--macs", 0.5), 2, "needs either"),
        (("--ratio", 0.5, "--dry-run", "--plot", "a.png"), 2, "--dry-run writes nothing"),
        (("--ratio", 0.5, "--include", "nothing*"), 2, "no layer matches 'nothing*'"),
        (("--macs", 0.0001), 1, "MACs"),
    ],
)
def test_requests_that_cannot_be_met(samples, edgeprune, tmp_path, options, status, message):
    done = edgeprune(*command(samples, *options), cwd=tmp_path)
    assert (done.exit_code, list(tmp_path.iterdir())) == (status, [])
    assert message in done.stderr


def test_activation_methods_need_data(samples, edgeprune, tmp_path):
    done = edgeprune("prune", samples / "digits_mlp.h5", "--method", "activation", "--threshold", 0.1, cwd=tmp_path)
    assert done.exit_code == 2
    assert "--data" in done.stderr


def test_activation_threshold_zero_removes_nothing(samples, edgeprune, tmp_path):
    done = edgeprune(
        *("prune", samples / "digits_mlp.h5", "--data", samples / "digits.npz", "--method", "activation"),
        *("--threshold", 0, "--dry-run", "--format", "json"),
        cwd=tmp_path,
    )
    rows = done.json["rows"]
    assert rows[0]["parameters"] == rows[1]["parameters"]


def test_a_ratio_that_would_empty_a_group_leaves_one_and_says_so(samples, edgeprune, tmp_path):
    done = edgeprune(*command(samples, "--ratio", 1.0, "--dry-run"), cwd=tmp_path)
    assert done.exit_code == 0
    assert "the fewest that may stay" in done.stderr
    assert all(layer["units_after"] != 0 for layer in done.json["layers"])


def test_the_report_lies_beside_the_model(pruned):
    folder, done = pruned
    assert json.loads((folder / "digits_cnn.pruned.keras.json").read_text()) == done.json
