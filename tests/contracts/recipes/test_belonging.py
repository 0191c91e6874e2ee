"""Every field of every recipe: what it belongs to, how a switch is undone, and what a recipe file may hold."""

from dataclasses import fields
from typing import NamedTuple

import pytest
import typer.main

from edgeprune.cli.command_line import app
from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.plugins import catalogue
from edgeprune.contracts.recipes.fields import flag, opposite
from edgeprune.contracts.recipes.recipe import COMMANDS, BenchmarkRecipe, ExportRecipe, PruneRecipe, SweepRecipe
from edgeprune.contracts.recipes.values import merge, value_type

KNOWN = {kind: {item.name: item for item in fields(kind)} for kind in COMMANDS}
REQUIRED = {"tflite": "o.tflite"}
"""What `export` always has."""

GOOD = {bool: True, int: 7, float: 0.25, str: "some", tuple: ("some",)}
"""A value of each type that is nobody's default."""


class Need(NamedTuple):
    """A value of a field, and one of its needs that the command has options for."""

    kind: type
    name: str
    value: object
    options: tuple[str, ...]


def needs(kind, name):
    item = KNOWN[kind][name]
    stated = item.metadata.get("needs", ())
    by_value = {(choice,): listed for choice, listed in stated.items()} if isinstance(stated, dict) else None
    for value, listed in (by_value or {good_value(item): stated}).items():
        for need in listed:
            options = tuple(option for option in need.split(" or ") if option.split()[0] in KNOWN[kind])
            if options:
                yield Need(kind, name, value, options)


def good_value(item):
    plugins = item.metadata.get("plugins")
    names = item.metadata.get("choices", list(catalogue(plugins)) if plugins else ())
    return next((name for name in names if name != item.default), GOOD[value_type(item)])


def given(kind, option):
    """Values with which an option is in use, and all that it needs itself."""
    name, *value = option.split()
    item = KNOWN[kind][name]
    wanted = (tuple(value) if value_type(item) is tuple else value[0]) if value else good_value(item)
    others = [given(kind, need.options[0]) for need in needs(kind, name) if need.value in (wanted, good_value(item))]
    return {key: found for other in others for key, found in other.items()} | {name: wanted}


def all_given(need):
    """Values that meet all needs of a value, without the value."""
    required = REQUIRED if need.kind is ExportRecipe else {}
    several = [other for other in needs(need.kind, need.name) if other.value == need.value]
    return required | {key: found for other in several for key, found in given(need.kind, other.options[0]).items()}


def without(values, options):
    return {name: value for name, value in values.items() if name not in {option.split()[0] for option in options}}


NEEDS = [need for kind in COMMANDS for name in KNOWN[kind] for need in needs(kind, name)]
UNMET = [need for need in NEEDS if not (need.kind is ExportRecipe and need.options == ("tflite",))]
SWITCHES = [(kind, name) for kind in COMMANDS for name, item in KNOWN[kind].items() if value_type(item) is bool]


def label(need):
    return f"{need.kind.__name__}-{need.name}-{'-or-'.join(need.options)}".replace(" ", "-")


def test_options_of_every_kind_state_what_they_need():
    assert len(UNMET) > 80
    about = {option.split()[0] for need in NEEDS for option in need.options}
    assert about == {"data", "epochs", "qat_epochs", "distill", "tflite", "quantize", "target"}


@pytest.mark.parametrize("need", UNMET, ids=label)
def test_a_flag_without_what_it_belongs_to_is_a_usage_error(need):
    values = without(all_given(need), need.options) | {need.name: need.value}
    with pytest.raises(UsageError, match=f"^--.* needs --.*{flag(need.options[0].split()[0])}"):
        merge(need.kind, values)


@pytest.mark.parametrize("need", NEEDS, ids=label)
def test_a_flag_with_what_it_belongs_to_is_taken(need):
    assert getattr(merge(need.kind, all_given(need) | {need.name: need.value}), need.name) == need.value


@pytest.mark.parametrize("need", UNMET, ids=label)
def test_in_a_recipe_file_it_waits_with_a_note(need, tmp_path):
    file = tmp_path / "recipe.toml"
    file.write_text(f"{need.name} = {toml(need.value)}\n", encoding="utf-8")
    notes = []
    flags = without(all_given(need), need.options)
    recipe = merge(need.kind, flags, file, notes.append)
    default = KNOWN[need.kind][need.name].default
    assert (getattr(recipe, need.name), len(notes)) == (default, 1)
    assert notes[0].startswith(f"{file}: {need.name.replace('_', '-')} has no effect without --")


@pytest.mark.parametrize(("kind", "name"), SWITCHES, ids=[f"{kind.__name__}-{name}" for kind, name in SWITCHES])
def test_a_switch_has_a_flag_that_beats_a_recipe_file(kind, name, tmp_path):
    command = typer.main.get_command(app).commands[kind.__name__.removesuffix("Recipe").lower()]
    (parameter,) = (parameter for parameter in command.params if parameter.name == name)
    assert (parameter.opts, parameter.secondary_opts, parameter.default) == ([flag(name)], [opposite(name)], None)
    file = tmp_path / "recipe.toml"
    file.write_text(f"{name} = true\ndata = 'd.npz'\nepochs = 1\ntflite = 'o.tflite'\n", encoding="utf-8")
    assert getattr(merge(kind, {}, file), name) is True
    assert getattr(merge(kind, {name: False}, file), name) is False
    required = REQUIRED if kind is ExportRecipe else {}
    assert getattr(merge(kind, {name: False, **required}), name) is False  # and alone it needs nothing


def test_what_waits_lets_others_wait(tmp_path):
    file = tmp_path / "recipe.toml"
    file.write_text("distill = true\ntemperature = 3.0\ndata = 'd.npz'\n", encoding="utf-8")
    notes = []
    assert merge(PruneRecipe, {}, file, notes.append) == PruneRecipe(data="d.npz")
    assert [note.partition(": ")[2] for note in notes] == [
        "distill has no effect without --epochs",
        "temperature has no effect without --distill",
    ]
    assert merge(PruneRecipe, {"epochs": 2}, file).temperature == 3
    with pytest.raises(UsageError, match="--alpha needs --distill"):
        merge(PruneRecipe, {"epochs": 2, "alpha": 0.5, "distill": False}, file)


def test_a_file_serves_several_commands(tmp_path):
    file = tmp_path / "recipe.toml"
    file.write_text("data = 'd.npz'\nepochs = 2\nquantize = 'int8'\ntflite = 'o.tflite'\nruns = 9\n", encoding="utf-8")
    notes = []
    merged = {kind: merge(kind, {}, file, notes.append) for kind in COMMANDS}
    assert [merged[kind].data for kind in COMMANDS] == ["d.npz"] * 4
    assert (merged[PruneRecipe].tflite, merged[SweepRecipe].epochs, merged[BenchmarkRecipe].runs) == ("o.tflite", 2, 9)
    assert f"{file}: runs is an option of other commands, and is ignored" in notes


def test_a_mistyped_key_of_another_command_is_an_error(tmp_path):
    file = tmp_path / "recipe.toml"
    file.write_text("rnus = 9\n", encoding="utf-8")
    with pytest.raises(UsageError, match="unknown key 'rnus'; did you mean 'runs'"):
        merge(PruneRecipe, {}, file)
    file.write_text("runs = true\n", encoding="utf-8")
    with pytest.raises(UsageError, match="runs: expected a whole number, found True"):
        merge(PruneRecipe, {}, file)


def toml(value):
    if isinstance(value, bool):
        return str(value).lower()
    return str(list(value)) if isinstance(value, tuple) else repr(value)
