"""The rules of ARCHITECTURE.md that a machine can hold, and that its map is whole."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgeprune.cli.methods import KINDS
from edgeprune.contracts.plugins import catalogue

ROOT = Path(__file__).parents[1]
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
PACKAGES = ["edgeprune", *(name.partition(".")[2] for name in SETTINGS["setuptools"]["package-dir"] if "." in name)]
SLOW_TO_IMPORT = set(SETTINGS["ruff"]["lint"]["flake8-tidy-imports"]["banned-module-level-imports"])
MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 40

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(*folders: str) -> list[Path]:
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def place(file: Path, node: ast.AST | None = None) -> str:
    line = f":{node.lineno}" if isinstance(node, ast.stmt) else ""
    return f"{file.relative_to(ROOT)}{line}"


def test_imports_run_downward_only(tmp_path):
    whole = tmp_path / "edgeprune"  # import-linter follows neither package-dir nor links
    shutil.copytree(ROOT / "edgeprune", whole)
    for name in PACKAGES[1:]:
        shutil.copytree(ROOT / name, whole / name)
    lint = str(Path(sys.executable).with_name("lint-imports"))
    command = [lint, "--config", str(ROOT / "pyproject.toml"), "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wheel_holds_every_folder_under_one_name():
    parts = {f"edgeprune.{place(file.parent).replace('/', '.')}" for file in sources(*PACKAGES[1:])}
    assert set(SETTINGS["setuptools"]["packages"]) == {"edgeprune", *parts}


def test_the_map_of_the_architecture_has_one_line_for_each_folder():
    (rooms,) = re.findall(r"^## The map.*?^```text\n(.*?)^```", ARCHITECTURE, flags=re.DOTALL | re.MULTILINE)
    lines = [line.split(maxsplit=1) for line in rooms.splitlines() if line]
    assert all(len(line) == 2 for line in lines), "a room's line says what it is for"
    assert sorted(room for room, _ in lines) == sorted({f"{place(file.parent)}/" for file in sources(*PACKAGES)})


def test_every_path_that_the_architecture_names_exists():
    named = set(re.findall(r"`([\w./]+)`", ARCHITECTURE))
    paths = {name for name in named if "/" in name}
    files = {name for name in named - paths if name.endswith(".py")}
    assert len(paths) > 20
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []
    assert sorted(files - {file.name for file in sources(*PACKAGES, "tests")}) == []


def test_nothing_is_imported_by_the_name_of_its_folder():
    """A folder of the user's with the same name would be imported in its place."""
    found = [
        f"{place(file)} imports {name}"
        for file in sources(*PACKAGES, "tests", "benchmarks", "sample_models")
        for name in imports_at_the_top(parsed(file), everywhere=True)
        if name in PACKAGES[1:]
    ]
    assert found == []


def test_no_file_is_long():
    files = sources(*PACKAGES, "tests", "benchmarks", "sample_models")
    lengths = {place(file): len(file.read_text(encoding="utf-8").splitlines()) for file in files}
    assert {file: length for file, length in lengths.items() if length >= MAX_FILE_LINES} == {}


def test_no_function_is_long():
    long = {
        place(file, node): node.end_lineno - node.lineno + 1
        for file in sources(*PACKAGES, "benchmarks", "sample_models")
        for node in ast.walk(parsed(file))
        if isinstance(node, Function) and node.end_lineno - node.lineno + 1 >= MAX_FUNCTION_LINES
    }
    assert long == {}


def test_every_module_and_public_function_says_what_it_is():
    silent = [
        place(file, node)
        for file in sources(*PACKAGES)
        for node in public_definitions(parsed(file))
        if not ast.get_docstring(node)
    ]
    assert silent == []


def public_definitions(module: ast.Module) -> Iterator[ast.Module | Function | ast.ClassDef]:
    if module.body:
        yield module
    for node in module.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node


@pytest.mark.parametrize("folder", KINDS.values())
def test_every_file_of_a_plugin_folder_is_a_plugin_with_a_summary(folder):
    files = (ROOT / folder.removeprefix("edgeprune.").replace(".", "/")).glob("[!_]*.py")
    assert set(catalogue(folder)) == {file.stem.replace("_", "-") for file in files}
    assert all(summary.strip() for summary in catalogue(folder).values())


def test_metrics_are_named_by_their_files_alone():
    """Their facts are read from these; other code names the defaults, and losses that Keras calls alike."""
    names = set(catalogue("edgeprune.dataset_io.metrics"))
    named = {
        (place(file).partition(":")[0], node.value)
        for file in sources(*PACKAGES)
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.Constant) and node.value in names and "dataset_io/metrics/" not in place(file)
    }
    losses = {("dataset_io/loss_names.py", "mae"), ("dataset_io/loss_names.py", "mse")}
    assert named - losses == {("dataset_io/scoring.py", name) for name in ("accuracy", "agreement", "mse")}


def test_nothing_slow_is_imported_at_the_top_of_a_module():
    found = [
        f"{place(file)} imports {name}"
        for file in sources(*PACKAGES)
        for name in imports_at_the_top(parsed(file))
        if name in SLOW_TO_IMPORT or (name == "numpy" and file.is_relative_to(ROOT / "cli"))
    ]
    assert found == []


def imports_at_the_top(node: ast.AST, everywhere: bool = False) -> Iterator[str]:
    """Top-level package names of all imports that run when the module is imported, or of all there are."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name.split(".")[0] for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield (child.module or "").split(".")[0]
        elif everywhere or not isinstance(child, Function):
            yield from imports_at_the_top(child, everywhere)


def test_the_search_for_slow_imports_finds_them():
    source = "import os\nif True:\n import keras.layers\nclass A:\n from PIL import Image\ndef f():\n import numpy\n"
    assert list(imports_at_the_top(ast.parse(source))) == ["os", "keras", "PIL"]


ASKS_A_RECIPE = re.compile(r"hasattr\(recipe|getattr\(recipe,[^,()]+,|isinstance\([^()]*Recipe\b")


def test_no_room_asks_a_recipe_what_it_has():
    """A command opens its recipe once, and gives each room its part (ARCHITECTURE)."""
    found = [
        f"{place(file)}:{number}"
        for file in sources(*PACKAGES)
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if ASKS_A_RECIPE.search(line)
    ]
    assert found == []


COMMANDS = ("inspect", "prune", "sweep", "export", "benchmark", "methods")
USAGE_ERRORS = (
    ["no-such-command"],
    ["inspect"],
    ["prune", "model.keras", "--no-such-option"],
    ["prune", "model.keras", "--method", "no-such-method", "--sparsity", "0.5"],
    ["prune", "model.keras", "--threshold", "much"],
    ["sweep", "model.keras", "--thresholds", "0:1"],
    ["export", "model.keras", "--tflite", "out.tflite", "--quantize", "int3"],
)


@pytest.mark.parametrize("arguments", [[], ["--help"], *([command, "--help"] for command in COMMANDS)], ids=" ".join)
def test_help_imports_nothing_slow(arguments):
    exit_code, imported = run_in_a_fresh_interpreter(arguments)
    assert (exit_code, imported) == (0, [])


@pytest.mark.parametrize("arguments", USAGE_ERRORS, ids=" ".join)
def test_a_usage_error_exits_with_2_and_imports_nothing_slow(arguments):
    exit_code, imported = run_in_a_fresh_interpreter(arguments)
    assert (exit_code, imported) == (2, [])


@pytest.mark.parametrize(
    "command",
    [
        "prune model.keras --method magnitude --sparsity 0.5",
        "sweep model.keras --thresholds 0.1",
        "export model.keras --tflite out.tflite",
        "benchmark model.keras",
    ],
)
def test_data_that_is_not_there_is_told_before_tensorflow_is_imported(command):
    exit_code, imported = run_in_a_fresh_interpreter([*command.split(), "--data", "nowhere.npz"])
    assert (exit_code, imported) == (1, ["numpy"])


def run_in_a_fresh_interpreter(arguments: list[str]) -> tuple[int, list[str]]:
    """Exit status of the console entry point, and which slow packages it imported."""
    program = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print('imported', *({SLOW_TO_IMPORT | {'numpy'}!r} & sys.modules.keys())))\n"
        f"sys.argv = ['edgeprune', *{arguments!r}]\n"
        "from edgeprune.cli.main import main\n"
        "sys.exit(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines()[-1].split()[1:]
