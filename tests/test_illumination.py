"""Light that is added and light that falls off are told apart, on tiles with known answers."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from gpu_course import brightness, illumination

GRID = (8, 10)


def tiles(seed=0):
    """Return how dark tiles are and how bright, (80,) each: background 100, objects 200 higher."""
    random = np.random.default_rng(seed)
    return 100 + random.normal(0, 2, 80), 300 + random.normal(0, 20, 80)


def across():
    """Return a number for each tile that grows from 0 at the left to 1 at the right."""
    return np.tile(np.linspace(0, 1, GRID[1]), GRID[0])


EVERY = np.ones(80, bool)


@pytest.mark.parametrize("times", [0, 1, 2, 4])
def test_added_light_is_measured_in_ways_from_background_to_objects(times):
    low, high = tiles()
    glow = 200 * times * across()
    # Nine tenths of the way across at the bright side, one tenth at the dark one.
    expected = (0.9 - 0.1) * times - 1
    assert illumination.added(low + glow, high + glow, EVERY, GRID) == pytest.approx(
        expected, abs=0.25
    )


def test_tiles_inside_of_objects_are_no_bright_background():
    low, high = tiles()
    inside = np.zeros(GRID, bool)
    inside[1::3, 1::3] = inside[1::3, 2::3] = True  # objects of two tiles
    filled = np.where(inside.ravel(), high - 5, low)
    assert np.percentile(filled, 90) > np.percentile(high, 10)
    assert illumination.added(filled, high, EVERY, GRID) < -0.5
    glow = 600 * across()
    assert illumination.added(filled + glow, high + glow, EVERY, GRID) > 0


def test_tiles_without_a_say_have_none():
    low, high = tiles()
    full = across() < 0.5
    apart = illumination.added(np.where(full, low, np.inf), high, full, GRID)
    assert apart == pytest.approx(illumination.added(low, high, EVERY, GRID), abs=0.2)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dimmest", [0.5, 0.25, 0.1])
def test_falling_light_is_measured_as_a_factor(dimmest, seed):
    low, high = tiles(seed)
    light = dimmest ** across()  # a straight course of the logarithm
    found = illumination.light_of(low * light, (high - low) * light, EVERY, GRID)
    assert found.falls == pytest.approx(dimmest**-0.9, rel=0.35)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("offset", [0, 400])
def test_falling_light_is_evened_out_whatever_the_offset_of_the_camera(axis, offset):
    """Of an image larger than its tiles, from what the tiles say."""
    side, shape = 32, (GRID[0] * 32 + 20, GRID[1] * 32 + 9)
    random = np.random.default_rng(0)
    there = np.indices(shape)[axis] / shape[axis]
    light = 0.25**there
    lit, heights = 100 * light, 200 * light  # background, and what objects add to it
    middles = tuple((np.indices(GRID).reshape(2, -1) * side + side / 2).astype(int))
    low = offset + lit[middles] + random.normal(0, 1, 80)
    span = heights[middles] * (1 + random.normal(0, 0.05, 80))
    covered = tuple(n * side / of for n, of in zip(GRID, shape, strict=True))
    found = illumination.light_of(low, span, EVERY, GRID, covered)
    background = found.even_out(offset + lit)
    objects = found.even_out(offset + lit + heights) - background
    # A straight course is no power of 0.25; what is left is small beside a factor of four.
    assert np.ptp(lit) > 70
    assert np.ptp(background - offset) < 45
    assert objects.max() / objects.min() < 1.2
    assert np.median(objects) == pytest.approx(200 * 0.25**0.5, rel=0.1)


@pytest.mark.parametrize("falls", [2, 4, 8])
def test_light_is_not_continued_to_where_no_object_tells_it(falls):
    """Else the noise of an empty side is divided by hardly anything, and looks like objects."""
    y, x = np.mgrid[:512, :768]
    discs = (np.hypot(y % 50 - 25, x % 45 - 22) < 10) & (x < 225)
    light = falls ** (-x / 768)
    image = np.random.default_rng(0).poisson(light * (40 + 300 * gaussian_filter(discs * 1.0, 1)))
    evened = brightness.match(image + 100.0)
    assert evened[:, 400:].max() < np.median(evened[discs]) / 2


def ring(shape, at):
    """Return squares of distances from a place, 1 at half the longer side."""
    y, x = np.indices(shape)
    return ((y / shape[0] - at[0]) ** 2 * shape[0] ** 2 + (x - at[1] * shape[1]) ** 2) / (
        max(shape) ** 2 / 4
    )


def discs(seed, there=None):
    """Return a picture of discs without light, and where they are."""
    y, x = np.mgrid[:512, :640]
    disc = np.hypot(y % 50 - 25, x % 45 - 22) < 10
    if there is not None:
        disc &= there(y, x)
    return 40 + 300 * gaussian_filter(disc * 1.0, 1), disc


@pytest.mark.parametrize("at", [(0.5, 0.5), (0.4, 0.6)])
@pytest.mark.parametrize("outside", [0.25, 4])
def test_light_that_changes_outwards_is_evened_out(at, outside):
    """A lens darkens the corners; a lamp may light a ring. The middle need not be the image's."""
    picture, disc = discs(0)
    light = outside ** ring(picture.shape, at)
    image = np.random.default_rng(1).poisson(light * picture) + 100.0
    levels = brightness.measure(image)
    assert levels.falls > 2
    evened = brightness.match(image, levels=levels)
    before, after = (np.percentile(some[disc], [10, 90]) for some in (image - 100, evened))
    background = np.percentile(evened[~disc], 50)
    assert before[1] / before[0] > 2.5
    assert (after[1] - background) / (after[0] - background) < 1.8


def test_a_round_glow_is_taken_away():
    picture = discs(0)[0]
    image = picture + 450 * (2 - ring(picture.shape, (0.4, 0.6)))
    levels = brightness.measure(image)
    assert (levels.falls, levels.uneven < 0) == (1, True)
    assert brightness.measure(image, evened=False).uneven > 0


def test_light_outwards_is_not_continued_to_where_no_object_tells_it():
    picture, disc = discs(0, there=lambda y, x: np.hypot(y - 256, x - 320) < 200)
    light = 0.25 ** ring(picture.shape, (0.5, 0.5))
    image = np.random.default_rng(0).poisson(light * picture)
    evened = brightness.match(image + 100.0)
    y, x = np.indices(image.shape)
    corners = np.hypot(y - 256, x - 320) > 260
    assert evened[corners].max() < np.median(evened[disc]) / 2


def test_chance_is_no_falling_light():
    random = np.random.default_rng(1)
    for seed in range(20):
        low, high = tiles(seed)
        spread = (high - low) * random.lognormal(0, 0.5, 80)
        assert illumination.light_of(low, spread, EVERY, GRID) is None


def test_brighter_objects_on_an_even_background_are_no_falling_light():
    low, high = tiles()
    assert illumination.light_of(low, (high - low) * (1 + 4 * across()), EVERY, GRID) is None


def test_background_against_the_objects_is_no_falling_light():
    low, high = tiles()
    light = 0.2 + 0.8 * across()
    found = illumination.light_of(low * light[::-1], (high - low) * light, EVERY, GRID)
    assert found.falls == 1  # it is added light, if anything


@pytest.mark.parametrize("times", [1, 4])
def test_added_light_is_taken_away_and_dims_no_object(times):
    low, high = tiles()
    glow = 200 * times * across()
    found = illumination.light_of(low + glow, high - low, EVERY, GRID)
    assert found.falls == 1
    image = np.broadcast_to(np.linspace(0, 200 * times, 100), (80, 100)) + 100
    assert np.ptp(found.even_out(image)) < 0.2 * np.ptp(image)
    np.testing.assert_allclose(found.even_out(image + 50) - found.even_out(image), 50)


def test_a_background_that_changes_little_beside_the_objects_stays_as_it_is():
    low, high = tiles()
    assert illumination.light_of(low + 60 * across(), high - low, EVERY, GRID) is None


def test_few_tiles_tell_nothing():
    low, high = tiles()
    light = 0.1 + 0.9 * across()
    few = np.arange(80) < illumination.LEAST_TILES - 1
    assert illumination.light_of(low * light, (high - low) * light, few, GRID) is None
    assert illumination.light_of(low, high - low, ~EVERY, GRID) is None
