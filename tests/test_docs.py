"""The documents say what the program does: all commands and choices are named, examples run, links lead on."""

import contextlib
import itertools
import re
import shlex
from collections import Counter
from pathlib import Path

import pytest
import typer

from edgeprune.cli.command_line import app
from edgeprune.cli.methods import KINDS
from edgeprune.contracts.recipes.recipe import PruneRecipe
from edgeprune.contracts.recipes.values import merge
from edgeprune.contracts.results import LayerReport, Measurement
from tests import golden

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
ARCHITECTURE = ROOT / "ARCHITECTURE.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *PAGES[1:],
    *(ROOT / name / "README.md" for name in ("sample_models", "benchmarks")),
]

COMMANDS = typer.main.get_command(app).commands
ANYWHERE = {"--quiet", "--verbose", "--debug"}
"""Options that may stand anywhere on the line."""

OUTPUTS = {"--output", "--tflite", "--plot", "--c-array"}


def text(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def blocks(document: Path) -> list[tuple[str, str]]:
    """Language and text of every fenced block, in their order."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", text(document), flags=re.DOTALL | re.MULTILINE)


def in_language(document: Path, language: str) -> list[str]:
    return [block for found, block in blocks(document) if found == language]


def commands_of(block: str) -> list[list[str]]:
    """The arguments of every `edgeprune …` of a shell block."""
    lines = block.replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("edgeprune ")]


def command_lines(*documents: Path) -> list[list[str]]:
    return [line for document in documents for block in in_language(document, "sh") for line in commands_of(block)]


def names_in_code(*documents: Path) -> set[str]:
    """Everything between backquotes, whole and word by word, and all words of the commands."""
    spans = [span for document in documents for span in re.findall(r"`([^`\n]+)`", text(document))]
    words = {word.strip(",") for span in spans for word in span.split()}
    return {*spans, *words, *(word for line in command_lines(*documents) for word in line)}


def pages():
    return pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_shows_every_command(command):
    assert command in {arguments[0] for arguments in command_lines(README)}


def test_the_pages_list_the_plugins_of_every_folder():
    listed = {f"edgeprune.{folder.replace('/', '.')}" for page in PAGES for folder in golden.lists(text(page))}
    assert listed == set(KINDS.values())


@pages()
def test_the_lists_of_a_page_are_those_of_the_catalogue(page):
    assert text(page) == golden.with_lists(text(page)), "make golden writes them"


@pytest.mark.parametrize("command", COMMANDS)
def test_the_pages_tell_every_option(command):
    options = {option for parameter in COMMANDS[command].params for option in parameter.opts if option[:2] == "--"}
    assert options
    assert options - names_in_code(*PAGES) == set()


@pytest.mark.parametrize("document", [*PAGES, ARCHITECTURE], ids=lambda document: document.stem)
def test_every_option_that_is_named_exists(document):
    options = {
        option
        for command in [typer.main.get_command(app), *COMMANDS.values()]
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    named = {word for word in names_in_code(document) if re.fullmatch("--[a-z][a-z-]*", word)}
    assert named - options - ANYWHERE - {"--help"} == set()


@pages()
def test_every_key_of_a_recipe_file_exists(page, tmp_path):
    for number, recipe in enumerate(in_language(page, "toml")):
        file = tmp_path / f"{number}.toml"
        file.write_text(recipe, encoding="utf-8")
        assert merge(PruneRecipe, {}, file).method in recipe


def test_the_json_keys_that_are_named_exist():
    words = " ".join(text(ROOT / "docs/scripts.md").split())
    sentences = re.search(r"In JSON, `rows` have (.*?)\. What was not measured", words)
    assert sentences
    known = {*Measurement.__dataclass_fields__, *LayerReport.__dataclass_fields__, "layers"}
    named = set(re.findall(r"`(\w+)`", sentences[1]))
    assert len(named) > 5
    assert named <= known


def test_every_page_is_found_from_the_readme_and_leads_back():
    assert {f"docs/{page.name}" for page in PAGES[1:]} <= {target for target, _ in links(README)}
    assert [page.name for page in PAGES[1:] if ("../README.md", "one-page-a-question") not in links(page)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading(document):
    for target, heading in links(document):
        file = document.parent / target if target else document
        assert file.exists(), target
        assert not heading or heading in headings(file), f"{target}#{heading}"


def links(document: Path) -> list[tuple[str, str]]:
    """File and heading of every link that leads to neither another site nor a picture on one."""
    targets = re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", text(document))
    return [(target, heading) for target, heading in targets if "://" not in target]


def headings(document: Path) -> set[str]:
    """The anchors that GitHub makes of a document's headings."""
    found = re.findall(r"^#+ (.*)$", text(document), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_nothing_is_told_twice_and_no_example_stands_in_the_way_of_another():
    lines = command_lines(*PAGES)
    files = [file for line in lines for option, file in itertools.pairwise(line) if option in OUTPUTS]
    unnamed = [line[1] for line in lines if line[0] == "prune" and not {"--output", "--dry-run", "--help"} & set(line)]
    counts = Counter([*map(shlex.join, lines), *files, *unnamed])
    assert [name for name, count in counts.items() if count > 1] == []


@pages()
def test_the_examples_of_a_page_run_in_their_order(page, edgeprune, samples, tmp_path):
    """Trained for two epochs only, as few as from scratch; the limit on the score of a recipe is left out for that."""
    (tmp_path / "sample_models").symlink_to(samples)
    for language, block in blocks(page):
        if language == "toml":
            (tmp_path / "recipe.toml").write_text(shortened(block), encoding="utf-8")
        elif language == "python":
            with contextlib.chdir(tmp_path):
                exec(compile(block, page.name, "exec"), {})
        for arguments in commands_of(block) if language == "sh" else ():
            short = shortened(shlex.join(arguments))
            done = edgeprune(*shlex.split(short), cwd=tmp_path)
            assert done.exit_code == 0, f"{short}\n{done.stderr}"


def shortened(example: str) -> str:
    """With as few epochs as can be."""
    example = re.sub(r"min-score = .*", "", example)
    return re.sub(r"qat-epochs( = | )\d+", r"qat-epochs\g<1>1", re.sub(r"\bepochs( = | )\d+", r"epochs\g<1>2", example))
