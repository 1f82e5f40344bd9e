"""The recipes on the course's images, on known answers, and on input that cannot be segmented."""

import numpy as np
import pytest

from gpu_course import devices, images, metrics
from gpu_course.classical import segmentation
from gpu_course.errors import CourseError

RECIPES = [segmentation.segment_nuclei, segmentation.segment_bees, segmentation.segment_roots]


@pytest.fixture(scope="module", autouse=True)
def opencl():
    devices.use_opencl()


def discs(*, radius=8, brightness=(60, 250), shape=(96, 128)):
    """Return an image of two touching discs and one alone, and their labels."""
    rows, columns = np.indices(shape)
    image, labels = np.full(shape, 10.0, np.float32), np.zeros(shape, np.int32)
    for number, (y, x, height) in enumerate(
        [(30, 30, brightness[0]), (30, 30 + 2 * radius - 2, brightness[0]), (70, 90, brightness[1])]
    ):
        distance = np.hypot(rows - y, columns - x)
        image[distance < radius] = height
        labels[distance < radius] = number + 1
    noise = np.random.default_rng(0).normal(0, 2, shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8), labels


def test_discs_with_a_known_answer():
    image, truth = discs()
    found = segmentation.segment_nuclei(image, seed_sigma=3)
    assert metrics.count_error(truth, found) == 0
    assert metrics.average_precision(truth, found, [0.7])[0] == 1


@pytest.mark.parametrize(("split", "goal"), [("train", 0.85), ("test", 0.70)])
def test_nuclei_reach_their_goal(split, goal):
    sample = images.load("nuclei", split=split)
    found = segmentation.segment_nuclei(sample.image)
    assert found.dtype == np.int32
    assert metrics.average_precision(sample.labels, found)[0] >= goal


def test_every_step_of_the_nuclei_recipe_helps():
    from gpu_course import cle

    sample = images.load("nuclei", split="train")

    def ap(labels, threshold=0.5):
        return metrics.average_precision(
            sample.labels, np.asarray(labels).astype(np.int32), [threshold]
        )[0]

    plain = cle.voronoi_otsu_labeling(cle.push(sample.image), spot_sigma=4, outline_sigma=1)
    foreground = segmentation.nuclei_foreground(sample.image)
    connected = cle.connected_component_labeling(foreground)
    separated = segmentation.separate_nuclei(sample.image, foreground)
    trimmed = segmentation.trim_halos(sample.image, separated)
    assert ap(connected) < ap(plain) < ap(separated) < ap(trimmed)
    assert ap(trimmed) < ap(segmentation.segment_nuclei(sample.image))


def test_the_threshold_on_the_logarithm_keeps_dim_nuclei():
    image, truth = discs(brightness=(40, 255))
    assert metrics.dice(truth, np.asarray(segmentation.nuclei_foreground(image))) > 0.9


def test_trim_halos_gives_every_nucleus_its_own_edge():
    image, truth = discs(brightness=(60, 250))
    wide = segmentation.separate_nuclei(image, segmentation.nuclei_foreground(image, sigma=3))
    trimmed = np.asarray(segmentation.trim_halos(image, wide))
    assert metrics.dice(truth, trimmed) > metrics.dice(truth, np.asarray(wide))
    assert set(np.unique(trimmed)) <= set(np.unique(np.asarray(wide)))


def test_bees_are_found_better_than_nothing_and_worse_than_needed():
    samples = [images.load("bees", split="train", index=i, size="small") for i in range(2)]
    found = [segmentation.segment_bees(sample.image) for sample in samples]
    score = metrics.average_precision([s.labels for s in samples], found, [0.5])[0]
    assert 0.15 < score < 0.8


def test_flatten_comb_undoes_uneven_light():
    rng = np.random.default_rng(0)
    comb = rng.uniform(90, 110, (128, 128))
    comb[40:60, 20:30] = comb[40:60, 100:110] = 40
    light = np.linspace(0.4, 2.2, 128)
    flat = np.asarray(segmentation.flatten_comb(comb * light))
    left, right = flat[40:60, 20:30].mean(), flat[40:60, 100:110].mean()
    assert left == pytest.approx(right, abs=0.2)
    assert min(left, right) > 0.5


def test_roots_are_found_beside_what_only_looks_like_them():
    sample = images.load("roots", split="train", size="small")
    found = segmentation.segment_roots(sample.image)
    assert found.dtype == bool
    assert metrics.dice(sample.mask, found) > 0.3


def test_a_line_is_a_ridge_and_a_step_or_a_dot_is_no_root():
    image = np.full((80, 120), 20.0)
    image[:, 40:43] = 120
    image[:, 90:] = 120
    image[20:23, 70:73] = 200
    found = segmentation.segment_roots(image)
    assert found[5:-5, 40:43].all()
    assert not found[:, :36].any()
    assert not found[15:28, 65:78].any()
    assert found[:, 94:].sum() == 0


UNITS = {
    "sixteen bits": lambda image: image.astype(np.uint16) * 257,
    "0 to 1": lambda image: image / 255,
    "0 to 1 in single precision": lambda image: (image / 255).astype(np.float32),
    "ten bits kept in 16": lambda image: (image * (1023 / 255)).round().astype(np.uint16),
    "twelve bits kept in 16": lambda image: (image * (4095 / 255)).round().astype(np.uint16),
    "fourteen bits as signed": lambda image: (image * (16383 / 255)).round().astype(np.int16),
    "sixteen bits kept in 32": lambda image: image.astype(np.int32) * 257,
    "sixteen bits as floats": lambda image: image.astype(np.float32) * 257,
    "8 bits kept in 16": lambda image: image.astype(np.uint16),
    "8 bits kept as floats": lambda image: image.astype(float),
}


@pytest.mark.parametrize("unit", UNITS.values(), ids=list(UNITS))
def test_roots_are_the_same_in_every_unit_of_grey_values(unit):
    rows, columns = np.mgrid[:96, :96]
    away = rows - 48 - 10 * np.sin(columns / 15)
    noise = np.random.default_rng(0).normal(0, 6, rows.shape)
    image = (20 + 120 * np.exp(-(away**2) / 8) + noise).clip(0, 255).astype(np.uint8)
    wanted = segmentation.segment_roots(image)
    assert 200 < wanted.sum() < 1000
    found = segmentation.segment_roots(unit(image))
    assert (found != wanted).sum() <= 2  # float32 rounds each unit in its own way


def test_the_thresholds_of_roots_may_be_chosen_in_any_unit():
    image = np.full((60, 90), 20, np.uint8)
    image[:, 40:43] = 120
    for given in (image, image.astype(np.uint16) * 257, image / 255):
        assert segmentation.segment_roots(given, low=5, high=10, smallest=20).any()
        assert not segmentation.segment_roots(given, low=100, high=120, smallest=20).any()


@pytest.mark.parametrize("unit", UNITS.values(), ids=list(UNITS))
def test_all_steps_answer_the_same_in_every_unit(unit):
    """Also those that take a logarithm, of which a fixed 1 would be much for an image of 0…1."""
    image, _ = discs(brightness=(90, 250))
    image.flat[0] = 255
    step = segmentation.nuclei_foreground
    steps = {
        "foreground": lambda image: step(image),
        "nuclei": lambda image: segmentation.separate_nuclei(image, step(image), sigma=3),
        "comb": lambda image: 100 * np.asarray(segmentation.flatten_comb(image, radius=9)),
        "bees": lambda image: segmentation.segment_bees(image.max() - image, smallest=30),
    }
    for name, one in steps.items():
        wanted, found = (np.asarray(one(some), float) for some in (image, unit(image)))
        assert np.ptp(wanted) >= 1, name
        assert (np.abs(found - wanted) > 0.5).mean() < 2e-3, name


IMPOSSIBLE = [
    (segmentation.segment_nuclei, {"outline_sigma": -1.0}),
    (segmentation.segment_nuclei, {"seed_sigma": float("nan")}),
    (segmentation.segment_nuclei, {"level": float("nan")}),
    (segmentation.segment_nuclei, {"level": 1.5}),
    (segmentation.segment_nuclei, {"smallest": -1}),
    (segmentation.segment_bees, {"spot_sigma": "16"}),
    (segmentation.segment_bees, {"background_radius": 2.5}),
    (segmentation.segment_bees, {"smallest": None}),
    (segmentation.segment_roots, {"sigma": float("inf")}),
    (segmentation.segment_roots, {"low": float("nan")}),
    (segmentation.segment_roots, {"low": 9, "high": 8}),
]


@pytest.mark.parametrize(("recipe", "numbers"), IMPOSSIBLE)
def test_impossible_numbers_are_refused(recipe, numbers):
    with pytest.raises(CourseError, match=r"(level|sigma|radius|smallest|low|high) is .*Give a"):
        recipe(discs()[0], **numbers)


@pytest.mark.parametrize("recipe", RECIPES)
def test_what_is_hidden_is_not_segmented_as_if_it_were_there(recipe):
    image, _ = discs()
    with pytest.raises(CourseError, match="masked array"):
        recipe(np.ma.masked_greater(image, 200))
    np.testing.assert_array_equal(recipe(np.ma.masked_array(image)), recipe(image))


def test_grey_values_of_no_camera_are_refused():
    with pytest.raises(CourseError, match="The brightest pixel is 2"):
        segmentation.segment_roots(discs()[0] * 1e6)


def test_a_volume_on_the_device_is_no_plane():
    from gpu_course import cle

    with pytest.raises(CourseError, match="rows and columns"):
        segmentation.segment_roots(cle.push(np.zeros((4, 20, 20), np.float32)))


def test_ridges_of_a_line_are_as_high_at_any_sigma_that_fits():
    rows = np.arange(101.0) - 50
    for width in (2.0, 4.0):  # a Gaussian line and its best sigma
        image = np.tile(100 * np.exp(-(rows**2) / 2 / width**2), (60, 1))
        crest = np.asarray(segmentation.ridges(image, sigma=width))[30, 50]
        # Two Gaussians of the same width: height / sqrt(2), bend 1 / (2 width²).
        assert crest == pytest.approx(100 / np.sqrt(2) / 2, rel=0.05)


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("value", [0, 9])
def test_a_constant_image_holds_nothing(recipe, value):
    found = recipe(np.full((40, 50), value, np.uint8))
    assert found.shape == (40, 50)
    assert not found.any()


@pytest.mark.parametrize("recipe", RECIPES)
def test_input_that_is_no_grey_picture_is_refused(recipe):
    with pytest.raises(CourseError, match="shape"):
        recipe(np.zeros((5, 6, 3)))
    with pytest.raises(CourseError, match="shape"):
        recipe(np.zeros((0, 6)))
    with pytest.raises(CourseError, match="negative"):
        recipe(np.full((5, 6), -1.0))
    with pytest.raises(CourseError, match="negative"):
        recipe(np.full((5, 6), np.nan))


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_input_is_left_as_it_was(recipe):
    image, _ = discs()
    before = image.copy()
    first = recipe(image)
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(first, recipe(image))
