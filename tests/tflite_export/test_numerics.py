"""Whatever lies in `numerics` is a whole numeric format."""

import pytest

from edgeprune.contracts import plugins
from edgeprune.tflite_export.conversion.convert import NUMERICS
from edgeprune.tflite_export.verification.bounds import ErrorBound


@pytest.mark.parametrize("name", plugins.catalogue(NUMERICS))
def test_each_file_keeps_the_contract(name):
    numeric = plugins.load(NUMERICS, name)
    assert plugins.catalogue(NUMERICS)[name] == numeric.SUMMARY
    assert isinstance(numeric.NEEDS_CALIBRATION, bool)
    assert "float32" in numeric.IO
    assert isinstance(numeric.BOUND, ErrorBound)
    assert 0 < numeric.BOUND.mean < 1, "what has nothing to do with the model is 1.4 off"
    assert callable(numeric.configure)


def test_the_formats_of_the_command_line_are_there():
    assert {"none", "float16", "dynamic", "int8"} <= plugins.catalogue(NUMERICS).keys()
