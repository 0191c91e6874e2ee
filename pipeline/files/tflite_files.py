"""An exported file as it is written: itself, and C++ source where it is asked for; and what is told of it."""

from collections.abc import Mapping
from pathlib import Path

from edgeprune.pipeline.files.exporting import Exported
from edgeprune.pipeline.reporting import Reporter
from edgeprune.tflite_export.contents.float_weights import FLOATS
from edgeprune.tflite_export.contents.reader import read_tflite
from edgeprune.tflite_export.devices.c_array import c_header, c_source


def write_tflite_files(exported: Exported, places: Mapping[str, Path]) -> None:
    """Write the file to `places["tflite"]`, and its source to `c_array` and `c_header` where there are such places."""
    places["tflite"].write_bytes(exported.data)
    if "c_array" in places:
        stem = places["c_array"].stem
        places["c_array"].write_text(c_source(exported.data, stem), encoding="ascii")
        places["c_header"].write_text(c_header(exported.data, stem, exported.arena_bytes), encoding="ascii")


def tell_about(exported: Exported, file: str, reporter: Reporter) -> None:
    """How far `file` is proven, and what its user must know."""
    checked, micro = exported.verification, exported.micro
    reporter.note(
        f"verified in LiteRT on {checked.examples} examples: largest error {checked.max_abs_error:.3g} "
        f"of an output range of {checked.output_range:.3g}; relative error {checked.relative_error:.2g} before a last "
        f"softmax or sigmoid, same answer in {100 * checked.same_answers:.4g} % of the cases"
    )
    if exported.float_weights:
        summary = read_tflite(exported.data, file)
        floats = sum(count for name, count in summary.numeric_types.items() if name in FLOATS)
        layers = ", ".join(f"{name} ({size:,} bytes)" for name, size in exported.float_weights.items())
        reporter.warning(
            f"{file} is not all in {exported.quantize}: {floats:,} of its {summary.parameters:,} weights are in float, "
            f"those of {layers}"
        )
    if exported.note:
        reporter.note(exported.note)
    if micro:
        reporter.note(
            f"run in TFLite Micro on {micro.examples} examples, in an arena of {micro.arena_bytes:,} bytes: "
            f"largest difference to LiteRT {micro.max_abs_difference:.3g}"
        )
    if scored := exported.micro_score:
        reporter.note(
            f"scored in TFLite Micro on {scored.examples:,} examples of the test part: {scored.micro:.4f}; "
            f"LiteRT on the same: {scored.litert:.4f}"
        )
    if read_tflite(exported.data, file).keeps_state:
        reporter.note(f"{file} carries state from one run to the next: call reset_all_variables before a new sequence")
