"""The documents say what the program does: all commands and choices are named, examples run, links lead on."""

import re
import shlex
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from edgeprune.cli.command_line import app
from edgeprune.cli.methods import KINDS
from edgeprune.contracts.plugins import catalogue
from edgeprune.contracts.recipes.recipe import BenchmarkRecipe, ExportRecipe, PruneRecipe, SweepRecipe
from edgeprune.contracts.recipes.values import merge
from edgeprune.contracts.results import LayerReport, Measurement
from tests.pruning.test_criteria import evidence

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
DOCUMENTS = [
    ROOT / name
    for name in ("README.md", "ARCHITECTURE.md", "SECURITY.md", "sample_models/README.md", "benchmarks/README.md")
]

EXAMPLE = "pruning/criteria/linf.py"
"""The criterion that ARCHITECTURE.md shows how to write."""

COMMANDS = [str(command.name) for command in app.registered_commands]
RECIPES = (PruneRecipe, SweepRecipe, ExportRecipe, BenchmarkRecipe)


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)


def command_lines(text: str) -> list[list[str]]:
    """The arguments of every `edgeprune …` in the shell blocks of a document."""
    lines = "".join(blocks(text, "sh")).replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("edgeprune ")]


def names_in_code(text: str) -> set[str]:
    """Everything between backquotes, whole and word by word."""
    spans = re.findall(r"`([^`\n]+)`", text)
    return {*spans, *(word.strip(",") for span in spans for word in span.split())}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_shows_every_command(command):
    assert command in {arguments[0] for arguments in command_lines(README)}


@pytest.mark.parametrize("folder", KINDS.values())
def test_the_readme_names_every_plugin(folder):
    assert set(catalogue(folder)) <= names_in_code(README)


GLOBAL_OPTIONS = {"--recipe", "--format", "--help", "--version", "--quiet", "--verbose", "--debug"}


@pytest.mark.parametrize("text", [README, ARCHITECTURE], ids=["README", "ARCHITECTURE"])
def test_every_option_that_is_named_exists(text):
    fields = {name for recipe in RECIPES for name in recipe.__dataclass_fields__}
    shown = {word for arguments in command_lines(text) for word in arguments}
    named = {word for word in names_in_code(text) | shown if re.fullmatch("--[a-z][a-z-]*", word)}
    assert named - GLOBAL_OPTIONS <= {"--" + name.replace("_", "-") for name in fields}


def test_every_key_of_the_recipe_file_exists(tmp_path):
    (text,) = blocks(README, "toml")
    file = tmp_path / "recipe.toml"
    file.write_text(text, encoding="utf-8")
    assert merge(PruneRecipe, {}, file).method == "magnitude"


def test_the_json_keys_that_the_readme_names_exist():
    sentences = re.search(r"In JSON, `rows` have (.*?)\. What was not measured", README, flags=re.DOTALL)
    assert sentences
    known = {*Measurement.__dataclass_fields__, *LayerReport.__dataclass_fields__, "layers"}
    named = set(re.findall(r"`(\w+)`", sentences[1]))
    assert len(named) > 5
    assert named <= known


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(document):
    targets = re.findall(r"\]\(([^)#]+)", document.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (document.parent / target).exists()] == []


def test_the_commands_of_the_readme_run_in_their_order(edgeprune, samples, tmp_path):
    """Trained for two epochs only, as few as from scratch; the limits on scores are left out for that."""
    (tmp_path / "sample_models").symlink_to(samples)
    recipe = re.sub(r"epochs = \d+", "epochs = 1", blocks(README, "toml")[0])
    (tmp_path / "recipe.toml").write_text(re.sub(r"min-score = .*", "", recipe), encoding="utf-8")
    for arguments in command_lines(README):
        short = re.sub(r"--epochs \d+", "--epochs 2", shlex.join(arguments))
        done = edgeprune(*shlex.split(short), cwd=tmp_path)
        assert done.exit_code == 0, f"{short}\n{done.stderr}"


def test_the_worked_example_of_a_criterion_is_right():
    (source,) = blocks(ARCHITECTURE, "python")
    assert f"saved as `{EXAMPLE}`" in ARCHITECTURE
    criterion = ModuleType("linf")
    exec(compile(source, EXAMPLE, "exec"), vars(criterion))
    seen = evidence()
    makes = np.abs(seen.weights["conv", "kernel"]).max(axis=(0, 1, 2))
    reads = np.abs(seen.weights["dense", "kernel"]).reshape(3, 4, 5).max(axis=(0, 2))
    assert (criterion.NEEDS, criterion.COMPARABLE) == ("weights", False)
    assert criterion.score(seen) == pytest.approx(np.maximum(makes, reads))
