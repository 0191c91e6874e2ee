"""Silence reaches below Python, and ends."""

import logging
import os
import warnings

import pytest

from edgeprune.contracts.processes.quiet import silenced


def test_what_c_code_writes_is_caught_and_not_shown(capfd):
    with silenced() as captured:
        os.write(1, b"from below\n")
        os.write(2, b"and an error\n")
        warnings.warn("and a warning", UserWarning, stacklevel=1)
        logging.getLogger("absl").error("and a record")
    print("after")
    assert capfd.readouterr() == ("after\n", "")
    assert captured.text == "from below\nand an error\n"


def test_everything_is_back_after_an_error(capfd):
    disabled = logging.root.manager.disable
    with pytest.raises(ValueError, match="inside"), silenced():
        raise ValueError("inside")
    os.write(2, b"heard\n")
    assert capfd.readouterr().err == "heard\n"
    assert logging.root.manager.disable == disabled
