import numpy as np
import pytest

from gpu_course.errors import CourseError
from gpu_course.scaling import (
    NucleiSettings,
    blocks,
    growth_reach,
    seed_reach,
    segment_nuclei,
    sort_seeds,
    window_labels,
    window_seeds,
)
from gpu_course.scaling.segmentation import BINS, otsu_threshold, smooth

VOXEL = (0.5, 0.25, 0.25)


@pytest.fixture(scope="module")
def image():
    from gpu_course.images.phantoms import nuclei_phantom

    tissue = nuclei_phantom((20, 80, 100), seed=5, radius=1.2, density=0.4)
    return np.random.default_rng(0).poisson(tissue.object + 3).astype(np.float32)


def in_blocks(image, settings, size):
    smoothed = smooth(image, settings, VOXEL)
    low, high = float(smoothed.min()), float(smoothed.max())
    counts = np.histogram(smoothed, BINS, (low, high))[0]
    how = {
        "threshold": settings.threshold * otsu_threshold(counts, low, high),
        "settings": settings,
        "voxel_size": VOXEL,
    }
    seeds = sort_seeds([
        window_seeds(image[b.outer], b.own, b.corner, **how)
        for b in blocks(image.shape, size, seed_reach(settings, VOXEL))
    ])  # fmt: skip
    labels = np.zeros(image.shape, np.int32)
    for b in blocks(image.shape, size, growth_reach(settings, VOXEL)):
        labels[b.inner] = window_labels(image[b.outer], b.own, b.corner, seeds, **how)
    return labels


@pytest.mark.parametrize("size", [(20, 40, 50), (10, 27, 33), (20, 80, 16)])
def test_blocks_give_the_labels_of_one_piece(image, size):
    settings = NucleiSettings(smooth=0.3, distance=0.8, largest=6.0)
    whole = segment_nuclei(image, settings, voxel_size=VOXEL)
    assert whole.max() > 30
    assert np.array_equal(in_blocks(image, settings, size), whole)


def test_an_object_longer_than_promised_is_named():
    image = np.zeros((8, 16, 200), np.float32)
    image[2:6, 4:12, 20:180] = 100 + np.linspace(0, 1, 160)
    settings = NucleiSettings(smooth=0.3, distance=0.8, largest=5.0)
    with pytest.raises(CourseError, match="longer than largest=5 µm"):
        in_blocks(image, settings, (8, 16, 50))


def test_a_plateau_has_one_seed():
    image = np.zeros((8, 40, 40), np.float32)
    image[1:7, 10:30, 10:30] = 50
    labels = segment_nuclei(image, NucleiSettings(smooth=0.3), voxel_size=VOXEL)
    assert labels.max() == 1


def test_the_threshold_is_that_of_scikit_image(image):
    from skimage.filters import threshold_otsu

    low, high = float(image.min()), float(image.max())
    counts = np.histogram(image, BINS, (low, high))[0]
    assert otsu_threshold(counts, low, high) == pytest.approx(threshold_otsu(image, BINS))


def test_nothing_to_segment():
    with pytest.raises(CourseError, match="everywhere"):
        segment_nuclei(np.ones((4, 8, 8)), voxel_size=VOXEL)


@pytest.mark.parametrize(
    "bad",
    [
        {"smooth": 0},
        {"largest": float("nan")},
        {"threshold": -1},
        {"smooth": "0.5"},
        {"smooth": None},
        {"distance": True},
        {"distance": [1]},
        {"threshold": float("inf")},
        {"smooth": 600.0 * 1000},
        {"distance": 1500},
    ],
    ids=str,
)
def test_settings_that_are_no_lengths(bad):
    with pytest.raises(CourseError, match=next(iter(bad))):
        NucleiSettings(**bad)


def test_lengths_are_shares_of_the_nucleus(image):
    small, large = NucleiSettings.for_nuclei(2.4), NucleiSettings.for_nuclei(4.8, threshold=1.0)
    assert large.smooth == pytest.approx(2 * small.smooth)
    assert large.largest == pytest.approx(2 * small.largest)
    found = segment_nuclei(image, small, voxel_size=VOXEL)
    assert found.max() > 30
    twice = segment_nuclei(image, large, voxel_size=tuple(2 * v for v in VOXEL))
    assert np.array_equal(twice, found)


def test_what_is_given_stays_as_it_is():
    settings = NucleiSettings.for_nuclei(10, distance=2.0)
    assert (settings.smooth, settings.distance, settings.largest) == (1.6, 2.0, 19.0)


@pytest.mark.parametrize("bad", [0, -3, float("inf"), "6", None, 6000, 0.006])
def test_a_nucleus_without_a_diameter(bad):
    with pytest.raises(CourseError, match="nucleus"):
        NucleiSettings.for_nuclei(bad)


def test_a_blur_under_half_a_voxel_is_said(image):
    settings = NucleiSettings.for_nuclei(2.4)
    with pytest.warns(
        UserWarning, match=r"smooth=0\.384 µm is under half a voxel along z \(1 µm\)"
    ):
        segment_nuclei(image, settings, voxel_size=(1.0, 0.25, 0.25))


def spots():
    image = np.random.default_rng(0).random((8, 24, 32)).astype(np.float32)
    image[3:6, 5:12, 5:12] += 100
    image[3:6, 5:12, 18:25] += 100
    return image


EVEN = (0.5, 0.5, 0.5)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i8", "f2", "f8", ">f4", "u8"])
def test_the_type_of_the_numbers_changes_no_label(dtype):
    whole = np.rint(spots())
    wanted = segment_nuclei(whole, voxel_size=EVEN)
    assert wanted.max() == 2
    np.testing.assert_array_equal(segment_nuclei(whole.astype(dtype), voxel_size=EVEN), wanted)
    np.testing.assert_array_equal(segment_nuclei(whole[..., ::-1], voxel_size=EVEN) > 0,
                                  wanted[..., ::-1] > 0)  # fmt: skip


@pytest.mark.parametrize(
    "spoil",
    [
        lambda image: np.where(image > 99.5, np.nan, image),
        lambda image: np.where(image > 99.5, np.inf, image),
        lambda image: image[4],
        lambda image: image[None],
        lambda image: image[:0],
        lambda image: image * 1j,
        lambda image: image.astype(str),
        lambda image: image.astype(np.float64) * 1e300,
        lambda image: np.ma.masked_greater(image, 50),
        lambda image: None,
    ],
    ids=["NaN", "infinite", "plane", "4D", "empty", "complex", "text", "huge", "masked", "None"],
)
def test_what_is_no_volume_is_refused(spoil):
    with pytest.raises(CourseError, match="image"):
        segment_nuclei(spoil(spots()), voxel_size=EVEN)


@pytest.mark.parametrize(
    "edges",
    [None, "0.5", ("0,5",) * 3, (0.5, 0.5), (0, 1, 1), (-1, 1, 1), (float("nan"),) * 3,
     (500, 500, 500), (5e-4, 5e-4, 5e-4)],
    ids=str,
)  # fmt: skip
def test_voxels_without_edges_in_micrometres_are_refused(edges):
    with pytest.raises(CourseError, match="voxel_size"):
        segment_nuclei(spots(), voxel_size=edges)


@pytest.mark.parametrize("offset", [0, 1e6, 1e8])
def test_an_offset_moves_no_nucleus_and_needs_no_traceback(offset):
    image = np.rint(spots()) * 64
    wanted = segment_nuclei(image, voxel_size=EVEN) > 0
    found = segment_nuclei(image.astype(np.float64) + offset, voxel_size=EVEN) > 0
    assert (found == wanted).mean() > 0.99
    with pytest.raises(CourseError, match="everywhere"):
        segment_nuclei(np.full((4, 8, 8), offset + 1e29), voxel_size=EVEN)


def test_a_distance_beyond_the_image_finds_its_highest_peak():
    image = spots()
    far = NucleiSettings(distance=999)
    assert segment_nuclei(image, far, voxel_size=EVEN).max() == 1


def test_how_far_steps_look_needs_voxels():
    for reach in (seed_reach, growth_reach):
        with pytest.raises(CourseError, match="the voxel size"):
            reach(NucleiSettings(), (0, 1, 1))
