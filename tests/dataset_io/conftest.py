"""Small models' interfaces for the data tests; no model is needed to read data."""

from collections.abc import Callable
from typing import Any

import pytest

from edgeprune.contracts.model import Interface, Port, Shape

MakeInterface = Callable[..., Interface]


@pytest.fixture(scope="session")
def make_interface() -> MakeInterface:
    def make(
        *inputs: Shape, outputs: tuple[Shape, ...] = ((10,),), activation: str | None = "softmax", **options: Any
    ) -> Interface:
        dtype = options.pop("dtype", "float32")
        names = "abc" if len(inputs) > 1 else ["input_1"]
        ports = tuple(Port(name=n, shape=s, dtype=dtype) for n, s in zip(names, inputs, strict=False))
        heads = "uvw" if len(outputs) > 1 else ["dense"]
        given = tuple(Port(name=n, shape=s, activation=activation) for n, s in zip(heads, outputs, strict=False))
        return Interface(inputs=ports, outputs=given, **options)

    return make
