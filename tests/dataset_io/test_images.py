import resource
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgeprune.contracts.errors import DataError
from edgeprune.dataset_io.opening import open_data
from edgeprune.dataset_io.options import DataOptions


def draw(path: Path, value: int, size: tuple[int, int] = (8, 8), mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, (value,) * 3 if mode == "RGB" else value).save(path)


@pytest.fixture
def folder(tmp_path) -> Path:
    """Gray squares: dark cats, bright dogs; in all the file types that are read."""
    for n in range(10):
        suffix = ("png", "jpg", "bmp", "gif", "jpeg")[n % 5]
        draw(tmp_path / "pets" / "cat" / f"{n}.{suffix}", n)
        draw(tmp_path / "pets" / "dog" / f"{n}.{suffix}", 200 + n)
    return tmp_path / "pets"


def two_classes(make_interface, shape):
    return make_interface(shape, outputs=((2,),))


def test_sub_folders_are_classes_and_every_image_is_in_one_part(folder, make_interface):
    data = open_data(str(folder), two_classes(make_interface, (8, 8, 3)), DataOptions())
    assert (data.train.size, data.validation.size, data.test.size) == (15, 1, 4)
    seen = []
    for split in (data.train, data.validation, data.test):
        assert split.arrays is None
        for (x,), (y,) in split.batches(4):
            assert x.shape[1:] == (8, 8, 3)
            assert x.dtype == np.float32
            np.testing.assert_array_equal(x.mean(axis=(1, 2, 3)) > 0.5, y == 1)
            seen += np.round(x[:, 0, 0, 0] * 255).tolist()
    assert sorted(seen) == [*range(10), *range(200, 210)]
    assert any("0 cat, 1 dog" in note for note in data.notes)


@pytest.mark.parametrize("shape", [(4, 4, 1), (16,), (4, 4), (5, 3, 3), (None, None, 3)])
def test_images_take_the_size_and_the_channels_of_the_model(folder, make_interface, shape):
    data = open_data(str(folder), two_classes(make_interface, shape), DataOptions())
    (x,), _ = next(data.test.batches(3))
    assert x.shape == (3, *((8, 8, 3) if None in shape else shape))


def test_train_and_test_folders(folder, tmp_path, make_interface):
    root = tmp_path / "root"
    root.mkdir()
    folder.rename(root / "train")
    for name in ("cat", "dog"):
        draw(root / "test" / name / "a.png", 7)
    (root / "train" / "cat" / "readme.txt").write_text("hello")
    (root / "extra").mkdir()
    data = open_data(str(root), two_classes(make_interface, (8, 8, 3)), DataOptions())
    assert (data.train.size, data.validation.size, data.test.size) == (18, 2, 2)
    assert any("extra" in note for note in data.notes)
    assert any("1 files" in note for note in data.notes)
    draw(root / "test" / "horse" / "a.png", 7)
    with pytest.raises(DataError, match="class 'horse', which the training part lacks"):
        open_data(str(root), two_classes(make_interface, (8, 8, 3)), DataOptions())


def test_fit_reads_shuffled_batches_anew_each_epoch(folder, make_interface):
    data = open_data(str(folder), two_classes(make_interface, (8, 8, 3)), DataOptions())
    dataset = data.train.tf_dataset(4, shuffle_seed=1)
    assert tuple(dataset.element_spec[0].shape) == (None, 8, 8, 3)

    def epoch() -> list[float]:
        return [float(v) for x, _ in dataset.as_numpy_iterator() for v in x[:, 0, 0, 0]]

    first, second = epoch(), epoch()
    assert first != second
    assert sorted(first) == sorted(second)
    np.testing.assert_array_equal(first, [
        float(v) for x, _ in data.train.tf_dataset(4, shuffle_seed=1).as_numpy_iterator() for v in x[:, 0, 0, 0]
    ])  # fmt: skip


def test_autoencoder_needs_no_classes(tmp_path, make_interface):
    for n in range(5):
        draw(tmp_path / f"{n}.png", n, mode="L")
    interface = make_interface((8, 8, 1), outputs=((8, 8, 1),), activation="sigmoid")
    data = open_data(str(tmp_path), interface, DataOptions(target_is_input=True))
    x, y = next(data.train.tf_dataset(2).as_numpy_iterator())
    np.testing.assert_array_equal(x, y)
    with pytest.raises(DataError, match="no sub-folder for each class"):
        open_data(str(tmp_path), interface, DataOptions())


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n"])
def test_broken_image_is_named(folder, make_interface, content):
    (folder / "cat" / "broken.png").write_bytes(content)
    with pytest.raises(DataError, match=r"broken\.png is no readable image") as caught:
        open_data(str(folder), two_classes(make_interface, (8, 8, 3)), DataOptions())
    assert "\n" not in str(caught.value)


def test_truncated_jpeg_is_named(folder, make_interface):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "cat" / "half.jpg")
    content = (folder / "cat" / "half.jpg").read_bytes()
    (folder / "cat" / "half.jpg").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"half\.jpg is no readable image"):
        open_data(str(folder), two_classes(make_interface, (8, 8, 3)), DataOptions())


def test_model_that_takes_no_image(folder, make_interface):
    with pytest.raises(DataError, match=r"is a folder of images, and input 'input_1' takes \(7,\)"):
        open_data(str(folder), two_classes(make_interface, (7,)), DataOptions())


def test_more_classes_than_the_model_tells_apart(folder, make_interface):
    draw(folder / "emu" / "a.png", 3)
    with pytest.raises(DataError, match="label 2 is out of range"):
        open_data(str(folder), two_classes(make_interface, (8, 8, 3)), DataOptions())


def resident_bytes() -> int:
    """Memory of this process; TensorFlow's buffers do not show in tracemalloc."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_does_not_grow_with_the_folder(tmp_path, make_interface):
    """All 150 images take 150 * 512 * 512 * 3 * 4 = 472 million bytes, two of them 6 million."""
    for n in range(150):
        draw(tmp_path / "ab"[n % 2] / f"{n}.png", n, (512, 512))
    before = resident_bytes()
    data = open_data(str(tmp_path), two_classes(make_interface, (512, 512, 3)), DataOptions())
    peak = resident_bytes()
    for _ in data.train.batches(2):
        peak = max(peak, resident_bytes())
    for _ in data.train.tf_dataset(2, shuffle_seed=0):
        peak = max(peak, resident_bytes())
    assert peak - before < 150e6
