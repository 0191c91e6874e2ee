"""Recurrent layers of one width in all orders: no operator starts from another one's last state."""

import pytest

from edgeprune.contracts import plugins
from edgeprune.tflite_export.contents.reader import read_tflite
from edgeprune.tflite_export.conversion.convert import NUMERICS
from edgeprune.tflite_export.verification.verify import verify
from tests.tflite_export.small_models import KERASES, case_of

WIDTH, STEPS = 8, 4
# Before and after an LSTM, whose states are variables, comes each other kind.
ORDER = ("LSTM", "LSTM", "GRU", "LSTM", "SimpleRNN", "LSTM", "Bidirectional", "GRU", "Bidirectional")


def recurrent(library, kind):
    layers = library.layers
    if kind == "Bidirectional":
        return layers.Bidirectional(layers.LSTM(WIDTH, return_sequences=True), merge_mode="sum")
    return getattr(layers, kind)(WIDTH, return_sequences=True)


def stack(library, kinds):
    """A case whose outputs are those of all its recurrent layers."""
    library.utils.set_random_seed(0)
    sequence = values = library.Input((STEPS, WIDTH), name="sequence")
    outputs = []
    for kind in kinds:
        values = recurrent(library, kind)(values)
        outputs.append(values)
    return case_of(library.Model(sequence, outputs), tuple(f"output_{i}" for i in range(len(outputs))))


@pytest.fixture(scope="module", params=KERASES)
def lstm_and_gru(request):
    case = stack(KERASES[request.param], ("LSTM", "GRU"))
    yield case
    case.converter.close()


def test_all_orders_are_right(kind):
    case = stack(KERASES[kind], ORDER)
    with case.converter as converter:
        verify(converter.convert("none"), case.reference, case.examples, "none")


@pytest.mark.parametrize("quantize", plugins.catalogue(NUMERICS))
def test_every_format_is_right(lstm_and_gru, quantize):
    data = lstm_and_gru.converter.convert(quantize, calibration=lstm_and_gru.examples)
    verify(data, lstm_and_gru.reference, lstm_and_gru.examples, quantize)


def test_only_the_two_states_of_the_lstm_are_variables(lstm_and_gru):
    data = lstm_and_gru.converter.convert("none")
    assert sum(tensor.variable for tensor in read_tflite(data, "both").tensors) == 2
