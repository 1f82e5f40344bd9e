import pytest
import torch
from torch import nn

from gpu_course.deep_learning import losses
from gpu_course.deep_learning.unet import UNet, count_parameters, probabilities
from gpu_course.errors import CourseError


@pytest.mark.parametrize("norm", ["batch", "group", "instance", None])
@pytest.mark.parametrize("up", ["transpose", "bilinear"])
def test_every_pixel_gets_one_number_per_class(norm, up):
    model = UNet(3, 2, depth=2, width=4, norm=norm, up=up)
    assert model(torch.rand(2, 3, 12, 8)).shape == (2, 2, 12, 8)


def test_the_copies_of_the_way_down_reach_the_way_up():
    torch.manual_seed(0)  # of two channels, chance may switch both off
    model = UNet(1, 1, depth=1, width=2, norm=None).eval()
    with torch.no_grad():
        # Nothing comes from below: what is left has passed through the copy.
        model.enlarge[0].weight.zero_()
        model.enlarge[0].bias.zero_()
    image = torch.rand(1, 1, 8, 8)
    other = image.clone()
    other[0, 0, 4, 4] += 1
    assert not torch.equal(model(image), model(other))


def test_width_and_depth_mean_what_they_say():
    model = UNet(1, 1, depth=3, width=4)
    assert [block[0].out_channels for block in model.down] == [4, 8, 16]
    assert model.bottom[0].out_channels == 32
    assert model.stride == 8
    assert len([m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]) == 14
    one = nn.Conv2d(1, 4, 3)
    assert count_parameters(one) == 4 * 9 + 4


def test_building_twice_from_the_configuration_gives_the_same_network():
    torch.manual_seed(1)
    first = UNet(2, 3, depth=1, width=3, norm="group", up="bilinear")
    torch.manual_seed(1)
    second = UNet(**first.configuration)
    image = torch.rand(1, 2, 4, 4)
    assert torch.equal(first(image), second(image))


def test_patches_are_judged_each_for_itself_after_eval():
    model = UNet(1, 1, depth=2, width=4).eval()
    batch = torch.rand(3, 1, 8, 8)
    assert torch.allclose(model(batch)[1:2], model(batch[1:2]), atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((1, 3, 16, 16), r"built for 1 channel\(s\) and the image has 3"),
        ((1, 1, 16, 20), "multiples of 8"),
        ((1, 1, 12, 16), "multiples of 8"),
        ((16, 16), "four axes"),
    ],
)
def test_images_that_do_not_fit_are_refused(shape, words):
    with pytest.raises(CourseError, match=words):
        UNet(1, 1, depth=3, width=2)(torch.zeros(shape))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"depth": 9}, "depth=9"),
        ({"depth": -1}, "depth=-1"),
        ({"width": 0}, "width=0"),
        ({"width": 2.5}, "width=2.5"),
        ({"channels_in": 0}, "channels_in=0"),
        ({"classes": 0}, "classes=0"),
        ({"norm": "layer"}, "no norm 'layer'"),
        ({"up": "cubic"}, "no up-sampling 'cubic'"),
    ],
)
def test_impossible_networks_are_refused(options, words):
    with pytest.raises(CourseError, match=words):
        UNet(**({"channels_in": 1, "classes": 1} | options))


def test_probabilities_of_one_class_and_of_several():
    logits = torch.randn(2, 1, 4, 4)
    assert torch.allclose(probabilities(logits), 1 / (1 + torch.exp(-logits)))
    assert torch.allclose(probabilities(torch.randn(2, 3, 4, 4)).sum(1), torch.ones(2, 4, 4))


# --- losses ---------------------------------------------------------------------------------


def logits_of(classes, number):
    """Return very sure logits for these classes."""
    if number == 1:
        return 20.0 * (2 * classes.float() - 1)
    return 20.0 * nn.functional.one_hot(classes[:, 0].long(), number).permute(0, 3, 1, 2).float()


@pytest.mark.parametrize("number", [1, 3])
def test_the_truth_costs_nothing_and_its_opposite_much(number):
    loss = losses.dice_cross_entropy(number)
    truth = torch.zeros(2, 1, 16, 16, dtype=torch.uint8)
    truth[:, :, 6:9, 2:14] = 1
    truth[0, :, 12:, :4] = number - 1 or 1
    wrong = (truth + 1) % max(number, 2)
    assert loss(logits_of(truth, number), truth) < 0.02
    assert loss(logits_of(wrong, number), truth) > 1


def test_dice_is_that_of_the_whole_batch():
    # An empty patch beside a right one costs nothing; alone it would spoil the mean.
    truth = torch.zeros(2, 1, 8, 8, dtype=torch.uint8)
    truth[0, 0, 2:5, 2:5] = 1
    assert losses.dice_cross_entropy()(logits_of(truth, 1), truth) < 0.01


def test_losses_have_gradients_and_take_half_precision():
    truth = torch.ones(1, 1, 8, 8, dtype=torch.uint8)
    logits = torch.zeros(1, 1, 8, 8, dtype=torch.bfloat16, requires_grad=True)
    loss = losses.dice_cross_entropy()(logits, truth)
    loss.backward()
    assert loss.dtype == torch.float32
    assert (logits.grad < 0).all()  # everywhere the result should grow


def test_losses_without_meaning_are_refused():
    with pytest.raises(CourseError, match="0 classes"):
        losses.dice_cross_entropy(0)
