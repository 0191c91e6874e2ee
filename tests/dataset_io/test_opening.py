import numpy as np
import pytest

from edgeprune.contracts.errors import DataError, UsageError
from edgeprune.contracts.plugins import catalogue, load
from edgeprune.dataset_io.opening import FORMATS, open_data
from edgeprune.dataset_io.options import DataOptions


@pytest.mark.parametrize("name", catalogue(FORMATS))
def test_every_format_is_a_plug_in(name, tmp_path):
    module = load(FORMATS, name)
    assert catalogue(FORMATS)[name] == module.SUMMARY
    assert ":" in module.SUMMARY, "the form comes first, so that an error can list the forms"
    assert not module.matches(str(tmp_path / "nothing"))
    assert callable(module.read)


def test_unknown_sources_say_what_was_found_and_list_the_forms(tmp_path, make_interface):
    (tmp_path / "notes.txt").write_text("hello")
    for source, found in (
        (tmp_path / "nothing", "no file or folder"),
        (tmp_path / "notes.txt", "a .txt file"),
        (tmp_path, "a folder of notes.txt"),
    ):
        with pytest.raises(DataError, match=f"is {found}; give .*FILE.npz.*FILE.csv, FILE.parquet"):
            open_data(str(source), make_interface((1,)), DataOptions())


def test_mistyped_name_of_a_keras_data_set(make_interface):
    with pytest.raises(DataError, match=r"did you mean 'cifar10'\?"):
        open_data("cfar10", make_interface((1,)), DataOptions())


def test_as_many_labels_as_outputs(tmp_path, make_interface):
    np.savez(tmp_path / "d.npz", x=np.ones((9, 2)))
    with pytest.raises(DataError, match=r"gives 1 inputs to rebuild, the model has 2 outputs \(u, v\)"):
        open_data(
            str(tmp_path / "d.npz"), make_interface((2,), outputs=((2,), (2,))), DataOptions(target_is_input=True)
        )


@pytest.mark.parametrize(
    "wrong",
    [{"validation_split": 0}, {"validation_split": 1.5}, {"scale": "big"}, {"scale": "-1"}, {"scale": "nan"}],
)
def test_options_out_of_range_are_usage_errors(wrong):
    with pytest.raises(UsageError, match="must"):
        DataOptions(**wrong)


@pytest.mark.parametrize(
    ("test", "port", "message"),
    [
        (((6, 3, 3), (6,)), (4, 4, 1), r"input 'input_1' have shape \(4, 4\) in the training part and \(3, 3\) in the"),
        (
            ((6, 5), (6,)),
            (16,),
            r"input 'input_1' have shape \(4, 4\) in the training part and \(5,\) in the test",
        ),
        (((6, 4, 4), (6, 10)), (16,), r"output 'dense' have shape \(\) in the training part and \(10,\) in the test"),
    ],
)
def test_parts_of_different_shapes_are_one_line_that_names_both(tmp_path, make_interface, test, port, message):
    x, y = (np.zeros(shape) for shape in test)
    arrays = {"x_train": np.zeros((20, 4, 4)), "y_train": np.arange(20) % 10, "x_test": x, "y_test": y}
    np.savez(tmp_path / "d.npz", **arrays)
    with pytest.raises(DataError, match=message) as caught:
        open_data(str(tmp_path / "d.npz"), make_interface(port), DataOptions())
    assert "\n" not in str(caught.value)


def test_parts_may_differ_where_the_model_takes_both(tmp_path, make_interface):
    y = np.arange(20) % 10
    np.savez(tmp_path / "d.npz", x_train=np.ones((20, 5, 2)), y_train=y, x_test=np.ones((20, 3, 2)), y_test=y[:, None])
    data = open_data(str(tmp_path / "d.npz"), make_interface((None, 2)), DataOptions())
    assert [split.arrays[0][0].shape[1:] for split in (data.train, data.test)] == [(5, 2), (3, 2)]
