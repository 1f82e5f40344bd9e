import numpy as np
import pytest
import torch

from gpu_course import exercises
from gpu_course.deep_learning.data import Batch
from gpu_course.deep_learning.unet import UNet
from gpu_course.errors import CourseError
from gpu_course.images import Sample
from gpu_course.lessons.deep_learning.roots_unet import photographs, precision, solutions

DICE = "deep-learning/roots-unet/dice-loss"
BLEND = "deep-learning/roots-unet/blend"


def test_halved_scene_is_the_mean_of_four_pixels_and_doubles_back():
    image = np.arange(35, dtype=np.uint8).reshape(5, 7)
    mask = image % 7 < 3
    sample = Sample("roots", "train", 0, image, "YX", mask=mask, centreline=mask)
    halved = photographs.halve(sample)
    assert halved.image.shape == halved.mask.shape == (2, 3)
    assert halved.image[0, 0] == image[:2, :2].mean()
    np.testing.assert_array_equal(halved.mask, [[True, True, False]] * 2)  # half of four counts
    assert halved.centreline is None
    assert photographs.double(halved.image, image.shape).shape == image.shape


def test_colour_and_unlabelled_scenes_are_not_halved():
    with pytest.raises(CourseError, match="one channel"):
        photographs.halve(Sample("rootnav", "test", 0, np.zeros((4, 4, 3), np.uint8), "YXC"))


def test_trying_precisions_leaves_the_network_as_it_was():
    torch.manual_seed(0)
    model = UNet(1, 1, depth=2, width=4)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    batch = Batch(torch.rand(2, 1, 32, 32), torch.ones(2, 1, 32, 32, dtype=torch.uint8))
    assert precision.quicker_precision(model, batch, least=1e9) == "float32"
    assert precision.quicker_precision(model, batch, least=0) == "bfloat16"
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_soft_dice_of_sure_answers_is_the_dice():
    truth = torch.zeros(2, 1, 10, 10, dtype=torch.uint8)
    truth[0, 0, :5] = 1
    found = torch.zeros(2, 1, 10, 10)
    found[0, 0, 2:7] = 1
    loss = solutions.soft_dice_loss(100 * found - 50, truth)
    assert loss.item() == pytest.approx(1 - (2 * 30 + 1) / (100 + 1))


# --- the exercises ------------------------------------------------------------------------------


def thresholded(logits, truth):
    found = (logits > 0).float()
    return 1 - (2 * (found * truth).sum() + 1) / (found.sum() + truth.sum() + 1)


def without_one(logits, truth):
    p = logits.sigmoid()
    return 1 - 2 * (p * truth).sum() / (p.sum() + truth.sum())


def patch_by_patch(logits, truth):
    losses = [solutions.soft_dice_loss(a, b) for a, b in zip(logits, truth, strict=True)]
    return torch.stack(losses).mean()


def per_patch(logits, truth):
    losses = [solutions.soft_dice_loss(a, b) for a, b in zip(logits, truth, strict=True)]
    return torch.stack(losses)


def dice_itself(logits, truth):
    return 1 - solutions.soft_dice_loss(logits, truth)


def raw_logits(logits, truth):
    return 1 - (2 * (logits * truth).sum() + 1) / (logits.sum() + truth.sum() + 1)


def a_number(logits, truth):
    return solutions.soft_dice_loss(logits, truth).item()


def area_without_a_slope(logits, truth):
    p = logits.sigmoid()
    return 1 - (2 * (p * truth).sum() + 1) / (p.detach().sum() + truth.sum() + 1)


def overlap_without_a_slope(logits, truth):
    p = logits.sigmoid()
    return 1 - (2 * (p.detach() * truth).sum() + 1) / (p.sum() + truth.sum() + 1)


def sigmoid_by_hand(logits, truth):
    p = 1 / (1 + torch.exp(-logits))
    return 1 - (2 * p[truth > 0].sum() + 1) / (p.sum() + truth.sum() + 1)


def in_float64(logits, truth):
    return solutions.soft_dice_loss(logits.double(), truth.double()).reshape(1)


@pytest.mark.parametrize("right", [sigmoid_by_hand, in_float64])
def test_the_loss_may_be_written_otherwise(right):
    assert exercises.check(DICE, right).solved


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (area_without_a_slope, "its gradient is not"),
        (overlap_without_a_slope, "its gradient is not"),
        (thresholded, "no gradient"),
        (without_one, "Add 1"),
        (patch_by_patch, "Sum over all patches first"),
        (per_patch, "one number"),
        (dice_itself, "1 minus"),
        (raw_logits, "sigmoid"),
        (a_number, "Return a tensor"),
    ],
)
def test_the_check_of_the_loss_names_the_mistake(wrong, says):
    result = exercises.check(DICE, wrong)
    assert not result.solved
    assert says in result.message


def side_by_side(left, right, overlap):
    return np.concatenate([left, right], axis=1)


def one_hides_the_other(left, right, overlap):
    return np.concatenate([left, right[:, overlap:]], axis=1)


def plain_mean(left, right, overlap):
    joined = one_hides_the_other(left, right, overlap)
    shared = slice(left.shape[1] - overlap, left.shape[1])
    joined[:, shared] = (left[:, -overlap:] + right[:, :overlap]) / 2
    return joined


def sum_of_both(left, right, overlap):
    joined = one_hides_the_other(left, right, overlap)
    joined[:, left.shape[1] - overlap : left.shape[1]] += right[:, :overlap]
    return joined


def the_wrong_way_round(left, right, overlap):
    joined = one_hides_the_other(left, right, overlap)
    share = (np.arange(overlap) + 0.5) / overlap
    shared = share * left[:, -overlap:] + (1 - share) * right[:, :overlap]
    joined[:, left.shape[1] - overlap : left.shape[1]] = shared
    return joined


def blended(left, right, share):
    joined = one_hides_the_other(left, right, len(share))
    shared = (1 - share) * left[:, -len(share) :] + share * right[:, : len(share)]
    joined[:, left.shape[1] - len(share) : left.shape[1]] = shared
    return joined


def with_ends_of_one_tile(left, right, overlap):
    return blended(left, right, np.linspace(0, 1, overlap))


def of_one_width(left, right, overlap):
    if overlap == 10:
        return blended(left, right, (np.arange(10) + 0.5) / 10)
    return one_hides_the_other(left, right, overlap)


@pytest.mark.parametrize("first", [0.5, 1.0])
def test_shares_may_begin_at_half_a_step_or_a_whole_one(first):
    def answer(left, right, overlap):
        return blended(left, right, (np.arange(overlap) + first) / (overlap + 2 * first - 1))

    assert exercises.check(BLEND, answer).solved


def over_the_tile_itself(left, right, overlap):
    left[:, -overlap:] = 0.5
    return one_hides_the_other(left, right, overlap)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (side_by_side, "there twice"),
        (one_hides_the_other, "rise all the way"),
        (plain_mean, "rise all the way"),
        (sum_of_both, "sum to 1"),
        (the_wrong_way_round, "rise all the way"),
        (over_the_tile_itself, "changed a tile"),
        (with_ends_of_one_tile, "rise all the way"),
        (of_one_width, "rise all the way"),
    ],
)
def test_the_check_of_blending_names_the_mistake(wrong, says):
    result = exercises.check(BLEND, wrong)
    assert not result.solved
    assert says in result.message
