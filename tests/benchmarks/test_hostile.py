"""The campaign itself: it sees what goes wrong, and makes the same case again from its number."""

import copy
import json
import random
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.hostile import base_models, judging, report, workers
from benchmarks.hostile.cases import Case, Folder, Outcome, Step, generator
from benchmarks.hostile.command_lines import command_line
from benchmarks.hostile.damage import damaged_bytes, damaged_json
from benchmarks.hostile.model_files import with_config
from benchmarks.hostile.workers import Settings


@pytest.fixture
def folder(tmp_path: Path, samples: Path) -> Folder:
    made = Folder(tmp_path / "case", samples)
    made.make()
    return made


def outcome(status: int = 0, stderr: str = "", *arguments: str, **more: object) -> Outcome:
    plain = {"seconds": 0.1, "computed": 0.1, "peak_bytes": 1, "hung": False, "processes_left": 0, "stdout": b"{}"}
    step = Step(arguments=arguments or ("inspect", "model.h5"))
    return Outcome(**{"step": step, "status": status, "stderr": stderr, **plain, **more})


def kinds(folder: Folder, *outcomes: Outcome, before: dict[str, str] | None = None, must_fail: bool = False) -> list:
    case = Case(steps=tuple(one.step for one in outcomes), title="", must_fail=must_fail)
    listed = judging.listing(folder.work) if before is None else before
    return [fault.kind for fault in judging.faults(case, folder, outcomes, listed)]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (outcome(0), []),
        (outcome(1, "error: it is damaged"), []),
        (outcome(1, "error: this is a bug in edgeprune: KeyError"), ["bug"]),
        (outcome(1, "Traceback (most recent call last):\nKeyError: 3"), ["traceback", "exit"]),
        (outcome(1, "error: a\nerror: b"), ["exit"]),
        (outcome(-signal.SIGSEGV), ["exit"]),
        (outcome(0, "error: and yet 0"), ["exit"]),
        (outcome(0, "2026-01-01 10:00:00 tensorflow W slow"), ["noise"]),
        (outcome(-9, hung=True), ["hang"]),
        (outcome(0, peak_bytes=3 << 30), ["memory"]),
        (outcome(0, "", "inspect", "x", "--format", "json", stdout=b"NaN"), ["exit"]),
        (outcome(0, processes_left=1), ["leftover"]),
    ],
)
def test_what_a_command_says_is_judged(found: Outcome, expected: list[str], folder: Folder) -> None:
    assert kinds(folder, found) == expected


def test_files_are_judged(folder: Folder) -> None:
    model = folder.work / "model.h5"
    model.write_bytes(b"model")
    before = judging.listing(folder.work)
    done = outcome(0, "", "export", "model.h5", "--tflite", "out.tflite")
    failed = outcome(1, "error: no", "export", "model.h5", "--tflite", "out.tflite")
    (folder.work / "out.tflite").write_bytes(b"\0\0\0\0TFL3")
    assert kinds(folder, done, before=before) == []
    assert kinds(folder, failed, before=before) == ["leftover"]
    (folder.work / "out.tflite").write_bytes(b"half")
    assert kinds(folder, done, before=before) == ["loss"]
    (folder.work / "out.tflite").unlink()
    (folder.temporary / "edgeprune-1").mkdir()
    model.unlink()
    assert kinds(folder, failed, before=before) == ["loss", "leftover"]


def test_code_that_ran_is_seen(folder: Folder) -> None:
    folder.canary.touch()
    assert kinds(folder, outcome(1, "error: refused")) == ["code run"]
    folder.canary.unlink()
    assert kinds(folder, outcome(0, stdout=folder.secret.read_bytes())) == ["code run"]
    assert kinds(folder, outcome(0), must_fail=True) == ["exit"]


def test_the_same_number_makes_the_same_damage(samples: Path, tmp_path: Path) -> None:
    content = (samples / "digits_mlp.h5").read_bytes()
    assert damaged_bytes(content, generator(3, "x", 1)) == damaged_bytes(content, generator(3, "x", 1))
    assert damaged_bytes(content, generator(3, "x", 1)) != damaged_bytes(content, generator(3, "x", 2))


def test_damaged_json_differs_and_can_be_written() -> None:
    value = {"a": [1, {"b": [2, 3]}], "c": {"d": "e", "f": None}}
    made = [json.dumps(damaged_json(copy.deepcopy(value), random.Random(number))[0]) for number in range(50)]
    assert len({text for text in made if text != json.dumps(value)}) > 40


def test_a_case_runs_in_a_child_and_is_kept(samples: Path, tmp_path: Path) -> None:
    def make(rng: random.Random, folder: Folder) -> Case:
        with_config(samples / "digits_mlp.h5", folder.work / "model.h5", lambda config: {"class_name": rng.random()})
        return Case(steps=(Step(arguments=("inspect", "model.h5")),), title="no config", must_fail=True)

    settings = Settings(seed=1, bases=samples, keep=tmp_path / "kept")
    family = SimpleNamespace(make=make)
    found = workers.run_case("mine", family, 4, settings)
    assert found.statuses == (1,)
    assert "error:" in found.stderr
    whole = SimpleNamespace(
        make=lambda rng, folder: Case(steps=(Step(arguments=("methods",)),), title="", must_fail=True)
    )
    assert [fault.kind for fault in workers.run_case("mine", whole, 5, settings).faults] == ["exit"]
    assert "accepted" in (tmp_path / "kept" / "mine-5" / "CASE.txt").read_text()


@pytest.mark.tensorflow
def test_some_hundred_cases_find_nothing(tmp_path: Path) -> None:
    """All families that need no TensorFlow, in a process that forks: this one may have threads."""
    light = [name for name, family in workers.families().items() if not family.TENSORFLOW]
    chosen = [word for name in light for word in ("--family", name)]
    command = [sys.executable, "-m", "benchmarks.hostile", "--cases", "150", "--seed", "1", *chosen]
    done = subprocess.run(
        [*command, "--keep", str(tmp_path)], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_family_says_what_it_is() -> None:
    for name, family in workers.families().items():
        assert family.SUMMARY
        assert family.SHARE > 0, name
        assert isinstance(family.TENSORFLOW, bool)
        assert callable(family.make)


def test_findings_alike_are_told_once() -> None:
    assert report.signature("error: a/b.h5: layer 'x' has 3") == report.signature("error: c/d.h5: layer 'yy' has 44")


def test_the_base_models_are_known_by_their_names() -> None:
    assert len(base_models.KERAS_FILES) == len(set(base_models.KERAS_FILES)) == 23


def test_outputs_that_a_recipe_names_are_outputs(folder: Folder) -> None:
    (folder.work / "recipe.toml").write_text('c_array = "own.cc"\n')
    (folder.work / "own.cc").write_text("before")
    before = judging.listing(folder.work)
    for name in ("own.cc", "own.h"):
        (folder.work / name).write_text("written")
    words = ("export", "model.h5", "--tflite", "out.tflite", "--force", "--recipe", "recipe.toml")
    assert kinds(folder, outcome(0, "", *words), before=before) == []


def test_a_command_line_has_what_its_options_need() -> None:
    lines = [command_line(random.Random(seed)) for seed in range(500)]
    assert lines == [command_line(random.Random(seed)) for seed in range(500)]
    right = [words for command, words in lines if command == "export" and "--max-arena" in words and "" not in words]
    assert any("--target" in words and words[words.index("--target") + 1] == "micro" for words in right)
