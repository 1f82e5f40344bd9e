import numpy as np
import pytest
from scipy import ndimage

from gpu_course.errors import CourseError
from gpu_course.images import _roots_traced as tracing
from gpu_course.images._roots_growth import Root
from gpu_course.images.varied_roots import WIDTHS, load_varied_roots, simulate_varied_roots


@pytest.fixture(scope="module")
def scenes():
    return [load_varied_roots("train", index, (256, 256)) for index in range(24)]


def test_shapes_and_types():
    image, mask, line = simulate_varied_roots((160, 200), seed=3)
    assert (image.shape, mask.shape, line.shape) == ((160, 200),) * 3
    assert (image.dtype, mask.dtype, line.dtype) == (np.uint8, bool, bool)


def test_same_seed_same_scene_other_split_other_scene(scenes):
    again = load_varied_roots("train", 5, (256, 256))
    np.testing.assert_array_equal(again.image, scenes[5].image)
    np.testing.assert_array_equal(again.mask, scenes[5].mask)
    assert not np.array_equal(load_varied_roots("validation", 5, (256, 256)).image, scenes[5].image)


def test_both_grounds_and_all_levels_of_grey_occur(scenes):
    assert {one.facts["ground"] for one in scenes} == {"soil", "paper"}
    medians = [np.median(one.image) for one in scenes]
    assert max(medians) > 2 * min(medians)


def test_widths_reach_from_thin_to_wide(scenes):
    widths = [
        np.percentile(2 * ndimage.distance_transform_edt(one.mask)[one.mask & one.centreline], 90)
        for one in scenes
        if (one.mask & one.centreline).any()
    ]
    assert min(widths) <= 4
    assert max(widths) > WIDTHS[1] - 2


def test_most_lines_lie_in_their_mask(scenes):
    inside = [one.mask[one.centreline].mean() for one in scenes if one.centreline.sum() > 100]
    assert len(inside) > 15
    assert np.median(inside) > 0.8


def test_masks_are_near_lines(scenes):
    for one in scenes:
        if one.mask.any():
            far = ndimage.distance_transform_edt(~one.centreline)[one.mask].max()
            # The widest root's radius, its greatest spread, and the reach of the mask.
            assert far <= WIDTHS[1] / 2 * 1.3 + tracing.REACH + 2


def test_masks_are_brighter_than_what_is_beside_them(scenes):
    brighter = []
    for one in scenes:
        beside = ndimage.binary_dilation(one.mask, iterations=6) & ~ndimage.binary_dilation(
            one.mask, iterations=2
        )
        if one.mask.sum() > 100:
            brighter.append(one.image[one.mask].mean() > np.median(one.image[beside]))
    assert np.mean(brighter) > 0.9


def straight(radius, order=1, column=20.0):
    y = np.arange(5, 60, 0.5)
    return Root(np.stack([y, np.full(len(y), column)], axis=1), np.full(len(y), radius), order)


def test_nobody_traces_what_cannot_be_seen():
    rng = np.random.default_rng(0)
    visible = np.zeros((64, 64), bool)
    assert tracing.trace(rng, [straight(2.0)], visible) == []
    visible[:, 18:23] = True
    assert len(tracing.trace(rng, [straight(2.0)], visible)) == 1


def test_some_of_the_finest_are_left_out_and_no_thick_one():
    rng, visible = np.random.default_rng(0), np.ones((64, 64), bool)
    assert len(tracing.trace(rng, [straight(2.0)] * 40, visible)) == 40
    assert 8 < len(tracing.trace(rng, [straight(0.35)] * 40, visible)) < 32


def test_traced_lines_lie_a_little_aside():
    root = straight(2.0)
    (traced,) = tracing.trace(np.random.default_rng(1), [root], np.ones((64, 64), bool))
    apart = np.abs(traced.path - root.path)
    assert 0 < apart.max() < 4 * tracing.ASIDE


def test_hidden_roots_are_not_drawn_and_covered_ones_are():
    clear, hidden = np.zeros((64, 64), bool), np.zeros((64, 64), bool)
    clear[:40, 18:23] = True
    hidden[:20] = True
    mask, line = tracing.drawn_mask([straight(2.0)], clear, hidden)
    assert not mask[:20].any()
    assert not line[:20].any()
    assert mask[20:40, 18:23].all()
    # Soil lies on the lower part: the line goes on, thinner.
    assert mask[45:55, 20].all()
    assert not mask[45:55, 18].any()


def test_without_a_root_there_is_no_mask():
    nothing = np.zeros((64, 64), bool)
    mask, line = tracing.drawn_mask([], ~nothing, nothing)
    assert not mask.any()
    assert not line.any()


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: simulate_varied_roots((100, 400)), "at least 128"),
        (lambda: simulate_varied_roots((400,)), "at least 128"),
        (lambda: simulate_varied_roots(seed=-1), "seed of 0 or more"),
        (lambda: load_varied_roots("whole", 0), "whole"),
        (lambda: load_varied_roots("train", -1), "-1"),
    ],
)
def test_bad_input_is_one_sentence(call, word):
    with pytest.raises(CourseError, match=word):
        call()
