import numpy as np
import pytest

from gpu_course.deconvolution import beads, psf
from gpu_course.deconvolution.simulation import bead_image
from gpu_course.errors import CourseError

VOXEL = (0.2, 0.08, 0.08)
SHAPE = (11, 21, 21)
STACK = (30, 120, 120)
TRUE = psf.gaussian((27, 63, 63), (0.35, 0.14, 0.14), VOXEL)

# Far apart from each other and from the border, each at a place of its own between voxels.
APART = np.array(
    [[14.3, 25.2, 25.7], [15.5, 25.5, 60.1], [13.8, 24.6, 95.4], [14.1, 60.4, 25.3],
     [15.2, 60.9, 60.6], [14.7, 59.8, 94.8], [14.4, 95.3, 25.5], [15.1, 94.9, 60.2]]
)  # fmt: skip
LIGHT = np.full(len(APART), 40_000.0)


def stack(positions=APART, light=LIGHT, **options):
    return bead_image(STACK, positions, light, TRUE, **options)


def verdicts(found, positions):
    """Return the verdict on the bead nearest to each position."""
    return [
        min(found, key=lambda b: np.linalg.norm(np.subtract(b.position, p))).verdict
        for p in positions
    ]


def error(measured):
    true = psf.gaussian(measured.shape, (0.35, 0.14, 0.14), VOXEL)
    return np.linalg.norm(measured - true) / np.linalg.norm(true)


def test_beads_are_located_to_a_tenth_of_a_voxel():
    found = beads.find(stack(), VOXEL, SHAPE)
    assert verdicts(found, APART) == [beads.USED] * len(APART)
    assert len(found) == len(APART)
    for place in APART:
        nearest = min(np.linalg.norm(np.subtract(bead.position, place)) for bead in found)
        assert nearest < 0.1


def test_measured_psf_is_the_true_one_and_better_than_without_the_shift():
    measured = psf.from_beads(stack(), VOXEL, SHAPE)
    assert measured.shape == SHAPE
    assert measured.dtype == np.float32
    assert psf.check(measured) == []
    assert error(measured) < 0.05
    # Each box cut out at whole voxels, as a careless program would: a wider average.
    image = stack() - 10
    corners = np.round(APART).astype(int) - np.array(SHAPE) // 2
    boxes = [image[z : z + 11, y : y + 21, x : x + 21] for z, y, x in corners]
    careless = np.mean(boxes, axis=0)
    assert error(measured) < 0.75 * error(careless / careless.sum())


def test_an_asymmetric_psf_is_not_mirrored():
    skew = np.maximum(TRUE + 0.3 * np.roll(TRUE, (4, 0, 0), (0, 1, 2)), 0)
    measured = psf.from_beads(bead_image(STACK, APART, LIGHT, skew), VOXEL, SHAPE)
    planes = measured.sum(axis=(1, 2))
    assert planes[8] > 1.3 * planes[2]


@pytest.mark.parametrize("shape", [(10, 20, 20), (11, 20, 21)])
def test_even_boxes_have_their_centre_at_half_the_size(shape):
    measured = psf.from_beads(stack(), VOXEL, shape)
    assert psf.check(measured) == []
    assert error(measured) < 0.05


def test_neighbours_are_left_out():
    positions = np.vstack([APART, APART[0] + (0, 0, 9)])
    found = beads.find(stack(positions, [*LIGHT, 30_000.0]), VOXEL, SHAPE)
    assert verdicts(found, positions) == [
        beads.NEIGHBOUR, *[beads.USED] * (len(APART) - 1), beads.NEIGHBOUR
    ]  # fmt: skip


def test_two_beads_in_one_are_left_out():
    positions = np.vstack([APART, APART[4] + (0, 2.5, 2.5)])
    found = beads.find(stack(positions, [*LIGHT, 40_000.0]), VOXEL, SHAPE)
    assert verdicts(found, APART)[4] == beads.ODD


def test_dim_beads_do_not_disturb_and_are_not_used():
    light = LIGHT.copy()
    light[2] = 5_000
    found = beads.find(stack(light=light), VOXEL, SHAPE)
    assert verdicts(found, APART)[2] == beads.DIM


def test_beads_at_the_border_are_left_out():
    positions = np.vstack([APART, [[3.2, 95.4, 95.1]]])
    found = beads.find(stack(positions, [*LIGHT, 40_000.0]), VOXEL, SHAPE)
    assert verdicts(found, positions)[-1] == beads.BORDER


def test_clipped_beads_are_left_out():
    light = LIGHT.copy()
    light[5] *= 4
    image = stack(light=light)
    found = beads.find(np.minimum(image, 700), VOXEL, SHAPE)
    assert verdicts(found, APART)[5] == beads.CLIPPED
    assert verdicts(found, APART).count(beads.USED) == len(APART) - 1


def test_noise_alone_holds_no_bead():
    noise = np.random.default_rng(0).poisson(10, STACK)
    with pytest.raises(CourseError, match="none was found"):
        psf.from_beads(noise, VOXEL, SHAPE)


def test_the_error_counts_the_verdicts():
    positions = np.vstack([APART[0], APART[0] + (0, 0, 9)])
    with pytest.raises(CourseError, match="2 with a neighbour"):
        psf.from_beads(stack(positions, LIGHT[:2]), VOXEL, SHAPE)


@pytest.mark.parametrize(
    ("stack", "voxel", "says"),
    [
        (np.zeros((5, 5)), VOXEL, "axes"),
        (np.full((5, 5, 5), np.nan), VOXEL, "NaN"),
        (np.zeros((5, 5, 5)), None, "metadata"),
    ],
)
def test_bad_input_is_refused(stack, voxel, says):
    with pytest.raises(CourseError, match=says):
        psf.from_beads(stack, voxel, (3, 3, 3))


@pytest.mark.parametrize("seed", range(4))
def test_rings_of_a_bright_bead_are_no_beads(seed):
    lens = {"wavelength": 0.52, "numerical_aperture": 1.1, "refractive_index": 1.33}
    real = psf.theoretical((29, 79, 79), VOXEL, **lens)
    bead, *others = beads.find(bead_image(STACK, APART[4:5], [3e6], real, seed=seed), VOXEL, SHAPE)
    assert bead.verdict == beads.USED
    # find() promises to list no ring within one and a half boxes. Farther away, in the first and
    # the last planes, the noise of some seeds lifts one above the limit, but it is never used.
    for other in others:
        assert (np.abs(np.subtract(other.position, bead.position)) > 1.5 * np.array(SHAPE)).any()
        assert other.verdict == beads.BORDER


def test_a_background_above_all_beads_is_refused():
    with pytest.raises(CourseError, match="above the background"):
        psf.from_beads(stack(), VOXEL, SHAPE, background=1e9)
