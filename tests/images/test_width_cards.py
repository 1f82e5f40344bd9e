import numpy as np
import pytest

from gpu_course.errors import CourseError
from gpu_course.images.width_cards import drawn_widths, width_card


@pytest.mark.parametrize("background", ["soil", "paper", "paper and hairs"])
def test_a_perfect_answer_has_the_true_widths(background):
    card = width_card([1, 2.5, 9], background=background, seed=2)
    columns = np.arange(card.image.shape[1])
    perfect = np.zeros(card.image.shape, bool)
    for width, middle in zip(card.widths, card.middles, strict=True):
        perfect |= np.abs(columns - middle[:, None]) < width / 2
    assert drawn_widths(card, perfect) == pytest.approx([1, 2.5, 9], abs=0.1)
    assert drawn_widths(card, np.zeros_like(perfect)) == pytest.approx([0, 0, 0])


def test_hairs_brighten_what_is_beside_a_line():
    plain, hairy = (
        width_card([5], background=background, seed=1)
        for background in ("paper", "paper and hairs")
    )
    beside = np.round(plain.middles[0]).astype(int) + 5
    rows = np.arange(len(beside))
    assert np.median(hairy.image[rows, beside]) > np.median(plain.image[rows, beside]) + 8


def test_what_lies_elsewhere_does_not_count():
    card = width_card([3], background="paper")
    found = np.zeros(card.image.shape, bool)
    found[:, :20] = True
    assert drawn_widths(card, found) == pytest.approx([0])


@pytest.mark.parametrize("background", ["soil", "paper"])
def test_lines_are_brighter_than_their_ground(background):
    card = width_card([3, 7], background=background)
    middles = np.round(card.middles).astype(int)
    on = np.median([card.image[row, middles[:, row]] for row in range(len(card.image))])
    assert on > np.median(card.image) + 20


@pytest.mark.parametrize(("widths", "background"), [([0.1], "soil"), ([30], "soil"), ([3], "sand")])
def test_an_impossible_card_is_refused(widths, background):
    with pytest.raises(CourseError, match="soil, paper"):
        width_card(widths, background=background)


def test_an_answer_of_another_shape_is_refused():
    with pytest.raises(CourseError, match="shape"):
        drawn_widths(width_card([3], background="soil"), np.zeros((3, 3), bool))
