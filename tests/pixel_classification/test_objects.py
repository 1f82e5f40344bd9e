"""From probabilities to objects: counted, separated, cleaned, in 2D and 3D."""

import numpy as np
import pytest

from gpu_course.errors import CourseError
from gpu_course.metrics import average_precision
from gpu_course.pixel_classification import to_objects


def balls(centres, radius, shape):
    """Return the labels of balls, and their probability, soft at the edge."""
    grid = np.stack(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"))
    distance = np.stack(
        [
            np.sqrt(((grid - np.reshape(c, (-1, *[1] * len(shape)))) ** 2).sum(axis=0))
            for c in centres
        ]
    )
    nearest = distance.argmin(axis=0) + 1
    probability = 1 / (1 + np.exp(2 * (distance.min(axis=0) - radius)))
    labels = np.where(distance.min(axis=0) < radius, nearest, 0)
    return labels.astype(np.int32), probability.astype(np.float32)


CASES = {
    "apart": ([(20, 20), (20, 50), (50, 35)], 8, (70, 70)),
    "touching": ([(30, 18), (31, 35), (47, 44)], 9, (70, 60)),
    "cut by the border": ([(0, 20), (30, 59)], 9, (60, 60)),
    "3D, touching": ([(12, 12, 10), (12, 12, 21), (20, 20, 24)], 6, (28, 34, 34)),
}


@pytest.mark.parametrize("case", CASES)
def test_objects_are_found_and_separated(case):
    truth, probability = balls(*CASES[case])
    labels = to_objects(probability, spacing=4)
    assert labels.dtype == np.int32
    assert labels.shape == truth.shape
    assert set(np.unique(labels)) == set(range(len(CASES[case][0]) + 1))
    assert average_precision(truth, labels, [0.7])[0] == 1


def test_a_mask_will_do():
    truth, _ = balls(*CASES["touching"])
    assert to_objects(truth > 0, spacing=4).max() == 3


def test_a_long_object_stays_one():
    # Equally deep all along, and it narrows: still one object.
    mask = np.zeros((40, 90))
    for column in range(5, 85):
        mask[12 : 28 - column // 12, column] = 1
    assert to_objects(mask, spacing=4).max() == 1


def test_what_is_small_is_left_out_and_the_rest_renumbered():
    truth, probability = balls([(10, 10), (40, 40)], 8, (60, 60))
    probability[2:4, 50:53] = 1
    assert to_objects(probability, smoothing=0, smallest=0).max() == 3
    labels = to_objects(probability, smoothing=0, smallest=20)
    assert set(np.unique(labels)) == {0, 1, 2}
    assert ((labels > 0) == (truth > 0)).mean() > 0.99


def test_spacing_merges_and_the_threshold_shrinks():
    _, probability = balls(*CASES["touching"])
    assert to_objects(probability, spacing=40).max() == 1
    low, high = (np.count_nonzero(to_objects(probability, threshold=t)) for t in (0.2, 0.8))
    assert low > high


def test_smoothing_closes_pinholes_and_drops_specks():
    rng = np.random.default_rng(0)
    truth, probability = balls([(25, 25)], 15, (50, 50))
    noisy = np.where(rng.random(truth.shape) < 0.1, 1 - probability, probability)
    labels = to_objects(noisy, smoothing=2, spacing=10, smallest=50)
    assert labels.max() == 1
    assert average_precision(truth, labels, [0.8])[0] == 1


def test_nothing_and_everything():
    assert not to_objects(np.zeros((20, 20))).any()
    assert (to_objects(np.ones((20, 20)), spacing=30) == 1).all()


@pytest.mark.parametrize("shape", [(40, 40), (10, 20, 30)])
def test_an_image_full_of_object_is_one_object(shape):
    assert np.array_equal(to_objects(np.ones(shape)), np.ones(shape))


def test_a_mask_of_0_and_255_is_refused():
    with pytest.raises(CourseError, match="from 0 to 255"):
        to_objects(255 * (np.indices((20, 20)).sum(0) > 20))


def test_other_libraries_are_taken():
    torch = pytest.importorskip("torch")
    _, probability = balls(*CASES["touching"])
    result = to_objects(torch.asarray(probability), spacing=4)
    np.testing.assert_array_equal(result, to_objects(probability, spacing=4))


@pytest.mark.parametrize(
    ("probability", "options", "words"),
    [
        (np.ones(5), {}, "axes"),
        (np.ones((2, 3, 4, 5)), {}, "axes"),
        (np.full((5, 5), np.nan), {}, "missing"),
        (np.ones((5, 5)), {"spacing": 0}, "spacing"),
        (np.ones((5, 5)), {"smoothing": -1}, "smoothing"),
        (np.ones((5, 5)), {"smallest": -1}, "smallest"),
        (np.ones((5, 5)), {"threshold": 2}, "threshold"),
        (np.ones((5, 5)), {"threshold": 1}, "threshold"),
        (np.ones((5, 5)), {"threshold": np.nan}, "threshold"),
        (np.ones((5, 5)), {"smoothing": np.nan}, "smoothing"),
        (np.ones((5, 5)), {"spacing": "5"}, "spacing is the text"),
        (np.full((5, 5), 0.9 + 0.1j), {}, "complex"),
        (np.full((5, 5), "1"), {}, "no real numbers"),
        (np.ma.masked_array(np.ones((5, 5)), np.eye(5)), {}, "masked array"),
    ],
)
def test_what_makes_no_sense_is_refused(probability, options, words):
    with pytest.raises(CourseError, match=words):
        to_objects(probability, **options)
