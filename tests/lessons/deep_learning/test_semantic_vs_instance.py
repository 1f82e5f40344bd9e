import numpy as np
import pytest
from scipy import ndimage
from skimage.measure import label

from gpu_course import exercises, metrics
from gpu_course.lessons.deep_learning.semantic_vs_instance import figures, mistakes, solutions

COUNT = "deep-learning/semantic-vs-instance/count-merged"
DISTANCE = "deep-learning/semantic-vs-instance/distance"


@pytest.fixture
def grid():
    """Twelve squares, of which every second touches the one to its right."""
    labels = np.zeros((70, 90), np.int32)
    for row in range(3):
        for column in range(4):
            x = 4 + 20 * column + (4 if column % 2 == 0 else 0)
            labels[4 + 20 * row : 20 + 20 * row, x : x + 16] = 1 + 4 * row + column
    return labels


# --- merges and depth ---------------------------------------------------------------------------


def test_merged_objects_are_counted_not_pieces(grid):
    assert solutions.count_merged(grid) == 12
    assert solutions.count_merged(np.where(grid == 1, 0, grid)) == 11 - 1
    assert solutions.count_merged(np.zeros((5, 5), int)) == 0


def test_corners_do_not_merge():
    labels = np.zeros((6, 6), int)
    labels[:3, :3], labels[3:, 3:] = 1, 2
    assert solutions.count_merged(labels) == 0


def test_depth_is_one_in_every_object_and_small_at_a_neighbour(grid):
    depth = solutions.normalised_distance(grid)
    assert depth.dtype == np.float32
    assert (depth[grid == 0] == 0).all()
    for number in np.unique(grid[grid > 0]):
        assert depth[grid == number].max() == 1
    touching = (grid[:, 1:] != grid[:, :-1]) & (grid[:, 1:] > 0) & (grid[:, :-1] > 0)
    assert touching.any()
    assert depth[:, 1:][touching].max() < 0.2


def test_depth_of_an_image_filled_by_one_object_is_finite():
    assert (solutions.normalised_distance(np.ones((4, 5), int)) == 1).all()


# --- mistakes -----------------------------------------------------------------------------------


def test_mistakes_are_what_they_are_called(grid):
    wrong = mistakes.one_kind_each(grid, objects=4)
    counts = {name: len(np.unique(answer)) - 1 for name, answer in wrong.items()}
    assert counts == {
        "none": 12, "4 merged": 10, "4 split": 16, "4 missed": 8, "4 missed, 4 split": 12,
        "all shifted 2 px": 12,
    }  # fmt: skip
    for name in ("4 merged", "4 split"):
        np.testing.assert_array_equal(wrong[name] > 0, grid > 0)


def test_scores_see_what_the_chapter_says(grid):
    table = mistakes.score_table(grid, mistakes.one_kind_each(grid, objects=4))
    assert (table.loc["none"] == [1, 1, 1, 1, 0]).all()
    assert table.loc["4 merged", "Dice"] == table.loc["4 split", "Dice"] == 1
    assert table.loc["4 merged", "AP@0.9"] < 1
    assert table.loc["4 missed, 4 split", "count error"] == 0
    assert table.loc["all shifted 2 px", "AP@0.9"] == 0


# --- stars --------------------------------------------------------------------------------------


def test_rays_of_a_disc_are_as_long_as_its_radius():
    rows, columns = np.indices((41, 51))
    disc = (np.hypot(rows - 20, columns - 25) < 15).astype(np.int32) * 7
    middle, ends = figures.star(disc, 7, 16)
    assert middle == (20, 25)
    assert ends.shape == (16, 2)
    np.testing.assert_allclose(np.hypot(*(ends - middle).T), 15, atol=1.5)


def test_figures_have_a_panel_for_each_number_of_rays(grid):
    figure = figures.stars_figure(grid.astype(np.uint8), grid, 3, (4, 8), alt="A square.")
    assert figure.alt == "A square."
    assert [axes.get_title() for axes in figure.axes] == ["4 rays", "8 rays"]
    assert [len(axes.lines) for axes in figure.axes] == [5, 9]


# --- the exercises ------------------------------------------------------------------------------


def another_way(labels):
    pieces = label(labels > 0, connectivity=1)
    company = {}
    for number in np.unique(labels[labels > 0]):
        for piece in np.unique(pieces[labels == number]):
            company.setdefault(piece, set()).add(number)
    return len(set().union(*[who for who in company.values() if len(who) > 1]))


def test_another_right_count_is_accepted():
    assert exercises.check(COUNT, another_way).solved


def fall_of_the_count(labels):
    return len(np.unique(labels)) - 1 - label(labels > 0, connectivity=1).max()


def pairs_not_objects(labels):
    pieces = label(labels > 0, connectivity=1)
    inside = labels > 0
    pairs = np.unique(np.stack([pieces[inside], labels[inside]]), axis=1)
    shared = np.bincount(pairs[0]) > 1
    return int(shared[pairs[0]].sum())


def all_objects(labels):
    return len(np.unique(labels)) - 1


def corners_touch(labels):
    pieces = label(labels > 0)  # as scikit-image does it unless told otherwise
    inside = labels > 0
    pairs = np.unique(np.stack([pieces[inside], labels[inside]]), axis=1)
    shared = np.bincount(pairs[0]) > 1
    return len(np.unique(pairs[1][shared[pairs[0]]]))


def the_labels(labels):
    return labels


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (fall_of_the_count, "lower it by two"),
        (pairs_not_objects, "counted twice"),
        (all_objects, "do not touch"),
        (corners_touch, "connectivity=1"),
        (the_labels, "one number"),
    ],
)
def test_count_check_names_the_mistake(wrong, says):
    result = exercises.check(COUNT, wrong)
    assert not result.solved
    assert says in result.message


def over_the_mask(labels):
    depth = ndimage.distance_transform_edt(labels > 0)
    for number in np.unique(labels[labels > 0]):
        depth[labels == number] /= depth[labels == number].max()
    return depth


def not_divided(labels):
    return sum(ndimage.distance_transform_edt(labels == n) for n in np.unique(labels[labels > 0]))


def divided_by_all(labels):
    return not_divided(labels) / not_divided(labels).max()


def background_too(labels):
    return solutions.normalised_distance(labels + 1)


def half_of_the_rows(labels):
    return labels[::2]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (over_the_mask, "distance to the background"),
        (not_divided, "Values above 1"),
        (divided_by_all, "own largest distance"),
        (background_too, "background is not 0"),
        (half_of_the_rows, "one number for every pixel"),
    ],
)
def test_distance_check_names_the_mistake(wrong, says):
    result = exercises.check(DISTANCE, wrong)
    assert not result.solved
    assert says in result.message


def test_the_larger_of_two_merged_objects_counts_as_found_at_half():
    labels = np.zeros((10, 30), int)
    labels[2:8, 2:12], labels[2:8, 12:27] = 1, 2
    assert metrics.average_precision(labels, labels > 0, [0.5])[0] == 0.5
