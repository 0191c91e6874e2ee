"""The package itself: nothing is imported before it is used, and `python -m edgeprune` is the command."""

import importlib
import inspect
import pydoc
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

import edgeprune
from edgeprune.contracts.errors import EdgepruneError
from edgeprune.contracts.recipes.fields import help_text
from edgeprune.contracts.recipes.recipe import BenchmarkRecipe, ExportRecipe, PruneRecipe, SweepRecipe


def python(*arguments, cwd=None):
    return subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def test_importing_it_imports_nothing_else():
    program = "import sys; before = {*sys.modules}; import edgeprune; print(sorted({*sys.modules} - before))"
    assert python("-c", program).stdout == "['edgeprune']\n"


def test_all_its_names_are_there_and_documented():
    assert {*edgeprune.__all__} <= {*dir(edgeprune)}
    assert all(inspect.getdoc(getattr(edgeprune, name)) for name in edgeprune.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'prun'"):
        _ = edgeprune.prun


def test_every_kind_of_error_can_be_caught_by_its_name():
    errors = importlib.import_module("edgeprune.contracts.errors")
    kinds = {name for name, value in vars(errors).items() if isinstance(value, type)}
    assert kinds == {name for name in edgeprune.__all__ if name.endswith("Error")}
    assert all(issubclass(getattr(edgeprune, name), EdgepruneError) for name in kinds)


@pytest.mark.parametrize("options", [[], ["-P"]], ids=["with the working folder first", "without"])
def test_as_a_module_it_is_the_command_whatever_lies_beside_it(tmp_path, options):
    for name in ("json.py", "typing.py", "cli/__init__.py", "contracts/__init__.py", "interface/__init__.py"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("raise SystemExit('a file of the user was imported')", encoding="utf-8")
    done = python(*options, "-m", "edgeprune", "methods", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "magnitude" in done.stdout


def test_types_are_shipped():
    assert Path(edgeprune.__file__).with_name("py.typed").exists()


@pytest.mark.parametrize(
    ("name", "recipe"),
    [("prune", PruneRecipe), ("sweep", SweepRecipe), ("export", ExportRecipe), ("benchmark", BenchmarkRecipe)],
)
def test_the_help_of_a_function_lists_the_options_of_its_command(name, recipe):
    function = getattr(edgeprune, name)
    text = " ".join(pydoc.plain(pydoc.render_doc(function)).split())
    keywords = inspect.signature(function).parameters
    for item in fields(recipe):
        assert item.name in keywords
        if item.name not in ("data", "tflite"):  # which are more than the command's, and told above
            assert " ".join(f"{item.name}: {help_text(item)}".split()) in text
            assert keywords[item.name].default == item.default
