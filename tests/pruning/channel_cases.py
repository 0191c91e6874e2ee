"""A table of models, each with the groups that may lose units; one test cuts and proves them all."""

from collections.abc import Callable
from typing import Any

from tests.pruning.channel_oracle import assert_cuts_are_exact, free_units

Builder = Callable[..., Any]


class Cases(dict[str, tuple[Builder, dict[str, int]]]):
    """Functions that build a model, by name; `@cases.expect(hidden=5)` adds one, with the units of each free group."""

    def expect(self, **free: int) -> Callable[[Builder], Builder]:
        def register(build: Builder) -> Builder:
            self[build.__name__] = (build, free)
            return build

        return register

    def check(self, name: str, *arguments: Any) -> None:
        build, free = self[name]
        graph = assert_cuts_are_exact(build(*arguments))
        assert free_units(graph) == free
        assert not graph.unread


def head(api: Any, x: Any) -> Any:
    """An output that reads all channels of x, wherever they are."""
    return api.layers.Dense(2, name="head")(api.layers.Flatten()(x))
