"""Simulated bees: exact labels, variety by seed, and the look of the real photograph."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from gpu_course.errors import CourseError
from gpu_course.images.bees import simulate_bees, smallest_area

SMALL = (384, 512)

# Grey levels of the photograph's comb (columns 514 to 3440 and rows 74 to 3000 of the 3000 x 4000
# picture) at 0.35 of its size. One photograph cannot tell how much frames differ, so every scene
# may depart from it by the bounds below. Thirty seeds had means of 133 to 185, standard deviations
# of 39 to 57, and percentiles 5, 50 and 95 of 52 to 84, 135 to 192 and 215 to 245.
REAL = {"mean": 156.0, "std": 51.5, "p5": 64.0, "p50": 167.0, "p95": 237.0}
BOUNDS = {"mean": 40.0, "std": 18.0, "p5": 30.0, "p50": 45.0, "p95": 35.0}


def statistics(image: np.ndarray) -> dict[str, float]:
    p5, p50, p95 = np.percentile(image, [5, 50, 95])
    return {"mean": image.mean(), "std": image.std(), "p5": p5, "p50": p50, "p95": p95}


def log_spectrum(image: np.ndarray) -> np.ndarray:
    """Power (log10) averaged over rings of frequency, from 1/64 to 1/2 cycles a pixel."""
    tapered = (image - image.mean()) * np.hanning(len(image))[:, None] * np.hanning(image.shape[1])
    power = np.abs(np.fft.fft2(tapered)) ** 2
    rows, columns = np.fft.fftfreq(image.shape[0]), np.fft.fftfreq(image.shape[1])
    radius = np.hypot(rows[:, None], columns)
    edges = np.geomspace(1 / 64, 1 / 2, 7)
    return np.log10([power[(radius >= a) & (radius < b)].mean() for a, b in pairwise(edges)])


def touching(labels: np.ndarray) -> float:
    """Share of the bees that have a pixel beside a pixel of another bee."""
    found: set[int] = set()
    for a, b in ((labels[1:], labels[:-1]), (labels[:, 1:], labels[:, :-1])):
        meet = (a != b) & (a > 0) & (b > 0)
        found |= set(a[meet].tolist()) | set(b[meet].tolist())
    return len(found) / labels.max()


@pytest.fixture(scope="module")
def scenes() -> list[tuple[np.ndarray, np.ndarray]]:
    return [simulate_bees(seed=seed) for seed in range(3)]


def test_shape_and_types():
    image, labels = simulate_bees(SMALL, seed=3)
    assert image.shape == labels.shape == SMALL
    assert image.dtype == np.uint8
    assert labels.dtype == np.int32


def test_same_seed_same_picture():
    first, second = simulate_bees(SMALL, seed=5), simulate_bees(SMALL, seed=5)
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


def test_seeds_differ_in_comb_and_in_bees():
    (image_a, labels_a), (image_b, labels_b) = (simulate_bees(SMALL, seed=s) for s in (1, 2))
    ground = (labels_a == 0) & (labels_b == 0)
    a, b = image_a[ground].astype(float), image_b[ground].astype(float)
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.7  # the combs are not one comb
    assert ((labels_a > 0) != (labels_b > 0)).mean() > 0.1  # nor are the herds


def test_labels_are_consecutive_and_each_is_large_enough(scenes):
    for _, labels in scenes:
        area = np.bincount(labels.ravel())[1:]
        assert len(area) > 30
        assert area.min() >= smallest_area()


def test_no_bee_exceeds_a_whole_body(scenes):
    for _, labels in scenes:
        for number, box in enumerate(ndimage.find_objects(labels), start=1):
            assert (labels[box] == number).sum() < 0.45 * 70**2
            assert max(labels[box].shape) < 1.4 * 70


def test_few_bees_are_in_pieces(scenes):
    # A bee that another one crosses may be seen in pieces, one that is not crossed may not.
    for _, labels in scenes:
        split = 0
        for number, box in enumerate(ndimage.find_objects(labels), start=1):
            alone = labels[box] == number
            _, pieces = ndimage.label(alone, np.ones((3, 3)))
            if pieces > 1:
                split += 1
                around = ndimage.binary_dilation(alone, iterations=2)
                assert set(np.unique(labels[box][around])) - {0, number}
        assert split <= 0.1 * labels.max()


def test_bees_touch_in_crowds(scenes):
    for _, labels in scenes:
        assert touching(labels) > 0.15
    crowded = simulate_bees((512, 512), seed=4, bees=30, clumping=1.0)[1]
    scattered = simulate_bees((512, 512), seed=4, bees=20, clumping=0.0)[1]
    assert touching(crowded) > 0.5
    assert touching(scattered) < 0.3


def test_bees_are_where_the_labels_say():
    image, labels = simulate_bees(SMALL, seed=7, bees=12, clumping=0.0, tags=0.0)
    assert labels.max() >= 6

    def contrast(mask: np.ndarray) -> float:
        """Grey of the comb just outside the bees, less that of the bees just inside."""
        rim = ndimage.binary_dilation(mask, iterations=5) & ~ndimage.binary_dilation(mask)
        edge = mask & ~ndimage.binary_erosion(mask, iterations=5, border_value=1)
        return float(image[rim].mean() - image[edge].mean())

    right = contrast(labels > 0)
    assert right > 40  # bees are dark on fresh comb
    for shift in ((4, 0), (-4, 0), (0, 4), (0, -4)):
        assert contrast(ndimage.shift(labels > 0, shift, order=0)) < right - 5


def test_tags_are_bright_spots_on_bees():
    shares = []
    for tags in (0.0, 1.0):
        image, labels = simulate_bees((512, 512), seed=9, bees=25, tags=tags)
        inside = ndimage.binary_erosion(labels > 0, iterations=4)
        shares.append((image[inside] > 160).mean())
    assert shares[0] < 0.01
    assert shares[1] > 0.02


def test_asked_number_of_bees():
    assert simulate_bees(SMALL, seed=1, bees=0)[1].max() == 0
    for seed in range(4):
        seen = simulate_bees((600, 600), seed=seed, bees=15, clumping=0.0)[1].max()
        assert 8 <= seen <= 15


def test_bee_length_scales_the_scene():
    areas = []
    for length in (40.0, 80.0):
        labels = simulate_bees((600, 600), seed=2, bees=20, clumping=0, bee_length=length)[1]
        areas.append(np.median(np.bincount(labels.ravel())[1:]))
    assert 3.0 < areas[1] / areas[0] < 5.0


@pytest.mark.parametrize("kwargs", [{"shape": (30, 30), "bee_length": 20}, {"shape": (105, 900)}])
def test_smallest_pictures(kwargs):
    for seed in range(4):
        image, _ = simulate_bees(seed=seed, **kwargs)
        assert image.std() > 3


def test_grey_levels_lie_near_the_photograph(scenes):
    for image, _ in scenes:
        found = statistics(image)
        for name, real in REAL.items():
            assert abs(found[name] - real) < BOUNDS[name], name


def test_like_the_real_photograph(mirror, scenes):
    from PIL import Image

    path = mirror / "bees" / "Cam_2_20150821161530_884267.jpeg"
    photograph = Image.open(path).convert("L").resize((1400, 1050), Image.Resampling.LANCZOS)
    real = np.asarray(photograph)[26:1050, 180:1204].astype(float)
    for name, value in statistics(real).items():
        assert abs(value - REAL[name]) < 2, name  # the constants above are the photograph's
    for image, _ in scenes:
        # Within a factor of three in power at every scale from noise to whole bees.
        assert np.abs(log_spectrum(image) - log_spectrum(real)).max() < 0.5


@pytest.mark.parametrize(
    ("kwargs", "word"),
    [
        ({"shape": (64, 64)}, "shape"),
        ({"shape": (512,)}, "shape"),
        ({"shape": (512, 512, 3)}, "shape"),
        ({"bees": -1}, "bees"),
        ({"seed": -1}, "seed"),
        ({"clumping": 1.5}, "clumping"),
        ({"tags": -0.1}, "tags"),
        ({"bee_length": 5}, "bee_length"),
        ({"bee_length": float("nan")}, "bee_length"),
    ],
)
def test_bad_input_is_one_clear_error(kwargs, word):
    with pytest.raises(CourseError, match=word):
        simulate_bees(**kwargs)
