"""The method that a recipe names, with the options that it takes. Imports nothing that is slow."""

from dataclasses import fields
from types import ModuleType

from edgeprune.contracts import plugins
from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.recipes.recipe import MethodRecipe, PointRecipe

METHODS = "edgeprune.pruning.methods"
TRAINING_KINDS = {"regime", "scheduled"}
"""Kinds of methods that train the model themselves, for the epochs of the recipe."""
EVERY_METHODS = {"method", "include", "exclude"}
"""Options that belong to all methods; a method's line `OPTIONS` names the others that it reads."""


def load_method(recipe: PointRecipe) -> ModuleType:
    """The plug-in of a recipe's method.

    Raises UsageError where the recipe does not say how much, or gives what the method would not look at.
    """
    method = plugins.load(METHODS, recipe.method)
    for option in given_options(recipe):
        if option not in method.OPTIONS:
            raise not_taken(option, f"--method {recipe.method}")
    method.check(recipe)
    return method


def not_taken(option: str, where: str) -> UsageError:
    """The error for an option that a method does not look at, with the methods that do."""
    others = [name for name in plugins.catalogue(METHODS) if option in plugins.load(METHODS, name).OPTIONS]
    return UsageError(f"--{option.replace('_', '-')} is not for {where}", f"it is for {', '.join(others)}")


def given_options(recipe: MethodRecipe) -> list[str]:
    """The options of single methods that a recipe gives another value than their default."""
    own = (item for item in fields(MethodRecipe) if item.name not in EVERY_METHODS)
    return [item.name for item in own if getattr(recipe, item.name) != item.default]
