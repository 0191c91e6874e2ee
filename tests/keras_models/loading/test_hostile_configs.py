"""Configs that would run code, or read a file of their author's choice, as soon as Keras loads them."""

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import pytest

from edgeprune.contracts.errors import ModelFileError, UntrustedCodeError
from edgeprune.keras_models.kerases import safe_mode
from edgeprune.keras_models.loading.archives import open_archive
from edgeprune.keras_models.loading.archives.archive import ModelArchive
from edgeprune.keras_models.loading.building import build_model
from edgeprune.keras_models.loading.code_scan import refuse_code, scan
from edgeprune.keras_models.loading.custom_objects import import_custom_objects
from edgeprune.keras_models.loading.files import load_model
from tests.keras_models.saved_models import keras_of, save, small_model

Item = dict[str, Any]

BYTECODE = ["4wEAAAAAAAAAAAAAAAAAAA==\n", None, None]
"""The shape of what Keras's `func_dump` writes."""


def _operator(kind: str, node: Any = None, **config: Any) -> Item:
    """An operator layer, called by default on the file name and the text of a constant alone."""
    constant = node or [["_CONSTANT_VALUE", -1, "canary", {"contents": "written"}]]
    return {"class_name": kind, "name": "op", "config": {"name": "op", **config}, "inbound_nodes": [constant]}


def _layer(kind: str, **config: Any) -> Item:
    return {"class_name": kind, "config": {"name": "op", **config}}


def _lambda(**config: Any) -> Item:
    return _layer("Lambda", **{"function": "relu", "function_type": "function", **config})


CODE: Mapping[str, Item] = {
    "write_file": _operator("TFOpLambda", function="compat.v1.write_file"),
    "io.write_file": _operator("TFOpLambda", function="io.write_file"),
    "slicing": _operator("SlicingOpLambda", function="io.write_file"),
    "class method": _operator("ClassMethod", cls_symbol="io.TFRecordWriter", method_name="__init__"),
    "class symbol of another name": _operator("ClassMethod", class_symbol="RaggedTensor", method_name="from_tensor"),
    "instance method": _operator("InstanceMethod", attr_name="numpy"),
    "instance property": _operator("InstanceProperty", attr_name="__class__"),
    "model_from_json": _operator("TFOpLambda", function="keras.models.model_from_json"),
    "get_file": _operator("TFOpLambda", function="keras.utils.get_file"),
    "py_function": _operator("TFOpLambda", [["in", 0, 0, {}]], function="py_function"),
    "known function of constants": _operator("TFOpLambda", function="math.add"),
    "constant in JSON": _operator("TFOpLambda", [["in", 0, 0, {"y": ["_COMPOSITE_TYPE", "{}"]}]], function="math.add"),
    "graph operation": _operator("TensorFlowOpLayer", [["in", 0, 0, {}]], node_def={"op": "WriteFile"}),
    "graph operation in bytes": _operator("TensorFlowOpLayer", [["in", 0, 0, {}]], node_def="\n\x01w\x12\tWriteFile"),
    "Lambda": _lambda(function=BYTECODE, function_type="lambda"),
    "Lambda, output shape": _lambda(output_shape=BYTECODE, output_shape_type="lambda"),
    "Lambda, mask": _lambda(mask=BYTECODE, mask_type="lambda"),
    "Lambda, raw": _lambda(function=BYTECODE, function_type="raw"),
    "Lambda, no type": _layer("Lambda", function=BYTECODE),
    "activation": _layer("Dense", activation={"class_name": "__lambda__", "config": {"code": BYTECODE[0]}}),
    "activation in bare bytes": _layer("Dense", activation={"value": BYTECODE, "more": 1}),
    "initializer": _layer("Dense", kernel_initializer={"class_name": "__lambda__", "config": {}}),
    "constraint of a wrapped layer": _layer(
        "TimeDistributed", layer=_layer("Dense", kernel_constraint={"class_name": "__lambda__", "config": {}})
    ),
    "program": _layer("TFSMLayer", filepath="elsewhere"),
    "vocabulary": _layer("StringLookup", vocabulary="/etc/passwd"),
    "idf weights": _layer("TextVectorization", vocabulary=["a"], idf_weights="/etc/passwd"),
    "type of an input": _layer("InputLayer", type_spec={"class_name": "TypeSpec", "type_spec": "tf.DatasetSpec"}),
}
CUSTOM: Mapping[str, Item] = {
    "dotted class": _layer("layers.Lambda"),
    "registered class": _layer("Package>Evil"),
    "class of another package": {**_layer("Dense"), "module": "os"},
    "class registered under another name": {**_layer("Dense"), "registered_name": "Popen"},
    "class that no Keras has": _layer("Popen"),
    "layer around functions": _layer("DenseFeatures", feature_columns=[]),
    "named Lambda": _lambda(),
    "named output shape": _lambda(output_shape="system", output_shape_type="function"),
    "function of Keras's helpers": _layer(
        "Dense", activation={"class_name": "function", "module": "keras.utils", "config": "get_file"}
    ),
    "function registered under another name": _layer(
        "Dense", activation={"class_name": "function", "module": "builtins", "config": "relu", "registered_name": "x"}
    ),
    "activation by name": _layer("Dense", activation="deserialize"),
}


def _archive(item: Item) -> ModelArchive:
    config = {"class_name": "Functional", "config": {"name": "m", "layers": [item]}}
    return ModelArchive(
        path=Path("m.h5"),
        format="h5",
        keras_version="2.15.0",
        config=config,
        compile_config=None,
        weights={},
        stored={},
        close=lambda: None,
    )


@pytest.mark.parametrize("form", CODE)
def test_code_is_refused_in_one_line_unless_the_user_trusts_the_model(form: str) -> None:
    archive = _archive(CODE[form])
    with pytest.raises(UntrustedCodeError, match=r"m\.h5: layer 'op' .*--trust-model") as refusal:
        refuse_code(archive, trust_model=False, custom_objects={"relu"})
    assert "\n" not in str(refusal.value)
    refuse_code(archive, trust_model=True, custom_objects={"relu"})


@pytest.mark.parametrize("form", CUSTOM)
def test_foreign_names_are_refused_even_if_the_user_trusts_the_model(form: str) -> None:
    archive = _archive(CUSTOM[form])
    with pytest.raises(UntrustedCodeError, match=r"m\.h5: layer 'op' .*--custom-objects"):
        refuse_code(archive, trust_model=True)
    refuse_code(archive, trust_model=False, custom_objects={finding.name for finding in scan(archive)})


HONEST: Mapping[str, Item] = {
    "tensor and constant": _operator("TFOpLambda", [["in", 0, 0, {"y": 2.0}]], function="math.multiply"),
    "constant and tensor": _operator(
        "TFOpLambda", [["_CONSTANT_VALUE", -1, 1.0, {"y": ["in", 0, 0]}]], function="math.subtract"
    ),
    "several tensors": _operator("TFOpLambda", [[["in", 0, 0, {}], ["in", 0, 1, {}]]], function="concat"),
    "never called": {**_operator("TFOpLambda", function="nn.relu"), "inbound_nodes": []},
    "ragged": _operator("ClassMethod", [["in", 0, 0, {}]], cls_symbol="RaggedTensor", method_name="from_row_splits"),
    "ragged property": _operator("InstanceProperty", [["in", 0, 0, {}]], attr_name="flat_values"),
    "graph operation": _operator("TensorFlowOpLayer", [["in", 0, 0, {}]], node_def={"op": "AddV2"}),
    "graph operation in bytes": _operator("TensorFlowOpLayer", [["in", 0, 0, {}]], node_def="\n\x01w\x12\x05AddV2"),
    "lists of words": _layer("StringLookup", vocabulary=["a", "b"]),
    "function": _layer("Dense", activation={"class_name": "function", "module": "builtins", "config": "relu"}),
    "type of an input": _layer("InputLayer", type_spec={"class_name": "TypeSpec", "type_spec": "tf.RaggedTensorSpec"}),
    "operation of Keras 3": {
        **_layer("Add"),
        "module": "keras.src.ops.numpy",
        "inbound_nodes": [{"args": [{"class_name": "__keras_tensor__", "config": {}}, 1.0], "kwargs": {}}],
    },
}


@pytest.mark.parametrize("form", HONEST)
def test_what_keras_itself_writes_is_no_finding(form: str) -> None:
    assert scan(_archive(HONEST[form])) == ()


def _in_h5(path: Path, change: Callable[[Any], None]) -> None:
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        change(config)
        file.attrs["model_config"] = json.dumps(config)


def _in_zip(path: Path, change: Callable[[Any], None]) -> None:
    with zipfile.ZipFile(path) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    config = json.loads(parts["config.json"])
    change(config)
    parts["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as target:
        for name, content in parts.items():
            target.writestr(name, content)


@pytest.mark.parametrize("name", ["keras2.h5", "keras2.keras", "keras3.h5", "keras3.keras"])
@pytest.mark.parametrize("form", ["io.write_file", "Lambda, output shape", "vocabulary"])
def test_nothing_happens_when_such_a_file_is_loaded(
    name: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = save(small_model(keras_of(name)), tmp_path / name)
    change = _in_zip if name.endswith(".keras") else _in_h5
    change(path, lambda config: config["config"]["layers"].append(CODE[form]))
    with pytest.raises(ModelFileError):
        load_model(path)
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_keras_2_loads_h5_in_safe_mode(tmp_path: Path) -> None:
    """A second wall behind the scan: with it taken away, tf_keras itself refuses a Lambda's bytecode."""
    keras = keras_of("keras2")
    twice = keras.layers.Lambda(lambda x: x * 2, name="twice")
    path = save(keras.Sequential([keras.layers.Input((3,)), twice]), tmp_path / "keras2.h5")
    with open_archive(path) as archive, safe_mode(2, trust_model=False), pytest.raises(ValueError, match="lambda"):
        build_model(archive, {}, trust_model=False)


def test_a_loss_that_keras_does_not_have_is_left_out(tmp_path: Path) -> None:
    path = save(small_model(keras_of("keras2"), loss="mse"), tmp_path / "keras2.h5")
    with h5py.File(path, "r+") as file:
        file.attrs["training_config"] = file.attrs["training_config"].replace('"mse"', '"deserialize"')
    notes = load_model(path).notes
    assert len(notes) == 1
    assert "'deserialize' is no loss of Keras" in notes[0]


def test_only_classes_that_the_users_file_defines_count(tmp_path: Path) -> None:
    source = tmp_path / "mine.py"
    source.write_text(
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "from subprocess import Popen\n"
        "import keras\n"
        "@dataclass\n"
        "class Sizes:\n    first: int = 1\n"
        "class Twice(keras.layers.Layer):\n    pass\n"
        "def halve(x):\n    return x / 2\n",
        encoding="utf-8",
    )
    assert {"Sizes", "Twice", "halve"} <= set(import_custom_objects(source))
    assert "Popen" not in import_custom_objects(source)
