"""Which rule reads which kind of layer or operation. A rule module names its kinds itself; this file lists none."""

from collections.abc import Callable

from edgeprune.pruning.channels.call import Call
from edgeprune.pruning.channels.ledger import Axes

Rule = Callable[[Call], list[Axes]]
"""Reads one call, records what it finds, and gives the channels of each output."""

RULES: dict[str, Rule] = {}
"""By kind: those of the modules that were imported; `all_rules.py` has all of them."""


def rule(*kinds: str) -> Callable[[Rule], Rule]:
    """Register a function as the rule of these kinds (Keras class names, and the common names of operations)."""

    def register(function: Rule) -> Rule:
        for kind in kinds:
            if kind in RULES:
                raise ValueError(f"two rules for {kind!r}: {RULES[kind].__name__} and {function.__name__}")
            RULES[kind] = function
        return function

    return register
