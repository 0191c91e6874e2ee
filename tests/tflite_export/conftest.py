"""Small real models of both Kerases, each made once for all tests."""

from typing import Any

import pytest


@pytest.fixture(scope="session")
def cases() -> Any:
    """Makes each model once for all tests: `cases("keras3", "mlp")`."""
    from tests.tflite_export.small_models import Case, build_case

    made: dict[tuple[str, str], Case] = {}

    def case(kind: str, architecture: str) -> Case:
        if (kind, architecture) not in made:
            made[kind, architecture] = build_case(kind, architecture)
        return made[kind, architecture]

    yield case
    for one in made.values():
        one.converter.close()


@pytest.fixture(params=("keras2", "keras3"))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)
