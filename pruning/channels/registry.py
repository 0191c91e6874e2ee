"""Which rule reads which kind of layer or operation. A rule module names its kinds itself; this file lists none."""

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache

from edgeprune.pruning.channels.call import Call
from edgeprune.pruning.channels.ledger import Axes

Rule = Callable[[Call], list[Axes]]
"""Reads one call, records what it finds, and gives the channels of each output."""

_rules: dict[str, Rule] = {}


def rule(*kinds: str) -> Callable[[Rule], Rule]:
    """Register a function as the rule of these kinds (Keras class names, and the common names of operations)."""

    def register(function: Rule) -> Rule:
        for kind in kinds:
            if kind in _rules:
                raise ValueError(f"two rules for {kind!r}: {_rules[kind].__name__} and {function.__name__}")
            _rules[kind] = function
        return function

    return register


@cache
def rules() -> dict[str, Rule]:
    """All rules, by kind, from every module of the folder `rules/`."""
    from edgeprune.pruning.channels import rules as folder

    for module in pkgutil.iter_modules(folder.__path__):
        importlib.import_module(f"{folder.__name__}.{module.name}")
    return _rules
