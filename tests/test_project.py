"""The files that a project is joined by say one thing: licence, changes, dependencies, checks."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PathDistribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = SETTINGS["project"]
REQUIREMENTS = [Requirement(line) for line in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"])]
LOCKED = dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE))


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_licence_is_in_the_wheel(tmp_path):
    program = f"from setuptools import build_meta; build_meta.prepare_metadata_for_build_wheel({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True)
    (metadata,) = (PathDistribution(folder) for folder in tmp_path.glob("*.dist-info"))
    assert metadata.version == PROJECT["version"]
    assert metadata.metadata["License-Expression"] == "Apache-2.0"
    assert metadata.read_text("licenses/LICENSE") == text("LICENSE")
    assert "The edgeprune authors" in text("LICENSE")


def test_the_newest_version_of_the_changelog_is_that_of_the_package():
    versions = re.findall(r"^## \[(\d[^\]]*)\] - \d{4}-\d\d-\d\d$", text("CHANGELOG.md"), re.MULTILINE)
    assert versions[0] == PROJECT["version"]


def test_before_a_commit_runs_what_make_check_runs():
    (parts,) = re.findall(r"^check: ([\w ]+?) *##", text("Makefile"), re.MULTILINE)
    entries = re.findall(r"^ *entry: (.+)$", text(".pre-commit-config.yaml"), re.MULTILINE)
    assert entries == [f"make {part}" for part in parts.split()]
    assert len(entries) > 2


def test_every_python_of_the_metadata_is_checked_as_here():
    workflow = text(".github/workflows/check.yml")
    (matrix,) = re.findall(r"python: \[(.+)\]", workflow)
    named = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", line)]
    assert matrix == ", ".join(f'"{version}"' for version in named)
    assert re.findall(r"run: (.+)", workflow) == re.findall(r"^make .+", text(".ci/run"), re.MULTILINE)


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_what_was_tested_is_locked_and_in_the_range(requirement):
    assert requirement.specifier.contains(LOCKED[canonicalize_name(requirement.name)], prereleases=True)


def test_everything_in_the_lock_file_has_hashes():
    entries = re.split(r"^(?=[\w.-]+==)", text("requirements.lock"), flags=re.MULTILINE)[1:]
    assert len(entries) == len(LOCKED) > 50
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_every_package_that_is_imported_is_declared():
    declared = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
    owners = packages_distributions()
    folders = {Path(folder) for folder in SETTINGS["tool"]["setuptools"]["package-dir"].values()}
    imported = {name for folder in folders for file in (ROOT / folder).rglob("*.py") for name in imports(file)}
    foreign = imported - set(sys.stdlib_module_names) - {"edgeprune"}
    assert len(foreign) > 10
    undeclared = {name for name in foreign if not declared & {canonicalize_name(owner) for owner in owners[name]}}
    assert undeclared == set()


def imports(file: Path) -> set[str]:
    """Top-level names of all packages that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found
