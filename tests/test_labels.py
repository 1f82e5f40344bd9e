import numpy as np

from gpu_course.labels import touching_pairs


def test_pairs_touch_side_by_side_or_one_above_the_other():
    labels = np.zeros((9, 12), np.uint16)
    labels[0:3, 0:3], labels[0:3, 3:6] = 5, 2
    labels[4:6, 0:3], labels[6:8, 0:3] = 7, 9
    assert touching_pairs(labels) == [(2, 5), (7, 9)]


def test_no_object_is_in_two_pairs():
    row = np.repeat([[1, 2, 3, 4, 5]], 4, axis=0)
    assert touching_pairs(row) == [(1, 2), (3, 4)]


def test_neither_a_corner_nor_background_makes_a_pair():
    labels = np.zeros((6, 6), int)
    labels[:3, :3], labels[3:, 3:] = 1, 2
    assert touching_pairs(labels) == []
    assert touching_pairs(np.zeros((4, 4), int)) == []
