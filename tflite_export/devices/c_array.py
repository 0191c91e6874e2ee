"""A .tflite file as C++ source: an aligned array, and what a program must know of it as constants."""

import re
from pathlib import Path

from edgeprune.tflite_export.contents.reader import read_tflite
from edgeprune.tflite_export.contents.summary import TensorSummary

BYTES_A_LINE = 16
ALIGNMENT = 16
"""What TFLite Micro asks for of a file's bytes, and of its arena."""


def header_of(source: Path) -> Path:
    """The header that goes with a source file."""
    return source.with_suffix(".h")


def identifier(stem: str) -> str:
    """The namespace for a file's stem: a name that C++ allows, and no word of its own."""
    words = re.sub(r"[^0-9A-Za-z]+", "_", stem).strip("_") or "model"
    return f"model_{words}" if words[0].isdigit() else f"{words}_model"


def c_source(data: bytes, stem: str) -> str:
    """The text of `STEM.cc`: the file's bytes."""
    numbers = [f"0x{byte:02x}," for byte in data]
    lines = [" ".join(numbers[start : start + BYTES_A_LINE]) for start in range(0, len(data), BYTES_A_LINE)]
    return "\n".join(
        [
            f'#include "{stem}.h"',
            "",
            f"namespace {identifier(stem)} {{",
            "",
            f"alignas({ALIGNMENT}) const unsigned char data[{len(data)}] = {{",
            *lines,
            "};",
            "",
            f"}}  // namespace {identifier(stem)}",
            "",
        ]
    )


def c_header(data: bytes, stem: str, arena_bytes: int | None) -> str:
    """The text of `STEM.h`: sizes, and shape, type, scale and zero point of each input and output.

    `arena_bytes` is None where it was not measured: then there is no such constant.
    """
    name, summary = identifier(stem), read_tflite(data, stem)
    arena = [
        "// The least that TFLite Micro allocated on 64 bits with its reference kernels; others may take more.",
        f"constexpr std::size_t arena_bytes = {arena_bytes};",
    ]
    ports = [
        line
        for role, tensors in (("input", summary.inputs), ("output", summary.outputs))
        for index, tensor in enumerate(tensors)
        for line in ["", *_tensor(f"{role}_{index}", tensor)]
    ]
    return "\n".join(
        [
            "// Written by edgeprune. Of quantized values, real = scale * (stored - zero_point).",
            f"#ifndef {name.upper()}_H_",
            f"#define {name.upper()}_H_",
            "",
            "#include <cstddef>",
            "",
            f"namespace {name} {{",
            "",
            f"constexpr std::size_t data_bytes = {len(data)};",
            f"alignas({ALIGNMENT}) extern const unsigned char data[data_bytes];",
            *(arena if arena_bytes is not None else []),
            *ports,
            "",
            f"}}  // namespace {name}",
            "",
            f"#endif  // {name.upper()}_H_",
            "",
        ]
    )


def _tensor(name: str, tensor: TensorSummary) -> list[str]:
    """Constants of one input or output; scale and zero point only where it is quantized."""
    lines = [
        f'constexpr char {name}_name[] = "{_escaped(tensor.name)}";',
        f'constexpr char {name}_type[] = "{tensor.dtype}";',
        f"constexpr int {name}_shape[] = {{{', '.join(map(str, tensor.shape))}}};",
    ]
    if tensor.scale is not None:
        lines += [
            f"constexpr float {name}_scale = {tensor.scale:.8e}f;",  # nine digits: every float32 exactly
            f"constexpr int {name}_zero_point = {tensor.zero_point or 0};",
        ]
    return lines


def _escaped(text: str) -> str:
    """Text as it stands between the quotes of a C++ string: bytes outside of ASCII in octal."""
    return "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}" for byte in text.encode()
    )
