"""Tables fit the terminal: sentences are folded, names cut, numbers and short words left whole."""

import fcntl
import os
import pty
import struct
import sys
import termios
from pathlib import Path

import pytest

from edgeprune.cli.text_table import fitted_table, shortened
from edgeprune.contracts.results import Measurement
from edgeprune.pipeline.files.columns import telling_columns

HEADINGS = ["layer", "kind", "output", "params", "MACs", "prunable"]
LAYERS = [
    ["global_average_pooling2d", "GlobalAveragePooling2D", "1280", "–", "–", ""],
    ["batch_normalization_1", "BatchNormalization", "112×112×32", "128", "–", "has no kernel"],
    ["batch_normalization_12", "BatchNormalization", "112×112×32", "128", "12,845,056", "a reason of several words"],
]


def table(width):
    return fitted_table(HEADINGS, LAYERS, "title", 3, width)


def test_where_there_is_no_terminal_each_row_is_one_line_and_whole():
    lines = table(None).splitlines()
    for cells, line in zip(LAYERS, lines[-3:], strict=True):
        assert all(cell in line for cell in cells)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width):
    lines = table(width).splitlines()
    assert max(map(len, lines)) <= width
    words = " ".join(lines).split()
    for cell in ("112×112×32", "12,845,056", "128", "several", "params"):
        assert cell in words


@pytest.mark.parametrize("width", [40, 60, 80])
def test_names_are_cut_and_never_broken(width):
    """What is cut bears an ellipsis; in which layers differ is still there."""
    first = [line.split()[0] for line in table(width).splitlines() if line.startswith(" batch")]
    assert all(name.startswith("batch_nor") and name.endswith(("_1", "_12", "on_1")) for name in first)
    assert all("…" in name or name in ("batch_normalization_1", "batch_normalization_12") for name in first)
    assert len(set(first)) == 2


def test_a_name_keeps_its_end():
    assert shortened("batch_normalization_12", 16) == "batch_norm…on_12"
    assert len(shortened("block_13_expand_BN", 9)) == 9
    assert shortened("dense", 5) == "dense"


def inspect_on_a_terminal(model: Path, columns: int) -> str:
    process, terminal = pty.fork()
    if not process:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        plain = {"PATH": os.environ["PATH"], "NO_COLOR": "1", "LANG": "C.UTF-8"}  # readline may have set COLUMNS
        os.execve(Path(sys.executable).with_name("edgeprune"), ["edgeprune", "inspect", str(model)], plain)
    text = b""
    while chunk := _read(terminal):
        text += chunk
    os.close(terminal)
    os.waitpid(process, 0)
    return text.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so at the end
        return b""


def test_inspect_fits_the_terminal_that_it_runs_in(samples):
    narrow, wide = (inspect_on_a_terminal(samples / "digits_cnn.keras", columns) for columns in (60, 120))
    rows = [line for line in narrow.splitlines() if line.startswith(" ")]
    assert max(map(len, rows)) <= 60
    assert len([line for line in narrow.splitlines() if line.startswith(" layer ")]) == 2
    assert "has no kernel" in wide
    assert "…" not in wide


def test_a_column_that_the_last_row_lacks_is_kept():
    rows = [
        Measurement(stage="original", score=0.9, metric="accuracy", macs=8, parameters=5),
        Measurement(stage="pruned", score=0.8, metric="accuracy", macs=8),
    ]
    names = ("stage", "score", "parameters", "macs")
    assert telling_columns(names, rows) == (["stage", "score", "parameters"], ["macs"])
