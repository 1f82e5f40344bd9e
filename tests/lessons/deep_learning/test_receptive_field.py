import numpy as np
import pytest
import torch
from torch import nn

from gpu_course import exercises
from gpu_course.deep_learning import receptive_field
from gpu_course.deep_learning.unet import UNet
from gpu_course.errors import CourseError
from gpu_course.lessons.deep_learning.receptive_field import bars, figures, solutions

FIELD = "deep-learning/receptive-field/field-of-chain"
DEPTH = "deep-learning/receptive-field/smallest-depth"

# --- bars ---------------------------------------------------------------------------------------


def test_bars_differ_in_their_heads_alone():
    images, truth, distance = bars.draw(40, seed=3)
    body = torch.from_numpy(distance > 0)
    on = distance >= 0
    assert on.sum() == 40 * bars.LENGTH * bars.THICK
    assert distance.max() == bars.LENGTH - bars.HEAD
    headed = truth.amax((1, 2, 3)) > 0
    assert 8 < headed.sum() < 32
    # Every pixel of a bar has the class of its bar, and nothing else has any.
    np.testing.assert_array_equal(truth.numpy() > 0, on & headed.numpy()[:, None, None, None])
    bodies = [images[which][body[which]].mean() for which in (headed, ~headed)]
    heads = [
        images[which][torch.from_numpy(distance == 0)[which]].mean() for which in (headed, ~headed)
    ]
    assert abs(bodies[0] - bodies[1]) < 0.01
    assert heads[0] - heads[1] == pytest.approx(0.5, abs=0.02)


def test_bars_are_the_same_for_a_seed_and_differ_between_seeds():
    one, again, other = (bars.draw(3, seed=seed)[0] for seed in (5, 5, 6))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


class SeesSoFar(nn.Module):
    """Says a pixel's bar has a head if a bright pixel lies at most `radius` to its left."""

    def __init__(self, radius):
        super().__init__()
        self.radius = radius

    def forward(self, images):
        bright = nn.functional.pad((images > 1.0).float(), (self.radius, 0, 0, 0))
        return nn.functional.max_pool2d(bright, (1, self.radius + 1), stride=1) - 0.5


@pytest.mark.parametrize("radius", [6, 25, 80])
def test_who_sees_so_far_is_right_so_far_and_guesses_beyond(radius):
    right = bars.right_at(SeesSoFar(radius), pictures=400)
    assert right[: radius + 1].min() > 0.97
    if radius + 1 < len(right):
        # "No head" is right for every bar without one: half of them.
        assert right[radius + 1 :] == pytest.approx(0.5, abs=0.07)
    assert bars.over_whole_bars(right) == pytest.approx(bars.share_allowed(radius), abs=0.04)


def test_arithmetic_at_both_ends():
    assert bars.share_allowed(bars.LENGTH) == 1
    # Half a bar further, a quarter of the pixels more: half of them were right by chance.
    assert bars.share_allowed(30) - bars.share_allowed(0) == pytest.approx(0.25)


def test_training_learns_as_far_as_the_network_sees():
    torch.manual_seed(0)
    model = bars.fit(UNet(1, 1, depth=1, width=8), steps=60)
    assert not model.training
    radius = receptive_field.theoretical(model, (1, 1, 16, 16)).radius
    right = bars.right_at(model, pictures=60)
    assert right[:4].mean() > 0.85
    assert right[radius + 2 :].mean() == pytest.approx(0.5, abs=0.1)


# --- solutions and checks -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "layers", [[(3, 1, 1)] * 4, [(3, 1, 2), (5, 1, 3)], [(7, 1, 1), (3, 1, 5)]]
)
def test_chain_agrees_with_layers_and_gradients(layers):
    torch.manual_seed(1)
    convolutions = [
        nn.Conv2d(1, 1, kernel, padding=(kernel - 1) * dilation // 2, dilation=dilation)
        for kernel, _, dilation in layers
    ]
    model = nn.Sequential(*convolutions)
    seen = receptive_field.effective(model, (1, 1, 48, 48), repeats=2)
    columns = np.flatnonzero(seen.any(axis=0))
    assert solutions.field_of_chain(layers) == columns.max() - columns.min() + 1


def test_chain_with_strides_agrees_with_the_module():
    layers = [(3, 1, 1), (2, 2, 1), (3, 1, 2), (3, 2, 1), (3, 1, 1)]
    known = receptive_field.field_of(
        [receptive_field.Layer("window", k, s, 0, d) for k, s, d in layers]
    )
    assert solutions.field_of_chain(layers) == known.size


def test_smallest_depth_is_the_smallest():
    # Depth 1 reaches 9 pixels to a side, so it sees an object of 10 from its end, and none of 11.
    assert [solutions.smallest_depth(length) for length in (1, 10, 11, 70)] == [1, 1, 2, 4]
    with pytest.raises(CourseError, match="Shrink the image"):
        solutions.smallest_depth(10_000)


def step_too_early(layers):
    size, step = 1, 1
    for kernel, stride, dilation in layers:
        step *= stride
        size += (kernel - 1) * dilation * step
    return size


def no_dilation(layers):
    return solutions.field_of_chain([(kernel, stride, 1) for kernel, stride, _ in layers])


def no_stride(layers):
    return solutions.field_of_chain([(kernel, 1, dilation) for kernel, _, dilation in layers])


def any_stride_doubles(layers):
    return solutions.field_of_chain([(kernel, min(stride, 2), d) for kernel, stride, d in layers])


def whole_kernels(layers):
    return sum(kernel for kernel, _, _ in layers)


def not_whole(layers):
    return 7.0


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (step_too_early, "own stride"),
        (no_dilation, "left out the dilation"),
        (no_stride, "left out the stride"),
        (any_stride_doubles, "Draw the pixels"),
        (whole_kernels, "two pixels"),
        (not_whole, "as an int"),
    ],
)
def test_check_of_the_chain_names_the_mistake(wrong, says):
    result = exercises.check(FIELD, wrong)
    assert not result.solved
    assert says in result.message


def by_whole_field(length):
    depth = 1
    while chapter_field(depth).size < length:
        depth += 1
    return depth


def chapter_field(depth):
    side = 2 ** (depth + 1)
    return receptive_field.theoretical(UNet(1, 1, depth=depth, width=1), (1, 1, side, side))


def one_deeper(length):
    return solutions.smallest_depth(length) + 1


def for_one_pixel_more(length):
    return solutions.smallest_depth(length + 1)


def as_float(length):
    return float(solutions.smallest_depth(length))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (by_whole_field, "Not deep enough"),
        (one_deeper, "Deeper than needed"),
        (for_one_pixel_more, "Deeper than needed"),
        (as_float, "as an int"),
    ],
)
def test_check_of_the_depth_names_the_mistake(wrong, says):
    result = exercises.check(DEPTH, wrong)
    assert not result.solved
    assert says in result.message


# --- figures ------------------------------------------------------------------------------------


def test_figures_show_what_they_are_given():
    images, truth, _ = bars.draw(12, seed=0)
    figure = figures.bars_figure(images, truth, alt="Twelve bars.")
    assert figure.alt == "Twelve bars."
    titles = [axis.get_title() for axis in figure.axes]
    headed = [bool(one.any()) for one in truth]
    assert [title.startswith("class 1") for title in titles] == headed
    right = np.linspace(1, 0.5, bars.LENGTH - bars.HEAD + 1)
    curves, radii = {"near": right, "far": right}, {"near": 9, "far": 99}
    (axes,) = figures.distance_figure(curves, radii, alt="Two curves.").axes
    # Two curves, and one dotted line: the far one does not end on the bar.
    assert [line.get_linestyle() for line in axes.lines].count(":") == 1
    rows = [{"kind": kind, "radius": 30, "right": 0.8} for kind in ("a", "a", "b")]
    (axes,) = figures.reach_figure(rows, alt="Marks along a line.").axes
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["arithmetic", "a", "b"]
    assert axes.lines[1].get_xdata() == pytest.approx([0.5, 0.5])


def test_boxes_lie_around_the_middle():
    boxes = {"large": 40, "small": 10}
    (axes,) = figures.boxes_figure(np.zeros((90, 120)), boxes, side=60, alt="Two boxes.").axes
    large, small = axes.patches
    assert (large.get_width(), small.get_height()) == (40, 10)
    assert large.get_x() + 20 == small.get_x() + 5 == 30
