"""The course's classifiers: seams of nuclei, borders of bees, specks beside roots."""

import numpy as np

from gpu_course.pixel_classification import course_classifiers

ROWS, COLUMNS = np.indices((96, 96))


def two_discs(gap):
    labels = np.zeros((96, 96), np.int32)
    for number, column in enumerate((48 - gap, 48 + gap), start=1):
        labels[np.hypot(ROWS - 48, COLUMNS - column) < 14] = number
    return labels


def test_seams_separate_nuclei_that_touch():
    from skimage.measure import label

    labels = two_discs(13)
    classes = course_classifiers.seams(labels)
    assert set(np.unique(classes)) == {1, 2, 3}
    assert label(labels > 0).max() == 1
    assert label(classes == 2).max() == 2


def test_strokes_on_nuclei_have_all_three_classes():
    painted = course_classifiers.paint_nuclei(two_discs(16))
    classes = course_classifiers.seams(two_discs(16))
    assert set(np.unique(painted)) == {0, 1, 2, 3}
    np.testing.assert_array_equal(painted[painted > 0], classes[painted > 0])


def test_borders_of_bees_that_touch_and_of_bees_alone():
    places = course_classifiers.borders(two_discs(13))
    assert places["bee against bee"][48, 47:50].any()
    assert not places["bee against bee"][:, :40].any()
    assert places["bee against comb"][48, 22]
    assert places["inside a bee"][48, 36]
    assert not (places["inside a bee"] & places["bee against comb"]).any()
    assert not course_classifiers.borders(two_discs(25))["bee against bee"].any()


def test_specks_go_and_roots_stay():
    mask = np.zeros((50, 50), bool)
    mask[10, 5:45] = True
    mask[30:32, 30:32] = True
    kept = course_classifiers.without_specks(mask, smallest=10)
    assert kept[10, 5:45].all()
    assert kept.sum() == 40
    assert not course_classifiers.without_specks(np.zeros((5, 5), bool), smallest=1).any()


def test_second_look_holds_both_in_one_range():
    image = np.full((3, 4), 200, np.uint8)
    look = course_classifiers.second_look(image, np.full((3, 4), 0.5, np.float32))
    assert look.shape == (3, 4, 2)
    assert look.dtype == np.float32
    assert look[0, 0].tolist() == [200, 127.5]
