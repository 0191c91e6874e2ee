"""`--method layers` from end to end, on a sample model with residual blocks."""

import json

import keras
import pytest


def arguments(samples, *more):
    data = ("--data", samples / "digits.npz", "--format", "json")
    return ("prune", samples / "digits_cnn.keras", "--method", "layers", *data, *more)


@pytest.fixture(scope="module")
def pruned(samples, edgeprune, tmp_path_factory):
    folder = tmp_path_factory.mktemp("layers")
    training = ("--epochs", 12, "--learning-rate", 0.01, "--patience", 12)
    done = edgeprune(*arguments(samples, "--count", 1, "--check", *training), cwd=folder)
    assert done.exit_code == 0, done.stderr
    return folder, done


def test_the_region_that_changes_least_is_gone_from_the_saved_model(samples, pruned):
    folder, done = pruned
    (removed,) = done.json["removed"]
    assert removed["change"] == min(candidate["change"] for candidate in done.json["candidates"])
    before = [layer.name for layer in keras.models.load_model(samples / "digits_cnn.keras").layers]
    after = keras.models.load_model(folder / "digits_cnn.pruned.keras")
    assert [layer.name for layer in after.layers] == [name for name in before if name not in removed["layers"]]
    assert after.count_params() == done.json["rows"][1]["parameters"] < done.json["rows"][0]["parameters"]


def test_it_is_proven_and_fine_tuning_brings_the_score_back(pruned):
    _, done = pruned
    assert done.json["check"]["relative_error"] <= 1e-5
    original, removed, tuned = (row["score"] for row in done.json["rows"])
    assert removed < 0.6
    assert tuned > original - 0.15


def test_no_layer_is_missing_from_the_report(samples, pruned):
    _, done = pruned
    gone = set(done.json["removed"][0]["layers"])
    for row in done.json["layers"]:
        assert (row["status"] == "pruned") == (row["name"] in gone)
        assert (row["reason"] is None) == (row["name"] in gone)
        assert row["units_after"] == (0 if row["name"] in gone else row["units_before"])


def test_a_dry_run_predicts_what_is_done(samples, edgeprune, tmp_path, pruned):
    _, done = pruned
    dry = edgeprune(*arguments(samples, "--count", 1, "--dry-run"), cwd=tmp_path)
    assert dry.exit_code == 0
    assert list(tmp_path.iterdir()) == []
    assert dry.json["removed"] == done.json["removed"]
    for key in ("parameters", "macs"):
        assert dry.json["rows"][1][key] == done.json["rows"][1][key] < dry.json["rows"][0][key]


def test_more_than_there_is_is_a_warning(samples, edgeprune, tmp_path):
    done = edgeprune(*arguments(samples, "--count", 99, "--dry-run"), cwd=tmp_path)
    removed = len(done.json["removed"])
    assert f"--count 99: only {removed} layers and blocks can be removed" in done.stderr


def test_a_sweep_over_ratios(samples, edgeprune, tmp_path):
    model, data = samples / "digits_cnn.keras", samples / "digits.npz"
    more = ("--method", "layers", "--ratios", "0,0.5,1", "--data", data, "--format", "json")
    done = edgeprune("sweep", model, *more, cwd=tmp_path)
    assert done.exit_code == 0, done.stderr
    parameters = [row["parameters"] for row in done.json["rows"]]
    assert parameters[0] == parameters[1] > parameters[2] > parameters[3]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--count", "1"], "--method layers needs data: it compares outputs on it; give --data D"),
        (["--count", "1", "--ratio", "0.5", "--data", "digits.npz"], "needs either --ratio R or --count N"),
        (["--data", "digits.npz"], "needs either --ratio R or --count N"),
        (["--count", "-1", "--data", "digits.npz"], "--count: expected at least 0, found -1"),
    ],
)
def test_wrong_requests(samples, edgeprune, more, said):
    done = edgeprune("prune", samples / "digits_cnn.keras", "--method", "layers", *more, "--dry-run", cwd=samples)
    assert done.exit_code == 2
    assert said in done.stderr.replace("\n", " ")


def test_a_model_in_which_nothing_can_go(samples, edgeprune, tmp_path):
    model, data = samples / "digits_mlp.h5", samples / "digits.npz"
    done = edgeprune("prune", model, "--method", "layers", "--count", 1, "--data", data, cwd=tmp_path)
    assert done.exit_code == 1
    assert "no layer or block of this model can be removed" in done.stderr.replace("\n", " ")


def test_the_report_beside_the_output_holds_the_plan(pruned):
    folder, done = pruned
    assert json.loads((folder / "digits_cnn.pruned.keras.json").read_text()) == done.json


def test_a_dry_run_shows_what_could_go_in_the_table(samples, edgeprune, tmp_path, pruned):
    done = edgeprune(*arguments(samples, "--count", 1, "--dry-run", "--format", "table"), cwd=tmp_path)
    assert done.exit_code == 0
    (removed,) = pruned[1].json["removed"]
    lines = done.stdout[done.stdout.index("output change") :].splitlines()
    row = next(line for line in lines if removed["layers"][0] in line)
    assert f"{removed['change']:.2%}" in row
    assert "as no. 1" in row
