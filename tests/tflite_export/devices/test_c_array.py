"""C++ source of files: compiled by the real compiler, and read back."""

import json
import shutil
import subprocess

import numpy as np
import pytest

from edgeprune.tflite_export.devices.c_array import c_header, c_source, identifier

MAIN = """
#include <cstdint>
#include <cstdio>
#include "my-net.h"
namespace net = my_net_model;
int main() {
  static_assert(sizeof(net::data) == net::data_bytes, "size");
  static_assert(net::arena_bytes == 4096, "arena");
  std::printf("{\\"aligned\\": %d, \\"name\\": \\"%s\\", \\"type\\": \\"%s\\", \\"shape\\": [%d, %d], ",
              reinterpret_cast<std::uintptr_t>(net::data) % 16 == 0, net::input_0_name, net::output_0_type,
              net::input_0_shape[0], net::input_0_shape[1]);
  std::printf("\\"scale\\": %.9g, \\"zero_point\\": %d}\\n", net::input_0_scale, net::input_0_zero_point);
  std::fwrite(net::data, 1, net::data_bytes, stdout);
}
"""


@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
def test_the_compiled_source_holds_the_file_and_its_constants(cases, tmp_path):
    case = cases("keras3", "mlp")
    data = case.converter.convert("int8", calibration=case.examples, io="int8")
    (tmp_path / "my-net.cc").write_text(c_source(data, "my-net"))
    (tmp_path / "my-net.h").write_text(c_header(data, "my-net", arena_bytes=4096))
    (tmp_path / "main.cc").write_text(MAIN)
    strict = ["g++", "-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    subprocess.run([*strict, "main.cc", "my-net.cc", "-o", "main"], cwd=tmp_path, check=True)

    written = subprocess.run([tmp_path / "main"], capture_output=True, check=True).stdout
    constants, found = written.split(b"\n", 1)

    assert found == data
    constants = json.loads(constants)
    scale = np.float32(constants.pop("scale"))
    assert constants.pop("zero_point") in range(-128, 128)
    assert constants == {"aligned": 1, "name": "features", "type": "int8", "shape": [1, 20]}
    assert scale == np.float32(np.ptp(case.examples[0]) / 255)


def test_what_was_not_measured_or_quantized_has_no_constant(cases):
    header = c_header(cases("keras3", "mlp").converter.convert("none"), "net", arena_bytes=None)
    assert "arena_bytes" not in header
    assert "scale =" not in header
    assert 'input_0_type[] = "float32"' in header


@pytest.mark.parametrize(
    ("stem", "name"),
    [("lenet5", "lenet5_model"), ("class", "class_model"), ("4-bit net", "model_4_bit_net"), ("ß", "model_model")],
)
def test_names_are_allowed_in_cpp(stem, name):
    assert identifier(stem) == name
