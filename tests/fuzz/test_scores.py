"""Scores: every pair of masks or label images, against sets of pixels and scipy's assignment."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from gpu_course import metrics
from tests.fuzz.things import REFUSED, answer, images, label_images

LOCAL = ("array",) * 6 + ("list",)


@given(images(containers=LOCAL, units=(1.0,)), images(containers=LOCAL, units=(1.0,)))
def test_any_two_images_are_scored_or_refused(one, other):
    for score in (metrics.dice, metrics.iou):
        answer(score, one.held, other.held)
        found = answer(score, one.held, one.held)
        assert found is REFUSED or found == 1


@given(label_images(containers=LOCAL), st.integers(0, 2**16))
def test_dice_and_iou_are_those_of_sets_of_pixels(labels, seed):
    if not labels.usable:
        assert answer(metrics.dice, labels.held, labels.held) is REFUSED or True
        return
    one = labels.values != 0
    other = one ^ (np.random.default_rng(seed).random(one.shape) < 0.2)
    both, either = np.count_nonzero(one & other), np.count_nonzero(one | other)
    total = np.count_nonzero(one) + np.count_nonzero(other)
    found = answer(metrics.iou, labels.held, other)
    if found is not REFUSED:
        np.testing.assert_allclose(found, both / either if either else 1)
        np.testing.assert_allclose(
            metrics.dice(labels.held, other), 2 * both / total if total else 1
        )


@given(
    label_images(ndims=(2,), containers=("array",)),
    label_images(ndims=(2,), containers=("array",)),
    st.sampled_from((0.1, 0.5, 0.75, 1.0)),
)
def test_matches_are_those_of_an_assignment(one, other, threshold):
    if not (one.usable and other.usable):
        return
    shape = tuple(map(min, one.values.shape, other.values.shape))
    cut = tuple(slice(0, n) for n in shape)
    truth, found = np.asarray(one.held)[cut], np.asarray(other.held)[cut]
    matched = answer(metrics.matching, truth, found, threshold, in_pieces=True)
    assert matched is not REFUSED
    true_numbers, found_numbers = (np.unique(a[a > 0]) for a in (truth, found))
    ious = np.array(
        [
            [np.sum((truth == t) & (found == f)) / np.sum((truth == t) | (found == f))
             for f in found_numbers]
            for t in true_numbers
        ]
    ).reshape(len(true_numbers), len(found_numbers))  # fmt: skip
    able = ious >= threshold - 1e-12
    rows, columns = linear_sum_assignment(-(able + 1e-3 * ious * able))
    count = int(able[rows, columns].sum())
    assert (matched.tp, matched.fp, matched.fn) == (
        count, len(found_numbers) - count, len(true_numbers) - count,
    )  # fmt: skip
