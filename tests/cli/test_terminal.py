"""What goes to stderr while something runs, where that is no terminal."""

import time

import pytest

from edgeprune.cli import terminal
from edgeprune.cli.terminal import TerminalReporter, Verbosity


@pytest.fixture(autouse=True)
def normal_verbosity():
    terminal.set_verbosity(Verbosity.NORMAL)
    yield
    terminal.set_verbosity(Verbosity.NORMAL)


def train(reporter, epochs=100):
    with reporter.progress("fine-tuning", epochs) as advance:
        for epoch in range(1, epochs + 1):
            advance(f"epoch {epoch}/{epochs}")


def test_quick_steps_are_one_line_at_the_end(capsys):
    train(TerminalReporter())
    assert capsys.readouterr().err == "fine-tuning: epoch 100/100\n"


def test_slow_steps_are_a_line_each(capsys, monkeypatch):
    monkeypatch.setattr(terminal, "SECONDS_BETWEEN_LINES", 0.0)
    train(TerminalReporter(), epochs=3)
    assert capsys.readouterr().err.splitlines() == [f"fine-tuning: epoch {n}/3" for n in (1, 2, 3)]


def test_a_sweep_is_one_line_at_the_end_too_and_not_one_a_training(capsys):
    reporter = TerminalReporter()
    with reporter.progress("sweep", 3) as advance:
        for point in range(3):
            train(reporter)
            advance(f"threshold {point}")
    train(reporter, epochs=1)
    assert capsys.readouterr().err == "sweep: threshold 2\nfine-tuning: epoch 1/1\n"


def test_points_of_a_sweep_are_told_before_the_epochs_of_their_training(capsys, monkeypatch):
    monkeypatch.setattr(terminal, "SECONDS_BETWEEN_LINES", 0.05)
    reporter = TerminalReporter()
    with reporter.progress("sweep", 2) as advance:
        for point in range(2):
            with reporter.progress("fine-tuning", 9) as epoch_done:
                time.sleep(0.06)
                epoch_done("epoch 1/9")
            advance(f"threshold {point}")
    epoch = "fine-tuning: epoch 1/9"
    assert capsys.readouterr().err.splitlines() == [epoch, "sweep: threshold 0", epoch, "sweep: threshold 1"]


def interrupted_training(reporter):
    with reporter.progress("fine-tuning", 9) as advance:
        advance("epoch 1/9")
        advance("epoch 2/9")
        raise KeyboardInterrupt


def test_the_last_step_is_told_where_an_error_ends_the_task(capsys):
    with pytest.raises(KeyboardInterrupt):
        interrupted_training(TerminalReporter())
    assert capsys.readouterr().err == "fine-tuning: epoch 2/9\n"


@pytest.mark.parametrize(("level", "lines"), [(Verbosity.QUIET, 0), (Verbosity.VERBOSE, 100)])
def test_verbose_tells_every_step_and_quiet_none(level, lines, capsys):
    terminal.set_verbosity(level)
    train(TerminalReporter())
    assert len(capsys.readouterr().err.splitlines()) == lines
