"""Damage of every kind to a checkpoint is noted, and never taken up. Needs no TensorFlow."""

import os
import random
from pathlib import Path

import numpy as np
import pytest

from edgeprune.keras_models.training.checkpoint import Checkpoint
from edgeprune.keras_models.training.options import CheckpointPlace, EpochLog, FitOptions
from edgeprune.keras_models.training.progress import Progress

LOG = EpochLog(epoch=1, epochs=3, loss=0.5, score=0.9, learning_rate=0.01, sparsity=0.0)


class Arrays:
    """What a checkpoint needs of a model, and of its optimizer."""

    def __init__(self):
        self.arrays = [np.arange(1000, dtype=np.float32), np.ones((3, 4), np.float32)]

    def get_weights(self):
        return [array.copy() for array in self.arrays]

    state = get_weights

    def set_weights(self, arrays):
        self.arrays = [array.copy() for array in arrays]

    restore = set_weights


def checkpoint(folder, notes):
    place = CheckpointPlace(
        folder=folder, make_folder=lambda: folder.mkdir(exist_ok=True), required=True, note=notes.append
    )
    options = FitOptions(
        ends=(3,), learning_rate=None, batch_size=32, patience=None, seed=0, prunable_weights=3, checkpoints=place
    )
    progress = Progress(Arrays(), {("a", "kernel"): np.ones(3, bool)}, options, True, 1, lambda log: None)
    return Checkpoint(options, progress, Arrays()), progress


def cut(content, generator):
    return content[: generator.randrange(len(content) - 1)]


def flip(content, generator):
    changed = bytearray(content)
    changed[generator.randrange(len(content))] ^= 1 << generator.randrange(8)
    return bytes(changed)


def inserted(content, generator):
    where = generator.randrange(len(content))
    return content[:where] + generator.randbytes(generator.randrange(1, 50)) + content[where:]


def garbage(content, generator):
    return generator.randbytes(generator.randrange(4000))


@pytest.mark.parametrize("damage", [cut, flip, inserted, garbage], ids=lambda damage: damage.__name__)
def test_changed_bytes_are_never_taken_up(damage, tmp_path):
    for seed in range(12):
        notes, folder = [], tmp_path / str(seed)
        kept, progress = checkpoint(folder, notes)
        progress.add(LOG)
        kept.keep()
        (file,) = folder.iterdir()
        content = file.read_bytes()
        file.write_bytes(damage(content, random.Random(seed)))
        again, fresh = checkpoint(folder, notes)
        again.resume()
        if not notes and fresh.logs == [LOG]:
            continue  # the line end that nobody reads
        assert notes == [f"training starts from the beginning: the checkpoint {file} cannot be used: it is damaged"]
        assert fresh.logs == []
        file.write_bytes(content)
        again.resume()
        assert fresh.logs == [LOG]


@pytest.mark.parametrize("obstacle", [Path.mkdir, os.mkfifo, lambda file: file.symlink_to("/dev/zero")])
def test_what_is_no_file_is_left_aside(obstacle, tmp_path):
    notes = []
    kept, _ = checkpoint(tmp_path, notes)
    kept.keep()
    (file,) = tmp_path.iterdir()
    file.unlink()
    obstacle(file)
    again, fresh = checkpoint(tmp_path, notes)
    again.resume()
    assert notes == [f"training starts from the beginning: the checkpoint {file} cannot be used: it is not a file"]
    fresh.add(LOG)
    again.keep()
    assert list(tmp_path.iterdir()) == [file]
    assert file.is_file() or file.is_dir()
