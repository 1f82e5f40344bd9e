# ruff: noqa: E402
import json
import shutil

import numpy as np
import pytest

zarr = pytest.importorskip("zarr", reason="the extra scaling is not installed")
pytest.importorskip("ome_zarr", reason="the extra scaling is not installed")

from gpu_course.errors import CourseError
from gpu_course.scaling import levels, open_image, save_image, validate

VOXEL = (0.5, 0.25, 0.25)


@pytest.fixture(scope="module")
def volume():
    return np.random.default_rng(0).integers(0, 60000, (9, 70, 130)).astype(np.uint16)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_what_was_written_is_read_again(tmp_path, volume, version):
    path = save_image(tmp_path / "a.zarr", volume, VOXEL, version=version, chunks=(4, 16, 32))
    image = open_image(path)
    assert (image.version, image.voxel_size) == (version, VOXEL)
    assert np.array_equal(image.read(), volume)
    assert np.array_equal(np.asarray(image.lazy()[:, 3:5]), volume[:, 3:5])
    assert validate(path) == f"Image {version}"
    coarse = open_image(path, level=1)
    assert coarse.shape == (9, 35, 65)
    assert coarse.voxel_size == (0.5, 0.5, 0.5)
    assert coarse.read()[0, 0, 0] == np.rint(volume[0, :2, :2].mean())


def test_a_shard_is_one_file_of_whole_chunks(tmp_path, volume):
    path = save_image(tmp_path / "a.zarr", volume, VOXEL, chunks=(4, 16, 32), block=(9, 32, 64))
    array = open_image(path).array
    assert (array.chunks, array.shards) == ((4, 16, 32), (12, 32, 64))
    files = [file for file in (path / "0" / "c").rglob("*") if file.is_file()]
    assert len(files) == 1 * 3 * 3
    assert open_image(path).lazy().chunksize == (9, 32, 64)


def test_means_of_an_odd_border_are_means_of_fewer_voxels(tmp_path):
    ramp = np.broadcast_to(np.arange(131, dtype=np.float32), (1, 131, 131))
    path = save_image(tmp_path / "a.zarr", ramp, (1, 1, 1))
    assert open_image(path, level=1).read()[0, 0, [0, 1, -1]].tolist() == [0.5, 2.5, 130]


def test_voxels_become_cubes():
    found = levels((64, 512, 512), (64, 128, 128), (1.0, 0.25, 0.25))
    assert [level.voxel_size for level in found] == [
        (1, 0.25, 0.25), (1, 0.5, 0.5), (1, 1, 1), (2, 2, 2),
    ]  # fmt: skip


def test_dask_arrays_are_written_block_by_block(tmp_path, volume):
    da = pytest.importorskip("dask.array")
    path = save_image(tmp_path / "a.zarr", da.from_array(volume, chunks=(5, 33, 41)), VOXEL)
    assert np.array_equal(open_image(path).read(), volume)


def test_a_masked_array_of_dask_is_not_written_through_its_mask(tmp_path, volume):
    da = pytest.importorskip("dask.array")
    masked = da.ma.masked_greater(da.from_array(volume), 100)
    with pytest.raises(CourseError, match="masked array"):
        save_image(tmp_path / "a.zarr", masked, VOXEL)
    path = save_image(tmp_path / "a.zarr", da.ma.filled(masked, 0), VOXEL)
    assert open_image(path).read().max() == 100


def test_a_tensor_is_written(tmp_path, volume):
    torch = pytest.importorskip("torch")
    tensor = torch.tensor(volume.astype(np.int32))
    path = save_image(tmp_path / "a.zarr", tensor, VOXEL)
    assert np.array_equal(open_image(path).read(), volume)
    with pytest.raises(CourseError, match=r"of type torch\.bfloat16"):
        save_image(tmp_path / "b.zarr", tensor.to(torch.bfloat16), VOXEL)


def test_voxels_of_a_coarse_resolution_may_be_long(tmp_path):
    path = save_image(tmp_path / "a.zarr", np.ones((1, 300, 300), np.uint8), (15, 15, 15))
    assert open_image(path, level=2).voxel_size == (15, 60, 60)


def test_nothing_is_overwritten(tmp_path, volume):
    path = save_image(tmp_path / "a.zarr", volume, VOXEL)
    with pytest.raises(CourseError, match="exists already"):
        save_image(path, volume * 0, VOXEL)
    assert np.array_equal(open_image(path).read(), volume)


def test_a_store_that_fails_does_not_appear(tmp_path, volume):
    class Torn:
        shape, dtype = volume.shape, volume.dtype

        def __getitem__(self, box):
            if box[1].start:
                raise RuntimeError("the disk of the microscope is gone")
            return volume[box]

    with pytest.raises(RuntimeError):
        save_image(tmp_path / "a.zarr", Torn(), VOXEL, chunks=(4, 16, 16), block=(9, 16, 130))
    assert list(tmp_path.iterdir()) == []


def edited(path, change):
    """Change what the root group of a store of version 0.5 says."""
    file = path / "zarr.json"
    record = json.loads(file.read_text())
    change(record["attributes"]["ome"])
    file.write_text(json.dumps(record))
    return path


@pytest.fixture
def store(tmp_path, volume):
    return save_image(tmp_path / "a.zarr", volume, VOXEL)


def scales(ome):
    return ome["multiscales"][0]["datasets"][0]["coordinateTransformations"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda ome: ome["multiscales"][0].pop("axes"), "the axes must end with z, y, x"),
        (lambda ome: ome["multiscales"][0]["axes"].reverse(), "names x, y, z"),
        (lambda ome: scales(ome).clear(), "size of a voxel"),
        (lambda ome: scales(ome)[0].update(scale=[0, 1, 1]), "size of a voxel"),
        (lambda ome: scales(ome)[0].update(scale=[500, 250, 250]), r"a\.zarr: .* looks like nm"),
        (lambda ome: scales(ome)[0].update(scale=[5e-7] * 3), r"a\.zarr: .* looks like mm or m"),
        (lambda ome: ome["multiscales"][0]["axes"][1].pop("unit"), "unit of axis y is None"),
        (lambda ome: ome.pop("multiscales"), "no OME-Zarr image"),
        (lambda ome: ome.update(version="0.9"), "version 0.9"),
    ],
)
def test_what_a_store_does_not_say_is_named(store, change, words):
    with pytest.raises(CourseError, match=words):
        open_image(edited(store, change))


def test_no_zarr_no_array_no_numbers(tmp_path, store):
    with pytest.raises(CourseError, match="There is no"):
        open_image(tmp_path / "nothing")
    (tmp_path / "folder").mkdir()
    with pytest.raises(CourseError, match="not a Zarr group"):
        open_image(tmp_path / "folder")
    shutil.rmtree(store / "0")
    with pytest.raises(CourseError, match="that is not there"):
        open_image(store)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"image": np.ones((2, 8, 8), bool)}, "of type bool"),
        ({"image": np.ones((2, 8, 8), complex)}, "of type complex128"),
        ({"image": np.ones((8, 8))}, "has shape"),
        ({"image": np.ones((0, 8, 8))}, "has shape"),
        ({"image": np.ma.masked_less(np.arange(128.0).reshape(2, 8, 8), 5)}, "masked array"),
        ({"image": [[[1], [1, 2]]]}, "rows of equal length"),
        ({"voxel_size": (500, 100, 100)}, "looks like nm"),
        ({"voxel_size": (5e-4, 1e-4, 1e-4)}, "looks like mm"),
        ({"voxel_size": ("0,5", "0,1", "0,1")}, "must be lengths in µm"),
        ({"voxel_size": (0, 1, 1)}, "above 0"),
        ({"voxel_size": (1, 1)}, "an edge in µm for each"),
        ({"voxel_size": None}, "is None"),
        ({"version": "0.3"}, "version='0.3' is unknown"),
        ({"version": 0.5}, "version=0.5 is unknown"),
        ({"chunks": (0, 8, 8)}, "chunks="),
        ({"block": (8, 8)}, "block="),
    ],
    ids=str,
)
def test_what_is_no_image_is_not_written(tmp_path, volume, changed, words):
    given = {"image": volume, "voxel_size": VOXEL} | changed
    with pytest.raises(CourseError, match=words):
        save_image(tmp_path / "a.zarr", **given)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("image", [np.ones((2, 8, 8)).tolist(), np.ones((2, 8, 8), ">f2")])
def test_lists_and_foreign_orders_of_bytes_are_written(tmp_path, image):
    path = save_image(tmp_path / "a.zarr", image, 0.5)
    assert np.array_equal(open_image(path).read(), np.asarray(image))
    assert open_image(path).voxel_size == (0.5, 0.5, 0.5)


def test_resolutions_need_voxels_with_edges():
    for edges in ((0, 1, 1), (np.nan, 1, 1), (1, 1), None, ("a",) * 3):
        with pytest.raises(CourseError, match="the voxel size"):
            levels((64, 256, 256), (64, 128, 128), edges)
    with pytest.raises(CourseError, match="shape="):
        levels((0, 256, 256), (64, 128, 128), VOXEL)


def test_numbers_of_channels_are_whole(store):
    for wrong in ("0", -1, 0.5, True, None):
        with pytest.raises(CourseError, match="level"):
            open_image(store, level=wrong)


def test_channels_are_chosen(tmp_path):
    from ome_zarr.writer import write_image

    both = np.random.default_rng(0).integers(0, 9, (2, 4, 16, 16)).astype(np.uint8)
    scale = {"c": 1.0, "z": 1000.0, "y": 500.0, "x": 500.0}
    units = dict.fromkeys("zyx", "nanometer")
    path = tmp_path / "two.zarr"
    write_image(both, str(path), axes="czyx", scale=scale, axes_units=units)
    assert np.array_equal(open_image(path, channel=1).read(), both[1])
    assert open_image(path, channel=1).voxel_size == pytest.approx((1, 0.5, 0.5))
    with pytest.raises(CourseError, match="2 along channel, and none was chosen"):
        open_image(path)
    with pytest.raises(CourseError, match="no 5"):
        open_image(path, channel=5)


def test_the_published_model_finds_a_fault(store):
    with pytest.raises(CourseError, match="no Image as OME-Zarr"):
        validate(edited(store, lambda ome: ome["multiscales"][0].pop("datasets")))
