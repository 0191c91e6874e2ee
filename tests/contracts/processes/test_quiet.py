"""Silence reaches below Python, and ends."""

import contextlib
import io
import logging
import os
import sys
import warnings
from unittest.mock import patch

import keras
import pytest

from edgeprune.contracts.errors import EdgepruneError
from edgeprune.contracts.processes.quiet import import_tensorflow, silenced


def test_what_c_code_writes_is_caught_and_not_shown(capfd):
    with silenced() as captured:
        os.write(1, b"from below\n")
        os.write(2, b"and an error\n")
        warnings.warn("and a warning", UserWarning, stacklevel=1)
        logging.getLogger("absl").error("and a record")
    print("after")
    assert capfd.readouterr() == ("after\n", "")
    assert captured.text == "from below\nand an error\n"


def test_what_python_prints_is_caught_where_its_streams_lead_elsewhere(capfd):
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        with silenced() as captured:
            print("to a notebook")
            print("and an error", file=sys.stderr)
        print("after")
    assert (shown.getvalue(), captured.text) == ("after\n", "to a notebook\nand an error\n")
    assert capfd.readouterr() == ("", "")


def test_everything_is_back_after_an_error(capfd):
    disabled = logging.root.manager.disable
    with pytest.raises(ValueError, match="inside"), silenced():
        raise ValueError("inside")
    os.write(2, b"heard\n")
    assert capfd.readouterr().err == "heard\n"
    assert logging.root.manager.disable == disabled


def test_keras_runs_on_tensorflow_whatever_the_environment_says():
    with patch.dict(os.environ, KERAS_BACKEND="jax"):
        import_tensorflow()
        assert os.environ["KERAS_BACKEND"] == "tensorflow"


def test_a_keras_that_runs_on_something_else_is_told():
    """No other backend is installed."""
    told = "Keras runs on jax in this process, expected tensorflow; set KERAS_BACKEND=tensorflow before"
    with patch.object(keras.backend, "backend", lambda: "jax"), pytest.raises(EdgepruneError, match=told):
        import_tensorflow()
