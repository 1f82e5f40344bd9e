import dataclasses

import numpy as np
import pytest

from gpu_course.deep_learning.stardist import extent
from gpu_course.deep_learning.stardist.design import Design, design_for
from gpu_course.errors import CourseError


def discs(*, radius, shape=(128, 128), step=None):
    """Return discs on a grid, clear of the border."""
    labels = np.zeros(shape, np.int32)
    rows, columns = np.indices(shape)
    step = step or 2 * radius + 6
    number = 0
    for row in range(radius + 2, shape[0] - radius - 2, step):
        for column in range(radius + 2, shape[1] - radius - 2, step):
            number += 1
            labels[(rows - row) ** 2 + (columns - column) ** 2 <= radius**2] = number
    return labels


def test_the_extent_of_discs_and_bars_is_theirs():
    found = extent.measure([discs(radius=8)])
    assert found.objects == 25
    assert found.length == pytest.approx(17, abs=1.5)
    assert found.width == pytest.approx(16, abs=1.5)
    bar = np.zeros((60, 60), np.uint16)
    bar[20:27, 10:50] = 5
    found = extent.measure([bar])
    assert found.length == pytest.approx(40, abs=2)
    assert found.width == pytest.approx(7, abs=1)


def test_objects_that_the_border_cuts_do_not_count_unless_there_are_no_others():
    labels = discs(radius=8)
    labels[:, :3] = 99
    assert extent.measure([labels]).objects == 25
    assert extent.measure([np.ones((20, 20), np.int32)]).objects == 1


def test_labels_that_cannot_be_measured_are_refused():
    with pytest.raises(CourseError, match="All label images are empty"):
        extent.measure([np.zeros((20, 20), np.int32)])
    with pytest.raises(CourseError, match="whole numbers"):
        extent.measure([np.zeros((20, 20), np.float32)])
    with pytest.raises(CourseError, match="2D"):
        extent.measure([np.zeros((3, 20, 20), np.int32)])


def test_objects_are_redrawn_with_their_own_numbers():
    labels = discs(radius=9) * 3
    drawn = extent.redraw(labels, 32)
    assert drawn.shape == labels.shape
    assert set(np.unique(drawn)) == set(np.unique(labels))
    assert extent.redrawn_iou(labels, 32).min() > 0.9
    assert not extent.redraw(np.zeros((20, 20), np.int32), 32).any()


def test_more_rays_draw_better_and_what_is_not_star_convex_is_lost():
    bars = np.zeros((80, 80), np.int32)
    bars[10:16, 5:70], bars[30:70, 40:46] = 1, 2
    means = [extent.redrawn_iou(bars, rays).mean() for rays in (8, 32, 128)]
    assert means[0] < means[1] < means[2]
    rows, columns = np.indices((48, 48))
    away = np.hypot(rows - 24, columns - 24)
    ring = (away > 14) & (away < 20)
    assert extent.redrawn_iou(ring.astype(np.int32), 128)[0] < 0.5


def test_few_rays_are_enough_for_discs_and_not_for_bars():
    assert extent.enough_rays([discs(radius=9)]) <= 16
    bar = np.zeros((60, 100), np.int32)
    bar[20:26, 5:95] = 1
    assert extent.enough_rays([bar]) >= 64


def test_larger_objects_get_a_network_that_sees_farther():
    small = design_for([discs(radius=6)])
    large = design_for([discs(radius=30, shape=(512, 512))])
    assert small.grid < large.grid
    for design, radius in ((small, 6), (large, 30)):
        assert design.field.radius >= 2 * (2 * radius)
        assert design.patch % design.stride == 0
        assert design.patch >= 3 * 2 * radius or design.patch + design.stride > 128


def test_a_patch_fits_into_the_scene_or_the_scene_is_refused():
    design = design_for([discs(radius=9, shape=(64, 100))])
    assert design.patch <= 64
    assert design_for([discs(radius=9)], largest_patch=32).patch == 32
    with pytest.raises(CourseError, match="there is room for 4"):
        design_for([discs(radius=9)], largest_patch=4)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rays": 2}, "rays=2"),
        ({"rays": 32.0}, r"rays=32\.0"),
        ({"grid": 3}, "Choose 1, 2, 4, 8 or 16"),
        ({"depth": 0}, "depth=0"),
        ({"width": 10**9}, "width=1000000000"),
        ({"patch": 100}, "multiple of 16"),
        ({"channels": True}, "channels=True"),
    ],
)
def test_what_cannot_be_built_is_refused(changes, words):
    with pytest.raises(CourseError, match=words):
        Design(**changes)


def test_the_field_is_counted_as_for_any_network():
    # Convolutions of 3 add a pixel on each side, at the scale where they work.
    flat = Design(grid=1, depth=1, patch=8)
    # 2 at scale 1 (down), 2 at scale 2 (middle), 2 at scale 1 (up) and the last one: 9 pixels,
    # and one or so more because pooling and doubling work on a grid.
    assert 9 <= flat.field.radius <= 11
    assert Design(grid=2, depth=1, patch=8).field.radius > flat.field.radius
    assert Design(grid=1, depth=2, patch=8).field.radius > flat.field.radius


def test_a_design_says_whether_it_sees_enough():
    design = Design(grid=2, depth=2, patch=64)
    reach = design.field.radius
    said = [
        design.judge(extent.Extent(1, length, 5)) for length in (reach / 3, reach / 1.5, 2 * reach)
    ]
    assert "and their neighbours" in said[0]
    assert "little around them" in said[1]
    assert "choose a larger depth or grid" in said[2]
    assert all(f"{reach} pixels" in text for text in said)


def test_wider_and_finer_designs_need_more_memory():
    plain = Design(grid=2, width=16)
    assert dataclasses.replace(plain, width=32).bytes_per_pixel > plain.bytes_per_pixel
    assert dataclasses.replace(plain, grid=1).bytes_per_pixel > plain.bytes_per_pixel
