"""The exercises of the chapter on measurement: solutions, stubs and typical mistakes."""

import warnings

import numpy as np
import pytest

from gpu_course import exercises
from gpu_course.classical import measurement
from gpu_course.lessons.classical.measurement import solutions


def test_corrected_intensity_needs_room_for_a_ring():
    labels = np.ones((6, 6), int)
    assert np.isnan(solutions.corrected_intensity(np.ones((6, 6)), labels)[1])


def test_the_row_of_a_missing_object_is_what_the_page_says_of_it():
    from gpu_course import cle, devices

    devices.use_opencl()
    labels = np.zeros((16, 16), np.int32)
    labels[4:8, 4:8] = 3  # 1 and 2 are missing
    table = cle.labels_statistics(labels, labels)
    row = {name: np.asarray(column)[0] for name, column in table.items()}
    assert row["area"] == row["sum_x"] == 0
    assert np.isnan(row["centroid_x"])
    assert row["min_intensity"] == np.finfo(np.float32).max


def all_small_ones_too(labels, smallest):
    table = measurement.measure(labels, labels)
    return measurement.keep(labels, table.label[~measurement.on_border(table, labels.shape)])


def large_in_their_boxes(labels, smallest):
    table = measurement.measure(labels, labels)
    boxes = (table.bbox_max_y - table.bbox_min_y) * (table.bbox_max_x - table.bbox_min_x)
    good = (boxes >= smallest) & ~measurement.on_border(table, labels.shape)
    return measurement.keep(labels, table.label[good])


def border_too(labels, smallest):
    table = measurement.measure(labels, labels)
    return measurement.keep(labels, table.label[table.area >= smallest])


def strictly_larger(labels, smallest):
    return solutions.whole_objects(labels, smallest + 1)


def renumbered(labels, smallest):
    from skimage.segmentation import relabel_sequential

    return relabel_sequential(solutions.whole_objects(labels, smallest))[0]


def as_mask(labels, smallest):
    return solutions.whole_objects(labels, smallest) > 0


def by_counting(image, labels):
    """Go from 1 to the highest number, as if none were missing."""
    from skimage.segmentation import expand_labels

    rings = np.where(labels > 0, 0, expand_labels(labels, 5))
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # means of no pixels
        every = range(1, labels.max() + 1)
        return [image[labels == n].mean() - image[rings == n].mean() for n in every]


def no_background(image, labels):
    return measurement.measure(image, labels).set_index("label").mean_intensity


def one_background(image, labels):
    return no_background(image, labels) - np.median(image[labels == 0])


def expanded_without_ring(image, labels):
    from skimage.segmentation import expand_labels

    return no_background(image, labels) - no_background(image, expand_labels(labels, 5))


def not_a_table(image, labels):
    return solutions.corrected_intensity(image, labels).max()


def eroded(labels, smallest):
    kept = solutions.whole_objects(labels, smallest)
    return np.where(kept == np.roll(kept, 1, axis=0), kept, 0)


def sums(image, labels):
    area = np.unique(labels, return_counts=True)[1][1:]
    return np.asarray(solutions.corrected_intensity(image, labels)) * area


def turned_around(image, labels):
    return -solutions.corrected_intensity(image, labels)


@pytest.mark.parametrize(
    ("exercise", "answer", "words"),
    [
        ("whole-objects", all_small_ones_too, "smallest"),
        ("whole-objects", large_in_their_boxes, "fewer than `smallest`"),
        ("whole-objects", border_too, "border"),
        ("whole-objects", strictly_larger, "exactly"),
        ("whole-objects", renumbered, "number"),
        ("whole-objects", as_mask, "number"),
        ("whole-objects", eroded, "pixels are missing"),
        ("local-background", no_background, "The background is still in"),
        ("local-background", sums, "not sums"),
        ("local-background", turned_around, "negative"),
        ("local-background", one_background, "uneven"),
        ("local-background", expanded_without_ring, "ring"),
        ("local-background", by_counting, "missing"),
        ("local-background", not_a_table, "one value"),
    ],
)
def test_checks_name_typical_mistakes(exercise, answer, words):
    result = exercises.check(f"classical/measurement/{exercise}", answer)
    assert result.state in ("wrong", "below the goal")
    assert words in result.message
