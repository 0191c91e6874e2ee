"""Unknown files are tried where a crash does no harm."""

import pytest

from contracts.errors import ModelFileError
from tflite_export.probe import probe


def test_a_sound_file_passes(cases, tmp_path):
    path = tmp_path / "sound.tflite"
    path.write_bytes(cases("keras3", "lstm").converter.convert("none"))
    probe(path)


def test_a_refused_file_is_named_with_the_reason(tmp_path):
    path = tmp_path / "broken.tflite"
    path.write_bytes(b"no model")
    with pytest.raises(ModelFileError, match=r"broken\.tflite: LiteRT refuses the file"):
        probe(path)
