import numpy as np
import pytest

from gpu_course import exercises, images
from gpu_course.deep_learning.stardist import data, design
from gpu_course.images import Sample
from gpu_course.lessons.deep_learning.bees_stardist import figures, solutions, stars

STAR = "deep-learning/bees-stardist/star"
CHOICE = "deep-learning/bees-stardist/choice"


def disc(labels, number, row, column, radius):
    rows, columns = np.indices(labels.shape)
    labels[np.hypot(rows - row, columns - column) < radius] = number
    return labels


@pytest.fixture(scope="module")
def bees():
    return images.load("bees", "train", index=0, size="small")


def scene(labels):
    return Sample("bees", "test", 0, np.zeros(labels.shape, np.uint8), "YX", labels=labels)


# --- stars by hand ------------------------------------------------------------------------------


def test_distances_of_a_disc_are_its_radius():
    labels = disc(np.zeros((80, 90), np.int32), 4, 40, 50, 20)
    found = solutions.star_distances(labels, 40, 50, 24)
    np.testing.assert_allclose(found, 20, atol=1)


def test_first_ray_points_right_and_the_second_down():
    labels = np.zeros((60, 60), np.int32)
    labels[20:50, 15:55] = 1
    assert solutions.star_distances(labels, 25, 20, 4).tolist() == [35, 25, 6, 6]


def test_distances_agree_with_those_of_stardist(bees):
    rays = 16
    _, expected = data.targets(bees.labels, rays, 1)
    inside = np.argwhere(bees.labels > 0)[::997]
    assert len(inside) > 20
    for row, column in inside:
        found = solutions.star_distances(bees.labels, row, column, rays)
        # StarDist corrects its last step; the hand does not.
        assert np.abs(found - expected[row, column]).max() <= 2


def test_background_has_no_star():
    assert not solutions.star_distances(np.zeros((5, 5), np.int32), 2, 2, 8).any()


# --- choosing among candidates ------------------------------------------------------------------


def test_who_is_out_puts_nobody_out():
    chain = [[1, 0.6, 0], [0.6, 1, 0.6], [0, 0.6, 1]]
    assert solutions.best_first([0.9, 0.8, 0.7], chain, 0.5) == [0, 2]
    assert solutions.best_first([0.8, 0.9, 0.7], chain, 0.5) == [1]


def test_overlap_at_the_limit_is_allowed():
    assert solutions.best_first([0.1, 0.2], [[1, 0.5], [0.5, 1]], 0.5) == [1, 0]


def test_no_candidates_no_choice():
    assert solutions.best_first([], np.zeros((0, 0)), 0.5) == []


# --- the perfect answer -------------------------------------------------------------------------


def test_true_answers_bring_touching_discs_back_apart():
    labels = np.zeros((96, 128), np.int32)
    for number, column in enumerate((30, 60, 90), start=1):
        disc(labels, number, 48, column, 15)
    drawn = stars.perfect_stars(labels, design.Design(grid=4))
    assert drawn.max() == 3
    assert stars.is_found(labels, drawn, least=0.8).all()


def test_nothing_labelled_nothing_drawn():
    labels = np.zeros((64, 64), np.int32)
    assert not stars.perfect_stars(labels, design.Design(grid=4)).any()


def test_few_rays_draw_bees_worse(bees):
    found = [
        stars.is_found(
            bees.labels,
            stars.perfect_stars(bees.labels, design.Design(rays=rays, grid=4)),
            least=0.8,
        ).mean()
        for rays in (8, 32)
    ]
    assert found[0] < found[1]
    assert found[1] > 0.8


# --- who is missed ------------------------------------------------------------------------------


def mixed():
    labels = np.zeros((80, 100), np.int32)
    labels[10:20, 10:40] = 1  # free
    labels[30:40, 10:40] = 2
    labels[30:40, 20:28] = 3  # lies across 2
    labels[60:70, 0:30] = 4  # at the frame
    labels[60:66, 60:70] = 5  # little in view
    labels[10:20, 60:90] = 6
    return labels


def test_kinds_are_told_apart():
    labels = mixed()
    answer = labels.copy()
    answer[answer == 4] = 0
    answer = answer.astype(np.int64)
    table = stars.by_kind([scene(labels)], {"mine": [answer], "none": [answer * 0]})
    assert table["bees"].to_dict() == {
        "more than half in view": 2,
        "less than half in view": 2,
        "in several pieces": 1,
        "cut by the frame": 1,
    }
    assert table["mine"].tolist() == [1, 1, 1, 0]
    assert not table["none"].any()


def test_found_from_an_iou_of_a_half_on():
    truth, found = np.zeros((2, 20, 20), np.int32)
    truth[5:10, :10], found[5:10, :5] = 1, 1
    assert stars.is_found(truth, found).tolist() == [True]
    found[5, 4] = 0
    assert stars.is_found(truth, found).tolist() == [False]


def test_window_shows_what_was_missed():
    labels = np.zeros((200, 220), np.int32)
    disc(disc(labels, 1, 30, 30, 8), 2, 150, 180, 8)
    answer = np.where(labels == 1, 1, 0)
    number, window = figures.most_missed([scene(labels), scene(labels)], [labels, answer], side=64)
    assert number == 1
    assert (labels[window] == 2).any()
    assert labels[window].shape == (64, 64)


def test_crowded_is_the_one_with_most_neighbours():
    labels = np.zeros((40, 60), np.int32)
    labels[10:20, 10:20], labels[10:20, 20:30], labels[10:20, 30:40] = 3, 7, 5
    labels[0:10, 10:60] = 9  # touches all of them, but the frame cuts it
    assert figures.crowded(labels) == 7


def test_rays_are_drawn_from_three_pixels(bees):
    number = figures.crowded(bees.labels)
    figure = figures.rays_figure(bees.image, bees.labels, number, 8, alt="Stars.")
    assert figure.alt == "Stars."
    assert len(figure.axes[0].lines) == 3 * (8 + 2)


# --- the exercises ------------------------------------------------------------------------------


def test_stardists_own_distances_pass():
    def theirs(labels, row, column, rays):
        return data.targets(labels, rays, 1)[1][row, column]

    assert exercises.check(STAR, theirs).solved


def through_the_neighbour(labels, row, column, rays):
    return solutions.star_distances((labels > 0).astype(int), row, column, rays)


def swapped(labels, row, column, rays):
    return solutions.star_distances(labels.T, column, row, rays)


def upwards(labels, row, column, rays):
    return solutions.star_distances(labels[::-1], len(labels) - 1 - row, column, rays)


def last_exit(labels, row, column, rays):
    found = np.zeros(rays)
    for ray in range(rays):
        for step in range(200):
            y = round(row + step * np.sin(2 * np.pi * ray / rays))
            x = round(column + step * np.cos(2 * np.pi * ray / rays))
            inside = 0 <= y < labels.shape[0] and 0 <= x < labels.shape[1]
            if inside and labels[row, column] and labels[y, x] == labels[row, column]:
                found[ray] = step + 1
    return found


def of_the_background(labels, row, column, rays):
    return solutions.star_distances(labels + 1, row, column, rays)


def last_pixel_inside(labels, row, column, rays):
    return np.maximum(solutions.star_distances(labels, row, column, rays) - 1, 0)


def walked(step, whole):
    """Return an answer that walks in such steps and makes whole numbers of places by `whole`."""

    def walk(labels, row, column, rays):
        for ray in range(rays):
            sine, cosine = np.sin(2 * np.pi * ray / rays), np.cos(2 * np.pi * ray / rays)
            far, y, x = 0.0, row, column
            while 0 <= y < len(labels) and 0 <= x < len(labels[0]) and labels[y, x]:
                if labels[y, x] != labels[row, column]:
                    break
                far += step
                y, x = whole(row + far * sine), whole(column + far * cosine)
            yield far

    return walk


@pytest.mark.parametrize("step", [1, 0.5])
def test_stars_may_come_as_a_generator_and_of_shorter_steps(step):
    assert exercises.check(STAR, walked(step, round)).solved


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (last_pixel_inside, "one step short"),
        (walked(1, int), "round()"),
        (through_the_neighbour, "into the neighbour"),
        (swapped, "swapped"),
        (upwards, "turn the other way"),
        (last_exit, "first exit"),
        (of_the_background, "background"),
        (lambda labels, row, column, rays: np.zeros(rays - 1), "one number for each"),
    ],
)
def test_wrong_stars_get_the_right_hint(wrong, hint):
    result = exercises.check(STAR, wrong)
    assert not result.solved
    assert hint in result.message


def in_the_given_order(probability, overlap, limit):
    return solutions.best_first(-np.arange(len(probability)), overlap, limit)


def least_first(probability, overlap, limit):
    return solutions.best_first(-probability, overlap, limit)


def those_out_have_a_say(probability, overlap, limit):
    order = np.argsort(-probability)
    return [i for n, i in enumerate(order) if all(overlap[i, j] <= limit for j in order[:n])]


def no_overlap_at_all(probability, overlap, limit):
    return solutions.best_first(probability, overlap, 0.0)


def just_the_limit_is_too_much(probability, overlap, limit):
    return solutions.best_first(probability, overlap, np.nextafter(limit, 0))


@pytest.mark.parametrize("form", [tuple, set, iter, np.array])
def test_a_choice_may_come_in_any_form(form):
    assert exercises.check(CHOICE, lambda *given: form(solutions.best_first(*given))).solved


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (just_the_limit_is_too_much, "by just the limit"),
        (in_the_given_order, "from the most probable on"),
        (least_first, "from the most probable on"),
        (those_out_have_a_say, "In a row of three"),
        (no_overlap_at_all, "both stay"),
        (lambda probability, overlap, limit: probability, "whole numbers"),
    ],
)
def test_wrong_choices_get_the_right_hint(wrong, hint):
    result = exercises.check(CHOICE, wrong)
    assert not result.solved
    assert hint in result.message
