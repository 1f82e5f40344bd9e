"""The size of objects is found without a truth, and images and labels change their size safely."""

import numpy as np
import pytest
from scipy import ndimage

from gpu_course import images, object_size
from gpu_course.errors import CourseError
from gpu_course.object_size import labels_back, measure_diameter, scaled_shape, to_diameter


def blobs(diameter, shape=None, *, gap=2.0, stretch=1.0, seed=0):
    """Return blurred, noisy ellipses of one area and of any direction, on a shaken grid."""
    random = np.random.default_rng(seed)
    step = round(gap * diameter)
    shape = shape or (max(128, 2 * step),) * 2
    inside = np.zeros(shape)
    for row in range(step // 2, shape[0], step):
        for column in range(step // 2, shape[1], step):
            shift, angle = random.uniform(-0.1, 0.1, 2) * step, random.uniform(0, np.pi)
            y, x = (
                np.mgrid[: shape[0], : shape[1]] - (np.array([row, column]) + shift)[:, None, None]
            )
            along, across = (
                y * np.cos(angle) + x * np.sin(angle),
                x * np.cos(angle) - y * np.sin(angle),
            )
            far = along**2 / stretch + across**2 * stretch
            inside = np.maximum(inside, (far < diameter**2 / 4) * random.uniform(0.7, 1))
    inside = ndimage.gaussian_filter(inside, diameter / 12)
    return 100 + 400 * inside + random.normal(0, 8, shape)


@pytest.mark.parametrize("diameter", [8, 12, 21, 35, 60])
def test_the_diameter_of_blobs_is_found(diameter):
    found = measure_diameter(blobs(diameter))
    assert found.diameter == pytest.approx(diameter, rel=0.2)
    assert found.low <= found.diameter <= found.high
    assert found.count >= 3


@pytest.mark.parametrize(("gain", "offset"), [(0.01, 0), (100, 5000)])
def test_grey_values_do_not_matter(gain, offset):
    image = blobs(20)
    assert measure_diameter(gain * image + offset).diameter == measure_diameter(image).diameter


def test_elongated_and_touching_blobs_are_about_as_large_as_they_look():
    # Across they are 17, along 27.
    assert 14 < measure_diameter(blobs(21, stretch=1.6)).diameter < 29
    assert 14 < measure_diameter(blobs(21, (126, 126), gap=1.0)).diameter < 32


def test_of_two_sizes_the_range_is_shown():
    small, large = blobs(10, (128, 60)), blobs(30, (128, 128))
    found = measure_diameter(np.concatenate([small, large], axis=1))
    assert 8 < found.low < 13
    assert 24 < found.high < 36


def grainy(diameter=48, grain=6):
    """Return large discs that are full of bright grains, as nuclei of a mouse are."""
    y, x = np.mgrid[:256, :256]
    inside = np.hypot(y % 64 - 32, x % 64 - 32) < diameter / 2
    random = np.random.default_rng(0)
    grains = ndimage.gaussian_filter(
        (random.random(inside.shape) > 0.99).astype(float), grain / 2.8
    )
    return 100 + 200 * inside * (0.4 + grains / grains.max()) + random.normal(0, 4, inside.shape)


def test_a_diameter_between_two_kinds_of_blobs_is_doubted():
    size = measure_diameter(grainy())
    assert size.low < 20
    assert size.high > 30
    said = object_size.warning(size)
    assert "grainy" in said
    assert f"{size.diameter:.0f} pixels" in said
    assert "diameter=" in said
    two = np.concatenate([blobs(10, (128, 60)), blobs(40, (128, 160))], axis=1)
    assert object_size.warning(measure_diameter(two)) is not None


@pytest.mark.parametrize("diameter", [8, 12, 21, 35, 60])
def test_one_kind_of_blobs_is_not_doubted(diameter):
    assert object_size.warning(measure_diameter(blobs(diameter))) is None
    assert object_size.warning(measure_diameter(blobs(diameter, stretch=1.6))) is None


def test_where_nothing_is_found_the_size_is_not_doubted():
    assert object_size.warning(measure_diameter(np.full((90, 100), 7))) is None


def test_real_nuclei_of_one_kind_are_not_doubted_and_those_full_of_grains_are(mirror):
    for index in range(7):
        frame = images.load("nuclei-dsb", "validation", index=index)
        assert object_size.warning(measure_diameter(frame.image)) is None
    try:
        cells = images.load("cells3d")
    except CourseError as error:
        pytest.skip(str(error))
    assert object_size.warning(measure_diameter(cells.image[30])) is not None


@pytest.mark.parametrize(
    "image",
    [
        np.full((90, 100), 7),
        np.zeros((3, 4)),
        np.random.default_rng(0).normal(100, 9, (128, 128)),
        np.random.default_rng(1).poisson(20, (128, 128)),
    ],
    ids=["constant", "tiny", "noise", "photons"],
)
def test_where_nothing_is_nothing_is_found(image):
    found = measure_diameter(image)
    assert np.isnan([found.diameter, found.low, found.high]).all()
    assert found.count == 0


def test_a_large_image_is_measured_where_most_objects_are(monkeypatch):
    monkeypatch.setattr(object_size, "WINDOW", 96)
    image = np.random.default_rng(0).normal(100, 8, (256, 320))
    image[128:224, 192:288] = blobs(16, (96, 96))
    image[20:60, 20:60] = blobs(36, (40, 40), gap=1.1)
    found = measure_diameter(image)
    assert found.diameter == pytest.approx(16, rel=0.2)
    rows, columns = object_size._fullest(image > 300)
    assert (rows.stop - rows.start, columns.stop - columns.start) == (96, 96)
    assert abs(rows.start - 128) <= 32
    assert abs(columns.start - 192) <= 32


@pytest.mark.parametrize("shape", [(96, 300), (97, 96), (50, 300), (96, 96)])
def test_the_fullest_window_lies_inside(monkeypatch, shape):
    monkeypatch.setattr(object_size, "WINDOW", 96)
    inside = np.zeros(shape, bool)
    inside[-5:, -5:] = True
    cut = inside[object_size._fullest(inside)]
    assert cut.shape == tuple(min(n, 96) for n in shape)


@pytest.mark.parametrize(
    ("diameter", "wanted", "shape"),
    [
        (20, 20, (60, 90)),
        (20, 28, (60, 90)),
        (27, 20, (60, 90)),
        (20, 40, (120, 180)),
        (40, 20, (30, 45)),
        (30, 10, (20, 30)),
    ],
)
def test_images_and_labels_go_there_and_back(diameter, wanted, shape):
    image = np.random.default_rng(0).random((60, 90)) * 100
    scaled = to_diameter(image, diameter, wanted)
    assert scaled.shape == shape == scaled_shape((60, 90), diameter, wanted)
    assert scaled.dtype == np.float32
    assert scaled.mean() == pytest.approx(image.mean(), rel=0.05)
    if shape == image.shape:
        np.testing.assert_array_equal(scaled, image.astype(np.float32))
    colours = to_diameter(np.stack([image] * 3, -1), diameter, wanted)
    np.testing.assert_allclose(colours, np.stack([scaled] * 3, -1), rtol=1e-4)
    back = labels_back(np.ones(shape, np.uint8), (60, 90))
    assert back.shape == (60, 90)
    assert back.dtype == np.int32
    assert (back == 1).all()


def test_labels_keep_their_numbers():
    # float32 would make two neighbours of one.
    numbers = np.array([[0, 2**24, 2**24 + 1], [2**31 - 1, 7, 1]], np.int64)
    back = labels_back(numbers, (8, 12))
    np.testing.assert_array_equal(back, numbers.repeat(4, axis=0).repeat(4, axis=1))
    np.testing.assert_array_equal(labels_back(back, (2, 3)), numbers)
    np.testing.assert_array_equal(labels_back(numbers, (2, 3)), numbers)
    np.testing.assert_array_equal(labels_back(numbers > 0, (2, 3)), numbers > 0)


@pytest.mark.parametrize("wrong", [0, -3, float("nan"), float("inf"), True, "21", "wide"])
@pytest.mark.parametrize("which", ["diameter", "wanted"])
def test_a_wrong_diameter_is_refused_in_one_sentence(wrong, which):
    sizes = {"diameter": 20.0, "wanted": 20.0, which: wrong}
    with pytest.raises(CourseError, match=r"is no size\. Give a number above 0") as caught:
        to_diameter(np.zeros((40, 50)), **sizes)
    assert repr(wrong) in str(caught.value)


def test_a_diameter_that_asks_for_a_monster_or_for_nothing_is_refused():
    for diameter, wanted in ((0.001, 21), (1e9, 21)):
        with pytest.raises(CourseError, match="Check the diameter"):
            to_diameter(np.zeros((40, 50)), diameter, wanted)


BAD = {
    "a volume": np.zeros((3, 40, 50)),
    "colours": np.zeros((40, 50, 3), np.uint8),
    "complex": np.zeros((40, 50), complex),
    "missing": np.full((40, 50), np.nan),
    "infinite": np.full((40, 50), np.inf),
    "empty": np.zeros((0, 50)),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_plane_is_refused(name):
    with pytest.raises(CourseError):
        measure_diameter(BAD[name])


@pytest.mark.parametrize("wrong", [None, [21, 22], np.True_, 1j, b"2"])
def test_what_is_no_number_is_no_diameter(wrong):
    with pytest.raises(CourseError, match="is no size"):
        to_diameter(np.zeros((40, 50)), wrong, 20)


@pytest.mark.parametrize("given", [np.float32(10), np.array(10), np.int64(10)])
def test_a_diameter_may_be_any_number(given):
    assert scaled_shape((40, 50), given, 20) == (80, 100)


@pytest.mark.parametrize(("diameter", "wanted"), [(1e-320, 21), (21, 1e308), (1e308, 1e-300)])
def test_a_diameter_beyond_all_measure_is_refused(diameter, wanted):
    with pytest.raises(CourseError, match="Check the diameter"):
        scaled_shape((40, 50), diameter, wanted)


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        (np.array([[0, 2**31]]), "from 0 to 2147483648, and 32 bits"),
        (np.array([[0, 2**32 + 1]], np.uint64), "Renumber them first"),
        (np.array([[-(2**31) - 1, 5]]), "Renumber them first"),
        (np.array([[0.0, 1.5]]), "whole numbers"),
        (np.zeros((2, 3, 4), int), r"shape \(2, 3, 4\)"),
        (np.zeros((0, 4), int), "one plane"),
        (np.ma.array([[1, 2]], mask=[[True, False]]), "one plane"),
    ],
    ids=["2**31", "uint64", "negative", "broken", "volume", "empty", "masked"],
)
@pytest.mark.parametrize("shape", [None, (8, 12)], ids=["same", "other"])
def test_labels_are_never_other_numbers_than_they_were(labels, says, shape):
    with pytest.raises(CourseError, match=says):
        labels_back(labels, shape or labels.shape)


@pytest.mark.parametrize(
    "image",
    [
        np.full((40, 50), np.nan),
        np.full((40, 50), 1e300),
        np.zeros((40, 50), complex),
        np.full((40, 50), "a"),
        np.zeros(40),
        np.ma.array(np.zeros((40, 50)), mask=np.eye(40, 50, dtype=bool)),
    ],
    ids=["missing", "huge", "complex", "text", "row", "masked"],
)
@pytest.mark.parametrize("wanted", [20, 40])
def test_what_has_no_pixels_to_resample_is_refused(image, wanted):
    with pytest.raises(CourseError, match="one plane of finite real numbers"):
        to_diameter(image, 20, wanted)


def test_a_large_offset_in_float64_changes_nothing():
    image = blobs(21)
    assert measure_diameter(image + 1e12).diameter == measure_diameter(image).diameter


@pytest.mark.parametrize("kind", [np.int32, np.uint32, np.int64, np.float64])
def test_a_large_offset_changes_no_size(kind):
    image = images.load("nuclei").image.astype(kind)
    wanted = object_size.measure_diameter(image).diameter
    assert object_size.measure_diameter(image + kind(10**9)).diameter == wanted
