import ast

import numpy as np
import pytest
from skimage.draw import polygon2mask
from skimage.measure import label

from gpu_course import exercises, images, metrics
from gpu_course.book import chapters
from gpu_course.images import Sample
from gpu_course.lessons.deep_learning.labelling import figures, hand, solutions

POLYGONS = "deep-learning/labelling/polygons"
FAULTS = "deep-learning/labelling/faults"


@pytest.fixture
def squares():
    """Twelve squares of 16 pixels, of which pairs touch."""
    labels = np.zeros((80, 100), np.int32)
    for row in range(3):
        for column in range(4):
            x = 6 + 22 * column + (6 if column % 2 == 0 else 0)
            labels[6 + 24 * row : 22 + 24 * row, x : x + 16] = 1 + 4 * row + column
    return labels


# --- polygons and faults ------------------------------------------------------------------------


def test_first_polygon_keeps_its_pixels():
    first = np.array([[1, 1], [1, 6], [6, 6], [6, 1]], float)
    labels = solutions.polygons_to_labels([first, first + 3], (12, 12))
    assert labels.dtype == np.int32
    assert (labels == 1).sum() == polygon2mask((12, 12), first).sum()
    assert labels[5, 5] == 1
    assert labels[8, 8] == 2


def test_the_earlier_of_two_polygons_keeps_its_pixels_in_naparis_labels_as_the_page_says():
    layers = pytest.importorskip("napari.layers")
    drawn = layers.Shapes()
    corners = np.array([[0, 0], [0, 10], [10, 10], [10, 0]])
    for polygon in (corners, corners + 5):  # as by hand, the later one on top
        drawn.add_polygons(polygon)
    assert drawn.z_index[0] < drawn.z_index[1]
    assert drawn.to_labels((20, 20))[7, 7] == 1
    cells = chapters.read("deep-learning/labelling").notebook.cells
    said = " ".join(" ".join(cell.source.split()) for cell in cells)
    assert "in the labels the earlier one keeps its pixels" in said


def test_strokes_of_the_chapter_lie_on_what_their_numbers_mean():
    page = chapters.read("deep-learning/labelling")
    (code,) = (cell.source for cell in page.code_cells if "ways = {" in cell.source)
    assigned = {}
    for statement in ast.parse(code).body:
        if isinstance(statement, ast.Assign):
            assigned[statement.targets[0].id] = ast.unparse(statement.value)
    nuclei = eval(assigned["nuclei"], {"images": images})
    ways = eval(assigned["ways"])
    assert not any(nuclei.labels[point] for point in ways[1])
    assert len({int(nuclei.labels[point]) for point in ways[2]} - {0}) == 1
    assert all(nuclei.labels[point] for point in ways[2])


def test_faults_of_sound_labels_are_none(squares):
    assert solutions.find_faults(squares) == {}


def test_slips_are_found(squares):
    squares[10:12, 16:18] = 0
    squares[30:46, 20] = 0
    squares[0, 0] = 99
    assert solutions.find_faults(squares) == {1: "hole", 5: "pieces", 99: "speck"}


# --- between slices -----------------------------------------------------------------------------


def test_slices_between_are_filled_evenly():
    rows, columns = np.indices((40, 40))
    truth = np.stack([(np.hypot(rows - 20, columns - 20) < 6 + z) * 5 for z in range(9)])
    painted = np.zeros_like(truth)
    painted[::4] = truth[::4]
    filled = solutions.fill_between(painted)
    np.testing.assert_array_equal(filled[::4], truth[::4])
    assert metrics.dice(truth, filled) > 0.98
    assert set(np.unique(filled)) == {0, 5}


def test_nothing_is_invented_beyond_the_last_painted_slice():
    painted = np.zeros((9, 10, 10), int)
    painted[2, 2:8, 2:8] = painted[4, 2:8, 2:8] = 1
    painted[6, :2, :2] = 2
    filled = solutions.fill_between(painted)
    assert [bool(plane.any()) for plane in filled] == [z in (2, 3, 4, 6) for z in range(9)]


# --- hands --------------------------------------------------------------------------------------


def test_a_calm_hand_draws_the_truth(squares):
    drawn = hand.Hand(tremble=0).draw(squares, seed=0)
    assert metrics.same_objects(drawn, squares)


def test_more_tremble_agrees_less(squares):
    ious = [
        metrics.matching(squares, hand.Hand(tremble=t).draw(squares, seed=1)).summed_iou
        for t in (0.5, 1.5, 3)
    ]
    assert ious[0] > ious[1] > ious[2] > 0


def test_tremble_is_to_both_sides(squares):
    areas = [(hand.Hand(tremble=2).draw(squares, seed=seed) > 0).sum() for seed in range(6)]
    assert np.mean(areas) == pytest.approx((squares > 0).sum(), rel=0.1)


def test_hands_miss_and_merge_as_they_are_told(squares):
    none = hand.Hand(tremble=0, missed=1.0).draw(squares, seed=0)
    assert not none.any()
    merged = hand.Hand(tremble=0, merged=1.0).draw(squares, seed=0)
    np.testing.assert_array_equal(merged > 0, squares > 0)
    assert len(np.unique(merged)) - 1 == label(squares > 0, connectivity=1).max() == 6


def test_a_hand_slips_in_the_same_places_for_the_same_seed(squares):
    one = hand.Hand(tremble=2, missed=0.3, merged=0.3)
    np.testing.assert_array_equal(one.draw(squares, seed=4), one.draw(squares, seed=4))
    assert (one.draw(squares, seed=4) != one.draw(squares, seed=5)).any()


# --- training -----------------------------------------------------------------------------------


@pytest.fixture
def bright(squares):
    labels = np.pad(squares, ((0, 48), (0, 28)))
    image = (40 + 150 * (labels > 0)).astype(np.uint8)
    noisy = image + np.random.default_rng(0).integers(0, 30, image.shape, dtype=np.uint8)
    return Sample("squares", "train", 0, noisy, "YX", labels=labels, mask=labels > 0)


def test_spoilt_labels_leave_no_clean_mask_behind(bright):
    spoilt = hand.relabelled(bright, np.zeros_like(bright.labels))
    assert spoilt.mask is None
    assert bright.mask is not None
    assert not spoilt.labels.any()


def test_a_network_learns_from_good_labels_and_nothing_from_wrong_ones(bright):
    import torch

    threads = torch.get_num_threads()
    dice, area = hand.dice_and_area(hand.small_unet([bright], steps=30), [bright])
    assert dice > 0.8
    assert area == pytest.approx(1, abs=0.3)
    swapped = hand.relabelled(bright, bright.labels == 0)
    dice, area = hand.dice_and_area(hand.small_unet([swapped], steps=30), [bright])
    assert dice < 0.3
    assert area > 1.5
    assert torch.get_num_threads() == threads


def test_chart_has_a_row_for_each_kind_and_a_dot_for_each_seed():
    scores = {"clean": [0.9, 0.92], "wrong": [0.5, 0.6]}
    figure = figures.dots_chart(scores, "Dice", alt="Wrong labels cost.")
    assert figure.alt == "Wrong labels cost."
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["clean", "wrong"]
    mean, *dots = axes.lines
    assert mean.get_xdata()[0] == pytest.approx(0.91)
    places = [(dot.get_xdata()[0], dot.get_ydata()[0]) for dot in dots]
    assert places == [(0.9, 0), (0.92, 0), (0.5, 1), (0.6, 1)]
    # Runs from one seed look alike in every row.
    assert [dot.get_marker() for dot in dots[:2]] == [dot.get_marker() for dot in dots[2:]]


# --- the exercises ------------------------------------------------------------------------------


def with_a_size_of_its_own(size, ask=np.less):
    def faults(labels, smallest):
        named = {}
        for number in np.unique(labels[labels > 0]).tolist():
            least = size or smallest
            if ask((labels == number).sum(), least):
                named[number] = "speck"
        rest = solutions.find_faults(labels, 1)
        return {n: fault for n, fault in rest.items() if n not in named} | named

    return faults


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (with_a_size_of_its_own(5), "one fewer than asked for"),
        (with_a_size_of_its_own(45), "only fewer are a speck"),
        (with_a_size_of_its_own(None, np.less_equal), "only fewer are a speck"),
        (with_a_size_of_its_own(20), "the second argument"),
    ],
)
def test_a_speck_is_smaller_than_the_size_that_was_given(wrong, says):
    result = exercises.check(FAULTS, wrong)
    assert not result.solved
    assert says in result.message


@pytest.mark.parametrize(("number", "says"), [(0, "0 is background"), (99, "no such object")])
def test_a_fault_of_what_is_no_object_is_wrong(number, says):
    def more(labels, smallest):
        return solutions.find_faults(labels, smallest) | {number: "hole"}

    result = exercises.check(FAULTS, more)
    assert result.state == "below the goal"
    assert says in result.message


def later_on_top(polygons, shape):
    labels = np.zeros(shape, int)
    for number, corners in enumerate(polygons, start=1):
        labels[polygon2mask(shape, corners)] = number
    return labels


def all_one(polygons, shape):
    return sum(polygon2mask(shape, corners) for corners in polygons).astype(bool).astype(int)


def added_up(polygons, shape):
    return sum(n * polygon2mask(shape, corners) for n, corners in enumerate(polygons, start=1))


def swapped(polygons, shape):
    return solutions.polygons_to_labels([corners[:, ::-1] for corners in polygons], shape)


def broken_numbers(polygons, shape):
    return solutions.polygons_to_labels(polygons, shape) / 2


def in_8_bits(polygons, shape):
    return solutions.polygons_to_labels(polygons, shape).astype(np.uint8)


@pytest.mark.parametrize("dtype", [float, np.float32, np.uint16, np.int64])
def test_whole_numbers_pass_in_every_type_that_holds_them(dtype):
    labels = solutions.polygons_to_labels
    assert exercises.check(POLYGONS, lambda *given: labels(*given).astype(dtype)).solved


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (later_on_top, "paints over"),
        (all_one, "its own number"),
        (added_up, "added up"),
        (swapped, "swapped"),
        (broken_numbers, "whole"),
        (in_8_bits, "8 bits"),
    ],
)
def test_polygons_check_names_the_mistake(wrong, says):
    result = exercises.check(POLYGONS, wrong)
    assert not result.solved
    assert says in result.message


def only_edges(labels, smallest):
    found = solutions.find_faults(labels, smallest)
    return found | {8: "pieces"}


def hole_around_objects(labels, smallest):
    return solutions.find_faults(labels, smallest) | {10: "hole"}


def no_size(labels, smallest):
    return solutions.find_faults(labels, 0)


def no_faults(labels, smallest):
    return {}


def a_list(labels, smallest):
    return []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (only_edges, "by a corner"),
        (hole_around_objects, "surrounds another object"),
        (no_size, "three pixels"),
        (no_faults, "two pieces"),
        (a_list, "dictionary"),
    ],
)
def test_faults_check_names_the_mistake(wrong, says):
    result = exercises.check(FAULTS, wrong)
    assert not result.solved
    assert says in result.message
