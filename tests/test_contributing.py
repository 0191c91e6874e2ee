"""CONTRIBUTING's examples, each saved as the one file that it is, pass all that a plug-in is asked for."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tests.pruning.test_criteria import evidence

ROOT = Path(__file__).parents[1]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"[sS]aved\s+as\s+`([\w/]+\.py)`.*?^```python\n(.*?)^```$", CONTRIBUTING, re.DOTALL | re.M))
FOLLOWING = "reads_as_agreed or fits_the_terminal or lists_of_a_page or metrics_are_named or plugin_with_a_summary"
"""Tests that a plug-in can break without being named in them."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The project with the examples as new files, made by a newcomer: `make golden`, and nothing else was edited."""
    folder = tmp_path_factory.mktemp("copy")
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-dir"]
    for path in {*packages.values(), "tests", "docs"}:
        shutil.copytree(ROOT / path, folder / path)
    for file in (*ROOT.glob("*.md"), ROOT / "pyproject.toml"):
        shutil.copy(file, folder)
    for path, source in EXAMPLES.items():
        (folder / path).write_text(source, encoding="utf-8")
    for name, path in packages.items():
        if "." in name:
            (folder / "edgeprune" / path).symlink_to(folder / path)
    assert python(folder, "-m", "tests.golden").returncode == 0
    return folder


def python(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run Python on the copy's sources, which lie where it is started."""
    return subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_each_kind_of_example_is_there():
    assert {str(Path(path).parent) for path in EXAMPLES} == {
        "pruning/criteria",
        "dataset_io/formats",
        "dataset_io/metrics",
    }


def test_every_path_of_the_table_exists():
    rows = re.findall(r"^\| .* \|$", CONTRIBUTING, re.MULTILINE)
    paths = {path for row in rows for path in re.findall(r"[`\s]([\w.]+/[\w./]*)", row)}
    assert len(paths) > 10
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_each_example_is_one_file_and_keeps_its_contract(copy):
    names = [Path(path).stem.replace("_", "-") for path in EXAMPLES]
    chosen = " or ".join([*names, FOLLOWING])
    files = ("test_plugins.py", "test_plugins_data.py", "test_docs.py", "test_architecture.py", "cli/test_help.py")
    options = ("-q", "-p", "no:cacheprovider", "-k", chosen)
    done = python(copy, "-m", "pytest", *options, *(f"tests/{file}" for file in files))
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed, done.stdout
    assert int(passed[1]) > 40


def test_the_examples_are_listed_like_all_others(copy):
    listed = python(copy, "-m", "edgeprune", "methods", "--format", "csv").stdout
    helped = python(copy, "-m", "edgeprune", "prune", "--help").stdout
    for path in EXAMPLES:
        assert f",{Path(path).stem.replace('_', '-')}," in listed
    assert all(name in helped for name in ("linf", "FILE.jsonl", "median-error"))


def test_the_worked_criterion_is_the_largest_weight():
    criterion = ModuleType("linf")
    exec(compile(EXAMPLES["pruning/criteria/linf.py"], "linf.py", "exec"), vars(criterion))
    seen = evidence()
    makes = np.abs(seen.weights["conv", "kernel"]).max(axis=(0, 1, 2))
    reads = np.abs(seen.weights["dense", "kernel"]).reshape(3, 4, 5).max(axis=(0, 2))
    assert criterion.score(seen) == pytest.approx(np.maximum(makes, reads))
