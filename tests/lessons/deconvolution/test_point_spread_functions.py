import numpy as np
import pytest

from gpu_course import exercises
from gpu_course.deconvolution import beads, psf
from gpu_course.lessons.deconvolution.point_spread_functions.checks import make
from gpu_course.lessons.deconvolution.point_spread_functions.figures import judged
from gpu_course.lessons.deconvolution.point_spread_functions.scenes import bead_slide
from gpu_course.lessons.deconvolution.point_spread_functions.solutions import match_depth, mend

DEPTH = "deconvolution/point-spread-functions/match-the-depth"
MEND = "deconvolution/point-spread-functions/mend-a-psf"
VOXEL = (0.2, 0.1, 0.1)
SPOT = psf.gaussian((25, 41, 41), (0.4, 0.16, 0.16), VOXEL)


def test_slide_has_every_kind_of_bead():
    lens = {"wavelength": 0.52, "numerical_aperture": 1.1, "refractive_index": 1.33}
    stack = bead_slide((36, 180, 180), psf.theoretical((35, 79, 79), VOXEL, **lens))
    assert stack.max() == 2047
    found = beads.find(stack, VOXEL, (15, 21, 21))
    verdicts = [bead.verdict for bead in found]
    assert verdicts.count(beads.USED) >= 10
    assert {beads.BORDER, beads.NEIGHBOUR, beads.CLIPPED, beads.DIM} <= set(verdicts)
    figure = judged(stack, found, VOXEL, alt="a field of beads")
    assert figure.alt == "a field of beads"
    assert len(figure.axes[0].lines) == len(found)


def by(measured, make, misfit, depths):
    return min(depths, key=lambda depth: misfit(make(depth), measured))


def squares(a, b):
    return float(((a - b) ** 2).sum())


COARSE = np.arange(0, 20.5, 2)
FINE = np.arange(0, 20.1, 0.5)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda m, make: 8.0, "same depth"),
        (lambda m, make: by(m, make, lambda a, b: -squares(a, b), COARSE), "smallest"),
        (lambda m, make: int(np.argmin([squares(make(d), m) for d in COARSE])), "index"),
        (lambda m, make: min(squares(make(d), m) for d in COARSE), "misfit"),
        (lambda m, make: np.array([1.0, 2.0]), "one number"),
        (lambda m, make: by(m, make, squares, (5.0, 10.0, 20.0)), "voxel by voxel"),
        # Nearly right, by the brightest voxel alone: no index of anything.
        (lambda m, make: by(m, make, lambda a, b: abs(a.max() - b.max()), FINE), "voxel by voxel"),
    ],
)
def test_check_of_the_depth_names_the_mistake(wrong, says):
    result = exercises.check(DEPTH, wrong)
    assert not result.solved
    assert says in result.message


def test_depth_of_the_model_is_found_without_noise():
    assert match_depth(make(6.5), make) == 6.5


def test_mend_makes_what_check_demands():
    raw = np.pad(SPOT, ((1, 0), (0, 2), (0, 0))) * 5e4 + 100
    mended = mend(raw, 100)
    assert psf.check(mended) == []
    np.testing.assert_allclose(mended, SPOT, atol=1e-6)


def only_divided(volume, background):
    return volume / volume.sum()


def in_whole_numbers(volume, background):
    light = volume - np.uint16(background)
    return mend(light, 0)


def rolled(volume, background):
    light = np.maximum(volume - background, 0)
    place = np.unravel_index(light.argmax(), light.shape)
    move = [n // 2 - p for n, p in zip(light.shape, place, strict=True)]
    return np.roll(light, move, axis=(0, 1, 2)) / light.sum()


def brightest_is_one(volume, background):
    light = np.maximum(volume - background, 0)
    return light / light.max()


def off_centre(volume, background):
    light = np.maximum(volume - background, 0)
    return light / light.sum()


def grey(volume, background):
    return np.maximum(volume - background, 0)


def negative(volume, background):
    return mend(volume, background) - 1e-4


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (only_divided, "centre"),
        (in_whole_numbers, "in uint16"),
        (lambda volume, background: mend(volume, 0), "background is still in"),
        (lambda volume, background: mend(volume, volume.min()), "smallest value"),
        (rolled, "odd size"),
        (brightest_is_one, "sum"),
        (off_centre, "centre"),
        (grey, "grey values"),
        (negative, "negative"),
    ],
)
def test_check_of_mend_names_the_mistake(wrong, says):
    result = exercises.check(MEND, wrong)
    assert not result.solved
    assert says in result.message
