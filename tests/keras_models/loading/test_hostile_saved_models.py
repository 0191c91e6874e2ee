"""SavedModel folders of strangers: nothing is followed out of them, nothing taken that they do not hold."""

import os
import random
import shutil
import struct
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgeprune.contracts.errors import EdgepruneError, ModelFileError
from edgeprune.keras_models.loading.archives import open_archive
from edgeprune.keras_models.loading.archives.wire_format import fields, read_varint, table_entries
from tests.keras_models.saved_models import keras_of, save, small_model


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One honest folder."""
    return save(small_model(keras_of("keras2")), tmp_path_factory.mktemp("saved") / "model")


@pytest.fixture
def model(saved: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    return Path(shutil.copytree(saved, tmp_path / "model"))


def refused(path: Path) -> str:
    with pytest.raises(ModelFileError) as raised:
        open_archive(path)
    assert raised.value.message.startswith(f"{path}: ")
    assert raised.value.hint
    return raised.value.message


@pytest.mark.parametrize(
    "part",
    ["variables/variables.index", "keras_metadata.pb", "assets/words.txt", "other", "variables"],
)
@pytest.mark.parametrize("target", ["/dev/zero", "/etc/passwd", "/nowhere", ".."])
def test_links_are_refused(part: str, target: str, model: Path) -> None:
    path = model / part
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.symlink_to(target)
    assert "is a link" in refused(model)


@pytest.mark.parametrize("part", ["variables/variables.index", "keras_metadata.pb", "assets/words.txt"])
def test_pipes_are_refused_at_once(part: str, model: Path) -> None:
    (model / part).unlink(missing_ok=True)
    os.mkfifo(model / part)
    assert "a pipe" in refused(model)


def test_a_link_that_the_user_gives_is_followed(model: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(model)
    with open_archive(link) as archive:
        assert archive.weights


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
@pytest.mark.parametrize("name", ["m.h5", "m.keras", "m.tflite", "m"])
def test_a_pipe_or_device_as_the_model_is_refused_at_once(
    name: str, make: Callable[[Path], None], tmp_path: Path
) -> None:
    make(tmp_path / name)
    assert "a device, a pipe or a socket" in refused(tmp_path / name)


@pytest.mark.parametrize("part", ["variables/variables.index", "keras_metadata.pb"])
def test_a_part_of_a_terabyte_is_not_read(part: str, model: Path) -> None:
    os.truncate(model / part, 2**40)
    assert "expected at most" in refused(model)


def test_entries_that_grow_are_refused(model: Path) -> None:
    """Each key is the one before it and a byte: a table of a megabyte holds gigabytes."""
    entry = b"\x80\x80\x01\x00\x00"  # shares 16,384 bytes, adds none, no value
    block = b"\x00\x80\x80\x01\x00" + b"k" * 2**14 + entry * 200_000 + struct.pack("<II", 0, 1)
    handle = _varint(0) + _varint(len(block))
    index = b"\x00" + _varint(1) + _varint(len(handle)) + b"z" + handle + struct.pack("<II", 0, 1)
    start = len(block) + 5
    footer = (_varint(0) * 2 + _varint(start) + _varint(len(index))).ljust(40, b"\0")
    table = block + bytes(5) + index + bytes(5) + footer + struct.pack("<Q", 0xDB4775248B80FB57)
    (model / "variables/variables.index").write_bytes(table)
    tracemalloc.start()
    assert "too many or too long entries" in refused(model)
    assert tracemalloc.get_traced_memory()[1] < 2**28
    tracemalloc.stop()


def _varint(number: int) -> bytes:
    found = b""
    while number > 0x7F:
        found += bytes([number & 0x7F | 0x80])
        number >>= 7
    return found + bytes([number])


def test_endless_numbers_are_no_numbers() -> None:
    with pytest.raises(ValueError, match="64 bits"):
        read_varint(b"\xff" * 100, 0)
    with pytest.raises(ValueError, match="64 bits"):
        list(fields(b"\xff" * 10**6))


def test_damage_ends_in_one_line(saved: Path, model: Path) -> None:
    """Bytes are changed, cut out or repeated, in each part: 300 cases, a second or two."""
    draw = random.Random(7)
    parts = [model / part for part in ("keras_metadata.pb", "variables/variables.index")]
    parts += list((model / "variables").glob("variables.data*"))
    wholes = {part: part.read_bytes() for part in parts}
    messages: list[str] = []
    start = time.monotonic()
    for _ in range(300):
        part = draw.choice(parts)
        part.write_bytes(_spoilt(wholes[part], draw))
        try:
            with open_archive(model) as archive:
                for layer, weights in archive.weights.items():
                    for weight in weights:
                        assert archive.array(layer, weight.name).dtype != np.object_
        except EdgepruneError as error:
            messages.append(error.message)
        part.write_bytes(wholes[part])
    assert len(messages) > 50
    assert all(message.startswith(f"{model}: ") for message in messages)
    assert time.monotonic() - start < 60


def _spoilt(content: bytes, draw: random.Random) -> bytes:
    place, length = draw.randrange(len(content)), draw.choice([1, 1, 1, 4, 100])
    change = draw.choice(
        [draw.randbytes(length), b"\xff" * length, bytes(length), b"", content[place : place + 3 * length]]
    )
    return content[:place] + change + content[place + length :]


def test_an_honest_table_is_read(saved: Path) -> None:
    keys = [key for key, _ in table_entries((saved / "variables/variables.index").read_bytes())]
    assert keys == sorted(keys)
    assert "_CHECKPOINTABLE_OBJECT_GRAPH" in keys
