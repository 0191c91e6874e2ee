"""The rules of all modules in the folder `rules/`."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from edgeprune.pruning.channels import rules as folder
from edgeprune.pruning.channels.registry import RULES, Rule


@cache
def all_rules() -> Mapping[str, Rule]:
    """All rules, by the kind of layer or operation that they read."""
    for module in pkgutil.iter_modules(folder.__path__):
        importlib.import_module(f"{folder.__name__}.{module.name}")
    return RULES
