"""Measurements beside scikit-image's regionprops and plain NumPy, on labels of every odd kind."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_course.classical import measurement
from gpu_course.errors import CourseError
from tests import fake_cupy


def random_labels(seed, shape=(64, 80), n=20, step=1, density=0.3):
    """Boxes thrown at random over each other: touching, cut by the border, some in pieces."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.int32)
    for number in range(step, step * n + 1, step):
        corner = [int(rng.integers(-3, extent)) for extent in shape]
        edge = [int(e) for e in rng.integers(1, max(2, int(density * min(shape))), len(shape))]
        box = tuple(slice(max(0, c), max(0, c + e)) for c, e in zip(corner, edge, strict=True))
        labels[box] = number
    image = rng.normal(1000, 300, shape).astype(np.float32)
    return image, labels


def single_pixels():
    labels = np.zeros((9, 9), np.uint16)
    labels[0, 0], labels[8, 8], labels[4, 4] = 1, 2, 3
    return np.arange(81, dtype=np.uint16).reshape(9, 9), labels


def stripes():
    """Objects of 60 000 pixels, far to the right: sums of x beyond 2²⁴, where float32 fails."""
    labels = np.repeat(np.arange(34, dtype=np.int32), 31)[None, :1024].repeat(2048, 0)
    image = np.random.default_rng(0).integers(0, 65536, labels.shape).astype(np.uint16)
    return image, np.ascontiguousarray(labels)


CASES = {
    "random": lambda: random_labels(0),
    "crowded": lambda: random_labels(1, n=200, density=0.2),
    "missing numbers": lambda: random_labels(2, step=37),
    "3D": lambda: random_labels(4, (20, 30, 40)),
    "3D, missing numbers": lambda: random_labels(5, (12, 17, 23), step=11),
    "single pixels at the border": single_pixels,
    "no background": lambda: (np.eye(5), np.arange(1, 26).reshape(5, 5)),
    "one row": lambda: (np.arange(7.0)[None], np.array([[1, 1, 0, 2, 2, 3, 3]])),
    "large objects": stripes,
}


def assert_agrees(image, labels):
    import pandas as pd
    from skimage.measure import regionprops_table

    found = measurement.measure(image, labels)
    expected = pd.DataFrame(
        regionprops_table(
            labels,
            image,
            properties=[
                "label", "area", "centroid", "bbox", "intensity_mean", "intensity_min",
                "intensity_max", "intensity_std",
            ],
        )
    )  # fmt: skip
    np.testing.assert_array_equal(found.label, expected.label)
    np.testing.assert_array_equal(found.area, expected.area)
    axes = "zyx"[-labels.ndim :]
    for axis, name in enumerate(axes):
        np.testing.assert_allclose(
            found[f"centroid_{name}"], expected[f"centroid-{axis}"], atol=1e-3, rtol=0
        )
        np.testing.assert_array_equal(found[f"bbox_min_{name}"], expected[f"bbox-{axis}"])
        last = expected[f"bbox-{axis + labels.ndim}"] - 1
        np.testing.assert_array_equal(found[f"bbox_max_{name}"], last)
    for ours, theirs in (("mean", "mean"), ("min", "min"), ("max", "max")):
        np.testing.assert_allclose(
            found[f"{ours}_intensity"], expected[f"intensity_{theirs}"], rtol=1e-4
        )
    np.testing.assert_allclose(
        found.standard_deviation_intensity, expected.intensity_std, rtol=1e-4, atol=1e-6
    )
    np.testing.assert_allclose(found.sum_intensity, found.mean_intensity * found.area, rtol=1e-4)


@pytest.mark.parametrize("case", CASES)
def test_agrees_with_regionprops(case):
    assert_agrees(*CASES[case]())


def test_a_huge_number_takes_no_more_memory_than_a_small_one():
    """regionprops itself gives up here, so its table of the same objects renumbered is ours."""
    image, labels = random_labels(3, n=5)
    huge = measurement.measure(image, labels * 400_000_000)
    assert list(huge.label) == list(measurement.measure(image, labels).label * 400_000_000)
    assert huge.drop(columns="label").equals(
        measurement.measure(image, labels).drop(columns="label")
    )


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.one_of(
        st.tuples(st.integers(1, 40), st.integers(1, 40)),
        st.tuples(st.integers(1, 12), st.integers(1, 12), st.integers(1, 12)),
    ),
    n=st.integers(1, 30),
    step=st.integers(1, 1000),
)
def test_agrees_with_regionprops_whatever_the_labels(seed, shape, n, step):
    image, labels = random_labels(seed, shape, n, step, density=0.6)
    if labels.any():
        assert_agrees(image, labels)


@pytest.mark.parametrize("shape", [(8, 9), (3, 4, 5)])
def test_no_object_gives_an_empty_table_with_the_same_columns(shape):
    image = np.ones(shape)
    labels = np.zeros(shape, np.int32)
    some = labels.copy()
    some.flat[3] = 2
    table = measurement.measure(image, labels)
    assert len(table) == 0
    assert list(table) == list(measurement.measure(image, some))
    assert list(table.dtypes) == list(measurement.measure(image, some).dtypes)
    assert len(measurement.on_border(table, shape)) == 0
    assert np.isnan(measurement.paint(labels, table, "area")).all()


def test_a_mask_and_whole_floats_are_labels_too():
    image, labels = random_labels(0)
    assert len(measurement.measure(image, labels > 0, in_pieces=True)) == 1
    for dtype in (np.float32, np.uint8, np.uint32, np.uint64, np.int64):
        assert measurement.measure(image, labels.astype(dtype)).equals(
            measurement.measure(image, labels)
        )


@pytest.mark.parametrize(
    ("image", "labels", "words"),
    [
        (np.ones((4, 4)), np.ones((4, 5), int), "shape"),
        (np.ones(4), np.ones(4, int), "shape"),
        (np.ones((4, 4)), np.full((4, 4), 0.5), "whole numbers"),
        (np.ones((4, 4)), np.full((4, 4), -1), "whole numbers"),
    ],
)
def test_bad_input_is_named(image, labels, words):
    with pytest.raises(CourseError, match=words):
        measurement.measure(image, labels)


def test_clesperanto_loses_large_objects_where_measure_does_not():
    """The reason for 64-bit sums, which the chapter shows."""
    from gpu_course import cle, devices

    devices.use_opencl()
    labels = np.zeros((1024, 4096), np.int32)
    labels[:, 2048:] = np.random.default_rng(0).random((1024, 2048)) > 0.1
    known = np.nonzero(labels)[1].mean()
    # Several times: the device adds in another order each time, and now and then comes close.
    tries = [cle.labels_statistics(labels, labels) for _ in range(8)]
    assert {lost["area"][0] for lost in tries} == {labels.sum()}
    assert max(abs(lost["centroid_x"][0] - known) for lost in tries) > 1e-4
    assert abs(measurement.measure(labels, labels).centroid_x[0] - known) < 1e-9


@pytest.mark.parametrize("case", CASES)
def test_objects_on_the_border_have_a_pixel_there(case):
    image, labels = CASES[case]()
    table = measurement.measure(image, labels)
    long = [axis for axis, n in enumerate(labels.shape) if n > 1]
    ends = [labels.take([0, -1], axis) for axis in long]
    expected = np.isin(table.label, np.concatenate([end.ravel() for end in ends]))
    np.testing.assert_array_equal(measurement.on_border(table, labels.shape), expected)


def test_objects_off_the_border_are_those_scikit_image_leaves():
    from skimage.segmentation import clear_border

    image, labels = random_labels(0)
    table = measurement.measure(image, labels)
    inner = measurement.keep(labels, table.label[~measurement.on_border(table, labels.shape)])
    assert 0 < len(np.unique(inner)) < len(np.unique(labels))
    np.testing.assert_array_equal(inner, clear_border(labels))


def test_keep_leaves_numbers_and_dtype_alone():
    labels = np.array([[0, 5, 5], [9, 9, 2]], np.uint16)
    kept = measurement.keep(labels, [9, 2, 77])
    np.testing.assert_array_equal(kept, [[0, 0, 0], [9, 9, 2]])
    assert kept.dtype == np.uint16
    assert not measurement.keep(labels, []).any()


def test_paint_gives_each_pixel_its_objects_value():
    import pandas as pd

    labels = np.array([[0, 5, 5], [9, 9, 2]])
    table = pd.DataFrame({"label": [9, 5], "area": [2.5, -1.0]})  # rows in no order, 2 missing
    expected = [[np.nan, -1, -1], [2.5, 2.5, np.nan]]
    np.testing.assert_array_equal(measurement.paint(labels, table, "area"), expected)
    with pytest.raises(CourseError, match="no column 'size'"):
        measurement.paint(labels, table, "size")


def test_labels_on_a_gpu_are_measured_there(monkeypatch):
    labels = np.zeros((30, 40), np.int32)
    labels[2:8, 3:9], labels[20:25, 20:30] = 1, 7
    image = np.random.default_rng(0).random(labels.shape)
    expected = measurement.measure(image, labels)
    cupy = fake_cupy.install(monkeypatch)
    found = measurement.measure(cupy.asarray(image), cupy.asarray(labels))
    pd.testing.assert_frame_equal(found, expected)
