"""Models grown at random from every kind of connection: whatever may go can go."""

from typing import Any

import keras
import pytest
import tf_keras

from tests.pruning.channel_oracle import assert_cuts_are_exact
from tests.pruning.random_models import Grower


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("api", [keras, tf_keras], ids=["keras3", "keras2"])
def test_random_model(api: Any, seed: int) -> None:
    graph = assert_cuts_are_exact(Grower(api, seed).model(), seed)
    assert not graph.unread
    assert any(group.frozen is None for group in graph.groups)
