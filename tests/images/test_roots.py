import numpy as np
import pytest
from scipy import ndimage

from gpu_course.errors import CourseError
from gpu_course.images.roots import simulate_roots
from gpu_course.metrics import dice

# Red channel of ten photographs, full scale, rows 120-1144 and columns 450-1474, farther than 45
# pixels from any traced line.
PHOTOGRAPH_PAPER = (43, 55)  # range of the median grey level
PHOTOGRAPH_STD = (4.8, 7.6)  # range of the standard deviation: it includes dust and fibres
PHOTOGRAPH_ROUGHNESS = (2.66, 3.02)  # range of the standard deviation of neighbours' difference


@pytest.fixture(scope="module")
def soil():
    return [simulate_roots(seed=seed) for seed in range(4)]


@pytest.fixture(scope="module")
def paper():
    return [simulate_roots(seed=seed, background="paper") for seed in range(4)]


def test_shapes_and_types():
    image, mask, line = simulate_roots((160, 200), seed=3)
    assert (image.shape, mask.shape, line.shape) == ((160, 200),) * 3
    assert (image.dtype, mask.dtype, line.dtype) == (np.uint8, bool, bool)


@pytest.mark.parametrize("background", ["soil", "paper"])
def test_same_seed_same_scene_other_seed_other_scene(background):
    first, again = (simulate_roots((256, 256), seed=5, background=background) for _ in range(2))
    other = simulate_roots((256, 256), seed=6, background=background)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first[1], other[1])


def test_centreline_is_inside_the_mask_and_follows_it(soil, paper):
    for _, mask, line in soil + paper:
        assert mask[line].all()
        # Every pixel of a root is near its middle: the widest root has a radius below 6 pixels.
        assert ndimage.distance_transform_edt(~line)[mask].max() < 7


def test_roots_cover_a_small_part_of_the_picture(soil, paper):
    for _, mask, _ in soil + paper:
        assert 0.004 < mask.mean() < 0.06


def test_one_plant_on_paper_is_mostly_one_piece(paper):
    for _, mask, _ in paper:
        pieces, _ = ndimage.label(mask, np.ones((3, 3)))
        assert np.bincount(pieces[mask]).max() > 0.9 * mask.sum()


def test_roots_are_brighter_than_soil_yet_no_threshold_finds_them(soil):
    for image, mask, _ in soil:
        around = ndimage.binary_dilation(mask, iterations=8) & ~mask
        assert image[mask].mean() > image[around].mean() + 10
        best = max(dice(mask, image > threshold) for threshold in range(40, 240, 5))
        assert best < 0.7


def test_roots_are_fine(soil):
    widths = np.concatenate(
        [2 * ndimage.distance_transform_edt(mask)[line] for _, mask, line in soil]
    )
    assert np.median(widths) < 8
    assert (widths <= 3).mean() > 0.15


def test_paper_has_the_greys_of_the_photographs(paper):
    for image, mask, _ in paper:
        bare = image[~ndimage.binary_dilation(mask, iterations=45)]
        low, high = PHOTOGRAPH_PAPER
        assert low - 1 <= np.median(bare) <= high + 1
        low, high = PHOTOGRAPH_STD
        assert low - 0.4 < bare.std() < high


def test_paper_is_as_grainy_as_the_photographs(paper):
    # A smooth felt has the right greys and looks wrong: neighbours must differ as much as on paper.
    for image, mask, _ in paper:
        bare = ~ndimage.binary_dilation(mask, iterations=45)
        rough = np.diff(image.astype(float), axis=1)[bare[:, 1:] & bare[:, :-1]]
        low, high = PHOTOGRAPH_ROUGHNESS
        assert low - 0.2 < rough.std() < high + 0.2


def test_side_roots_on_paper_are_as_wide_as_photographed(paper):
    # Full width at half maximum across traced side roots: half of them lie between 5 and 10 pixels,
    # hairs included; the mask leaves hairs out.
    widths = np.concatenate(
        [2 * ndimage.distance_transform_edt(mask)[line] for _, mask, line in paper]
    )
    assert 3 < np.median(widths) < 8


def test_paper_beside_a_photograph(mirror, paper):
    from PIL import Image

    with Image.open(mirror / "roots/train/B_osr_0091.jpg") as picture:
        real = np.asarray(picture)[300:1324, 600:1624, 0]
    low, high = np.percentile(real, [5, 99.5])
    for image, _, _ in paper:
        assert abs(np.percentile(image, 5) - low) < 10
        assert abs(np.percentile(image, 99.5) - high) < 60


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"shape": (100, 400)}, "at least 128"),
        ({"shape": (200,)}, "at least 128"),
        ({"seed": -1}, "negative"),
        ({"background": "sand"}, "soil, paper"),
    ],
)
def test_bad_input_is_one_clear_sentence(options, word):
    with pytest.raises(CourseError, match=word):
        simulate_roots(**options)
