from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from edgeprune.contracts.errors import DataError, UsageError
from edgeprune.dataset_io.opening import open_data
from edgeprune.dataset_io.options import DataOptions

FRAME = pd.DataFrame(
    {
        "age": [20 + n for n in range(20)],
        "rich": [n % 2 == 0 for n in range(20)],
        "weight": [n / 7 for n in range(20)],
        "kind": ["cat", "dog", "bird", "dog"] * 5,
    }
)


def save(frame: pd.DataFrame, path: Path) -> str:
    frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path)
    return str(path)


@pytest.mark.parametrize("name", ["d.csv", "d.parquet"])
def test_last_column_is_the_label_and_text_becomes_classes(tmp_path, make_interface, name):
    data = open_data(save(FRAME, tmp_path / name), make_interface((3,), outputs=((3,),)), DataOptions())
    (x,), (y,) = data.train.arrays
    assert x.dtype == np.float32
    np.testing.assert_array_equal(y, [["bird", "cat", "dog"].index(FRAME["kind"][int(row[0]) - 20]) for row in x])
    assert any("bird, cat, dog" in note for note in data.notes)
    assert data.train.size + data.validation.size + data.test.size == 20


@pytest.mark.parametrize("name", ["d.csv", "d.parquet"])
def test_named_label_column(tmp_path, make_interface, name):
    frame = FRAME.drop(columns="kind")
    interface = make_interface((2,), outputs=((1,),), activation="sigmoid")
    data = open_data(save(frame, tmp_path / name), interface, DataOptions(label="rich"))
    (x,), (y,) = data.test.arrays
    np.testing.assert_array_equal(y.ravel(), x[:, 0] % 2 == 0)
    assert data.task.kinds == ("binary",)


def test_unknown_label_names_the_columns_and_the_nearest(tmp_path, make_interface):
    with pytest.raises(UsageError, match=r"has age, rich, weight, kind; did you mean 'weight'\?"):
        open_data(save(FRAME, tmp_path / "d.csv"), make_interface((3,)), DataOptions(label="wieght"))


def test_pixels_in_columns_are_scaled_for_a_model_of_images(tmp_path, make_interface):
    pixels = np.random.default_rng(0).integers(0, 256, (12, 4))
    frame = pd.DataFrame(pixels, columns=list("abcd")).assign(y=np.arange(12) % 2)
    data = open_data(save(frame, tmp_path / "d.csv"), make_interface((2, 2, 1), outputs=((2,),)), DataOptions())
    assert data.train.arrays[0][0].max() <= 1


def test_autoencoder_reads_every_column(tmp_path, make_interface):
    frame = FRAME.drop(columns="kind")
    interface = make_interface((3,), outputs=((3,),), activation="linear")
    data = open_data(save(frame, tmp_path / "d.csv"), interface, DataOptions(target_is_input=True))
    np.testing.assert_array_equal(*(side[0] for side in data.test.arrays))


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (FRAME.assign(y=[0, 1] * 10), "column 'kind' is not numbers"),
        (FRAME.drop(columns="kind").assign(y=[0, 1] * 10, weight=np.nan), "'weight' has 20 values that are missing"),
        (FRAME.assign(age=1e300), "'age' has 20 values that are .* beyond float32"),
        (FRAME.assign(kind=[None, "a"] * 10), "column 'kind' has no value in 10 rows"),
        (FRAME[:0], "has 0 rows"),
        (FRAME[["kind"]], "has one column, 'kind'"),
        (FRAME[["age", "kind"]], r"takes examples of shape \(3,\), the data has \(1,\)"),
        (FRAME.assign(kind="cat"), "are class 0"),
        (FRAME.assign(kind=range(20)), "label 19 is out of range"),
    ],
)
@pytest.mark.parametrize("name", ["d.csv", "d.parquet"])
def test_bad_tables_are_one_line_that_names_the_column(tmp_path, make_interface, frame, message, name):
    source = save(frame, tmp_path / name)
    with pytest.raises(DataError, match=message) as caught:
        open_data(source, make_interface((3,), outputs=((3,),)), DataOptions())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["d.csv", "d.parquet"])
@pytest.mark.parametrize("content", [b"", b"PAR1 broken PAR1", b'\xff\xfe\x00"a,b\n1'])
def test_damaged_tables_are_one_line(tmp_path, make_interface, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        open_data(str(tmp_path / name), make_interface((1,)), DataOptions())
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_tables_feed_one_input(tmp_path, make_interface):
    with pytest.raises(DataError, match="2 inputs and 1 outputs"):
        open_data(save(FRAME, tmp_path / "d.csv"), make_interface((1,), (2,)), DataOptions())


IRIS = "5.1,3.5,setosa\n4.9,3.5,virginica\n4.7,3.2,setosa\n4.6,3.1,setosa\n7.0,3.5,virginica\n"


@pytest.mark.parametrize("text", [IRIS, "5,5,0\n4,5,1\n3,2,0\n1,2,1\n0,3,1\n"])
def test_a_table_without_names_says_that_its_first_row_is_lost_and_no_header_keeps_it(tmp_path, make_interface, text):
    (tmp_path / "d.csv").write_text(text)
    interface = make_interface((2,), outputs=((2,),))
    data = open_data(str(tmp_path / "d.csv"), interface, DataOptions())
    assert data.train.size + data.validation.size + data.test.size == 4
    assert any("first row (5" in warning and "--no-header" in warning for warning in data.warnings)
    whole = open_data(str(tmp_path / "d.csv"), interface, DataOptions(no_header=True))
    assert whole.train.size + whole.validation.size + whole.test.size == 5
    assert not whole.warnings
    named = open_data(str(tmp_path / "d.csv"), interface, DataOptions(no_header=True, label="3"))
    np.testing.assert_array_equal(named.train.arrays[0][0], whole.train.arrays[0][0])


@pytest.mark.parametrize("names", ["a,b,c", "0,1,2", "1,2,3", "400,450,kind", "\ufeffa,b,c", '"x, y",b,c'])
def test_names_of_columns_are_no_example(tmp_path, make_interface, names):
    (tmp_path / "d.csv").write_text(names + "\n" + IRIS, encoding="utf-8")
    data = open_data(str(tmp_path / "d.csv"), make_interface((2,), outputs=((2,),)), DataOptions())
    assert data.train.size + data.validation.size + data.test.size == 5
    assert not data.warnings
