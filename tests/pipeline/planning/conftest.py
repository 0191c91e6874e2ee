"""What tests of planners share; each file has its own `folder` of models with a `data.npz`."""

import pytest


@pytest.fixture
def prune(folder, edgeprune, tmp_path):
    """`prune("m.h5", ...)` in a folder of its own."""

    def run(model, *more):
        return edgeprune("prune", folder / model, "--data", folder / "data.npz", *more, cwd=tmp_path)

    return run
