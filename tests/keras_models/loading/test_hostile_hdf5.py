"""HDF5 files of strangers: nothing outside the file is read, nothing is taken that the file does not hold."""

import os
import re
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from edgeprune.contracts.errors import ModelFileError
from edgeprune.contracts.processes.child import Limits, run_module
from edgeprune.contracts.processes.memory import is_out_of_memory
from edgeprune.keras_models.loading.archives import open_archive, vetting
from tests.keras_models.loading.archive_files import BIAS, KERNEL, h5_file, keras_file

WRITERS = {"h5": h5_file, "keras": keras_file}


def _names(group: h5py.Group) -> tuple[str, str]:
    """Names of kernel and bias in either kind of file."""
    return ("kernel:0", "bias:0") if "kernel:0" in group else ("0", "1")


def replaced(**properties: Any) -> Callable[[h5py.Group], None]:
    """The kernel is another array."""

    def change(group: h5py.Group) -> None:
        kernel, _ = _names(group)
        del group[kernel]
        group.create_dataset(kernel, **properties)

    return change


def linked(link: Any) -> Callable[[h5py.Group], None]:
    def change(group: h5py.Group) -> None:
        kernel, bias = _names(group)
        del group[kernel]
        group[kernel] = link(group, bias)

    return change


def external_storage(group: h5py.Group) -> None:
    replaced(shape=(3, 2), dtype="float32", external=[("/etc/passwd", 0, 24)])(group)


def virtual(group: h5py.Group) -> None:
    kernel, _ = _names(group)
    del group[kernel]
    layout = h5py.VirtualLayout(shape=(3, 2), dtype="float32")
    layout[:] = h5py.VirtualSource("other.h5", "x", shape=(3, 2))
    group.create_virtual_dataset(kernel, layout)


def bomb(group: h5py.Group) -> None:
    """A gigabyte of zeros in a megabyte, one chunk at a time."""
    kernel, _ = _names(group)
    del group[kernel]
    array = group.create_dataset(kernel, (64, 2**22), "float32", chunks=(1, 2**22), compression="gzip")
    array[0] = 0
    packed = array.id.read_direct_chunk((0, 0))[1]
    for row in range(1, 64):
        array.id.write_direct_chunk((row, 0), packed)


def larger_chunk(group: h5py.Group) -> None:
    """A chunk that unpacks to more than its place has room for."""
    kernel, _ = _names(group)
    del group[kernel]
    array = group.create_dataset(kernel, (3, 2), "float32", chunks=(3, 2), compression="gzip")
    array.id.write_direct_chunk((0, 0), zlib.compress(bytes(2**14)))


FORMS: dict[str, tuple[Callable[[h5py.Group], None], str]] = {
    "external link": (linked(lambda group, bias: h5py.ExternalLink("/other.h5", "/x")), "is an external link"),
    "soft link": (linked(lambda group, bias: h5py.SoftLink("/layers")), "is a soft link"),
    "second name": (linked(lambda group, bias: group[bias]), "second name"),
    "circle": (linked(lambda group, bias: group.file["/"]), "second name"),
    "external storage": (external_storage, "lies in another file"),
    "virtual": (virtual, "lies in another file"),
    "never written": (replaced(shape=(2**15, 2**16), dtype="float32"), "8,589,934,592 bytes, the whole file"),
    "small, never written": (replaced(shape=(3, 2), dtype="float32"), "none of them was ever written"),
    "chunks never written": (replaced(shape=(3, 2), dtype="float32", chunks=(1, 2)), "has 0 parts, expected 3"),
    "many chunks": (replaced(shape=(2**20, 2**12), dtype="f4", chunks=(1, 2**12)), "unpacks to 17,179,869,184 bytes"),
    "deflate bomb": (bomb, "unpacks to 1,073,741,824 bytes, too many"),
    "larger chunk": (larger_chunk, "does not unpack to 24 bytes"),
    "other filter": (replaced(data=KERNEL, chunks=(3, 2), compression="lzf"), "packed by filter 32000"),
    "compound": (replaced(data=np.zeros((3, 2), [("a", "f4"), ("b", "f4")])), "expected numbers"),
    "complex": (replaced(data=np.zeros((3, 2), "c8")), "of type complex64"),
    "text": (replaced(data=np.full((3, 2), b"weight")), "expected numbers"),
    "long text": (replaced(data="secret"), "expected numbers"),
    "references": (replaced(shape=(3, 2), dtype=h5py.ref_dtype), "expected numbers"),
    "nothing": (replaced(data=h5py.Empty("f4")), "empty, expected numbers"),
    "type": (linked(lambda group, bias: np.dtype("f4")), "is a Datatype"),
}


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_keras_cannot_have_written_is_refused(form: str, kind: str, tmp_path: Path) -> None:
    change, says = FORMS[form]
    path = WRITERS[kind](tmp_path / f"model.{kind}", change)
    refusal = vetting.main(str(path), kind)  # not in a process of its own, as in `open_archive`: 40 take long
    assert refusal is not None
    message, hint = refusal
    assert says in message
    assert hint


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize(
    "properties",
    [
        {"data": KERNEL},
        {"data": KERNEL.astype(">f8")},
        {"data": KERNEL.astype("float16")},
        {"data": KERNEL, "chunks": (2, 2)},
        {"data": KERNEL, "chunks": (2, 2), "compression": "gzip", "shuffle": True, "fletcher32": True},
        {"data": KERNEL, "maxshape": (None, 2)},
        {"data": KERNEL.astype("float32"), "track_times": True},
    ],
    ids=str,
)
def test_every_way_to_store_an_honest_array_is_read(properties: Any, kind: str, tmp_path: Path) -> None:
    path = WRITERS[kind](tmp_path / f"model.{kind}", replaced(**properties))
    with open_archive(path) as archive:
        np.testing.assert_array_equal(archive.array("dense", "kernel"), KERNEL)
        np.testing.assert_array_equal(archive.array("dense", "bias"), BIAS)


@pytest.mark.parametrize("kind", WRITERS)
def test_zeros_that_compress_well_are_read(kind: str, tmp_path: Path) -> None:
    zeros = replaced(data=np.zeros((10**6, 30), "float32"), compression="gzip")
    path = WRITERS[kind](tmp_path / f"model.{kind}", zeros)
    assert path.stat().st_size < 1_000_000
    with open_archive(path) as archive:
        assert archive.weights["dense"][0].shape == (10**6, 30)
        assert not archive.array("dense", "kernel").any()


@pytest.mark.parametrize("kind", WRITERS)
def test_bfloat16_is_read_as_numbers(kind: str, tmp_path: Path) -> None:
    from ml_dtypes import bfloat16

    path = WRITERS[kind](tmp_path / f"model.{kind}", replaced(data=KERNEL.astype(bfloat16)))
    with open_archive(path) as archive:
        assert archive.weights["dense"][0].dtype == "bfloat16"
        np.testing.assert_array_equal(archive.array("dense", "kernel").astype("float32"), KERNEL)


def test_texts_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    """Two gigabytes of text in a megabyte: each entry of an attribute is the place of a text elsewhere in the file."""

    def change(group: h5py.Group) -> None:
        group.attrs["texts"] = np.array(["x" * 2**20, *["y"] * 2000], dtype=h5py.string_dtype())

    path = h5_file(tmp_path / "model.h5", change)
    content = path.read_bytes()
    long, short = (
        struct.pack("<I", 2**20),
        struct.pack("<I", 1),
    )  # a text's length stands before its heap and number there
    first = re.search(long + b".{12}(?=" + short + b"(.{8}).{4}" + short + rb"\1)", content, re.DOTALL)
    assert first
    path.write_bytes(content[: first.start()] + first[0] * 2000 + content[first.start() + 16 * 2000 :])
    with pytest.raises(ModelFileError, match="memory"):
        open_archive(path)


def test_a_file_on_which_hdf5_hangs_is_refused_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen bytes are zero: in the heap of texts stands a free place of no length, which HDF5 passes for ever."""
    path = h5_file(tmp_path / "model.h5")
    content = bytearray(path.read_bytes())
    first = content.index(b"GCOL") + 16
    length = int.from_bytes(content[first + 8 : first + 16], "little")
    second = first + 16 + -(-length // 8) * 8
    content[second : second + 16] = bytes(16)
    path.write_bytes(content)
    monkeypatch.setattr(vetting, "SECONDS", 2)
    with pytest.raises(ModelFileError, match="does not finish reading it in 2 s"):
        open_archive(path)


@pytest.mark.skipif(os.name != "posix", reason="each case is a fork")
@pytest.mark.parametrize("kind", WRITERS)
def test_damage_ends_in_a_refusal_or_in_sound_arrays(kind: str) -> None:
    limits = Limits(seconds=300, memory_bytes=2**30)
    ends = run_module("tests.keras_models.loading.damaged_files", kind, "5", "250", limits=limits)
    assert set(ends) <= {"read", "refused", "hangs"}
    assert ends["refused"] > 50
    assert ends["read"] > 5
    assert ends.get("hangs", 0) <= 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux is sure to bound the address space")
def test_a_lack_of_memory_is_not_taken_for_damage(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(vetting, "MEMORY_BYTES", 60 * 2**20)
    with pytest.raises((MemoryError, RuntimeError)) as raised:
        open_archive(h5_file(tmp_path / "model.h5"))
    assert is_out_of_memory(raised.value)
