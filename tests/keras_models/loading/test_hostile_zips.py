"""`.keras` archives and JSON of strangers: only what Keras writes, within limits, from nowhere else."""

import json
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeprune.contracts.errors import ModelFileError
from edgeprune.keras_models.loading.archives import open_archive
from edgeprune.keras_models.loading.archives.archive import keras_version
from edgeprune.keras_models.loading.archives.json_text import parse_object
from tests.keras_models.loading.archive_files import KERNEL, h5_file, keras_file, model_config


def refused(path: Path) -> str:
    with pytest.raises(ModelFileError) as raised:
        open_archive(path)
    assert raised.value.message.startswith(f"{path}: ")
    assert raised.value.hint
    assert str(raised.value).encode()
    return raised.value.message


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        "/etc/cron.d/evil",
        "assets/../../evil",
        "assets/..\\..\\evil",
        "assets//evil",
        "notes.txt",
        "model.weights.npz",
        "assets/a\nb",
        "assetsx/vocabulary.txt",
        "C:/evil",
    ],
)
def test_parts_that_keras_does_not_write_are_refused(name: str, tmp_path: Path) -> None:
    assert "is no part that Keras writes" in refused(keras_file(tmp_path / "m.keras", parts={name: b"x"}))


def test_parts_that_keras_writes_are_read(tmp_path: Path) -> None:
    parts = {"assets/": b"", "assets/layers/lookup/vocabulary.txt": b"cat"}
    path = keras_file(tmp_path / "m.keras", parts=parts, compression=zipfile.ZIP_DEFLATED)
    with open_archive(path) as archive:
        assert archive.has_hidden_state
        np.testing.assert_array_equal(archive.array("dense", "kernel"), KERNEL)


def test_one_name_twice_is_refused(tmp_path: Path) -> None:
    path = keras_file(tmp_path / "m.keras")
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("config.json", "{}")
    assert "4 parts with 3 names" in refused(path)


def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    for mode in (0o120777, 0o020666, 0o010644):
        path = keras_file(tmp_path / "m.keras")
        part = zipfile.ZipInfo("assets/link")
        part.external_attr = mode << 16
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(part, "/etc/passwd")
        assert "'assets/link' inside it is a link or a device" in refused(path)


def test_encrypted_parts_are_refused(tmp_path: Path) -> None:
    path = keras_file(tmp_path / "m.keras")
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert "is encrypted" in refused(path)


@pytest.mark.parametrize("name", ["config.json", "metadata.json", "model.weights.h5", "assets/vocabulary.txt"])
def test_a_part_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(name: str, tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for part in {"config.json", "metadata.json", "model.weights.h5", name}:
            with archive.open(part, "w") as member:
                for _ in range(300 if part == name else 0):
                    member.write(bytes(2**20))
    tracemalloc.start()
    assert "unpack" in refused(path)
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()


def test_a_declared_size_that_is_not_the_real_one_is_damage(tmp_path: Path) -> None:
    path = keras_file(tmp_path / "m.keras", compression=zipfile.ZIP_DEFLATED)
    content = bytearray(path.read_bytes())
    place = content.index(b"PK\x01\x02") + 24
    content[place : place + 4] = (10).to_bytes(4, "little")
    path.write_bytes(content)
    assert "damaged" in refused(path)


TEXTS: dict[str, tuple[Any, str]] = {
    "no JSON": (b"{'a': 1}", "expected JSON"),
    "no text": (b"\xff\xfe\xfd", "expected JSON"),
    "a list": (b"[1]", "expected a JSON object, found a list"),
    "null": (b"null", "expected a JSON object, found null"),
    "a number": (b"7", "expected a JSON object, found a number"),
    "deep": (b'{"a":' * 500 + b"1" + b"}" * 500, "more than 100 levels"),
    "very deep": (b"[" * 10**6 + b"]" * 10**6, "expected JSON"),
    "long": (b'{"a": "' + b"x" * 2**23 + b'"}', "at most 8,388,608"),
    "half a character": (b'{"a": "\\ud800"}', "no Unicode"),
    "half a key": (b'{"\\ud800": 1}', "no Unicode"),
    "endless number": (b'{"a": ' + b"9" * 5000 + b"}", "expected JSON"),
}


@pytest.mark.parametrize("form", TEXTS)
def test_text_that_is_no_sound_json_is_refused(form: str) -> None:
    content, says = TEXTS[form]
    with pytest.raises(ModelFileError) as raised:
        parse_object(content, "m.keras: config.json")
    assert raised.value.message.startswith("m.keras: config.json: ")
    assert says in raised.value.message


@pytest.mark.parametrize("form", ["no JSON", "a list", "very deep", "long"])
def test_the_part_that_is_no_sound_json_is_named(form: str, tmp_path: Path) -> None:
    content, _ = TEXTS[form]
    for part in ("model_config", "training_config"):
        assert f": {part}: " in refused(h5_file(tmp_path / "m.h5", **{part: content}))
    for part in ("config", "metadata"):
        path = keras_file(tmp_path / "m.keras", **{part: content}, compression=zipfile.ZIP_DEFLATED)
        assert f"{part}.json" in refused(path)


@pytest.mark.parametrize("version", ["3x", "9", "2", "", "1.2.2", "10.0.1", "3.0\n", "two", None, 3, 3.1, ["3.1"], {}])
def test_a_version_that_is_none_is_refused(version: Any) -> None:
    with pytest.raises(ModelFileError, match="Keras"):
        keras_version(version, Path("m.keras"))


@pytest.mark.parametrize("version", ["2.0.6", "2.2.4-tf", "2.13.1", "3.15.1", "3.0.0.dev2024010103", "2.16.0rc0"])
def test_versions_that_keras_had_are_read(version: str) -> None:
    assert keras_version(version, Path("m.keras")) == version


@pytest.mark.parametrize("version", ["3x", 3])
def test_the_version_of_a_file_is_looked_at(version: Any, tmp_path: Path) -> None:
    assert "Keras" in refused(keras_file(tmp_path / "m.keras", metadata={"keras_version": version}))
    assert "Keras" in refused(h5_file(tmp_path / "m.h5", keras_version=version))


@pytest.mark.parametrize("value", [3, "adam", [1]])
def test_compile_settings_that_are_none_are_refused(value: Any, tmp_path: Path) -> None:
    config = {**model_config(), "compile_config": value}
    assert "compile_config" in refused(keras_file(tmp_path / "m.keras", config=config))
    assert "training_config" in refused(h5_file(tmp_path / "m.h5", training_config=json.dumps(value)))


@pytest.mark.parametrize("value", [3, np.array([b"a", b"b"])], ids=["number", "texts"])
@pytest.mark.parametrize("name", ["model_config", "keras_version", "training_config", "backend"])
def test_attributes_of_another_type_are_damage(name: str, value: Any, tmp_path: Path) -> None:
    path = h5_file(tmp_path / "m.h5", **{name: value})
    if name == "backend":
        open_archive(path).close()
    else:
        assert name in refused(path) or "version" in refused(path)


def _spoil_layer(change: Callable[[Any], object]) -> Callable[[Any], object]:
    return lambda group: change(group.parent)


@pytest.mark.parametrize(
    "change",
    [
        lambda layer: layer.attrs.__setitem__("weight_names", [b"dense", b"dense/bias:0"]),
        lambda layer: layer.attrs.__setitem__("weight_names", [b"nowhere", b"dense/bias:0"]),
        lambda layer: layer.attrs.__setitem__("weight_names", 7),
        lambda layer: layer.attrs.__setitem__("weight_names", [1.5]),
        lambda layer: layer.attrs.__delitem__("weight_names"),
    ],
)
def test_names_that_lead_nowhere_end_in_no_bug(change: Callable[[Any], object], tmp_path: Path) -> None:
    path = h5_file(tmp_path / "m.h5", _spoil_layer(change))
    with suppress(ModelFileError):
        open_archive(path).close()
