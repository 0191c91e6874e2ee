"""The energy estimate of a Keras model, which is to be that of the file that it converts to."""

import pytest

from edgeprune.contracts.recipes.recipe import PruneRecipe
from edgeprune.pipeline.files.exporting import Exporter, energy_estimate_uj
from edgeprune.pipeline.session import open_session
from tests.pipeline.test_method_comparison import Events


@pytest.mark.parametrize("name", ["digits_mlp.h5", "digits_cnn.keras"])
def test_a_model_is_estimated_as_its_float32_file(samples, name):
    recipe = PruneRecipe()
    session = open_session(samples / name, recipe, None, Events())
    with Exporter(session) as exporter:
        file = exporter.convert("none", recipe)
    assert session.measure().energy_uj_estimate == pytest.approx(energy_estimate_uj(file), rel=0.05)
