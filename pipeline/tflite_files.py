"""What an exported file is written as: itself, and C++ source where it is asked for."""

from collections.abc import Mapping
from pathlib import Path

from pipeline.exporting import Exported
from tflite_export.c_array import c_header, c_source


def write_tflite_files(exported: Exported, places: Mapping[str, Path]) -> None:
    """Write the file to `places["tflite"]`, and its source to `c_array` and `c_header` where there are such places."""
    places["tflite"].write_bytes(exported.data)
    if "c_array" in places:
        stem = places["c_array"].stem
        places["c_array"].write_text(c_source(exported.data, stem), encoding="ascii")
        places["c_header"].write_text(c_header(exported.data, stem, exported.arena_bytes), encoding="ascii")
