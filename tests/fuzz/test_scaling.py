"""Blocks, stores and nuclei: every volume, voxel and number, against one piece."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from gpu_course.scaling import (
    NucleiSettings,
    block_size,
    blocks,
    join_measurements,
    largest_window,
    levels,
    makespan,
    measure_block,
    open_image,
    overlap_work,
    save_image,
    segment_nuclei,
)
from tests.fuzz.things import NUMBERS, REFUSED, answer, cases, close, images, label_images

pytestmark = pytest.mark.filterwarnings("ignore")

TRIPLES = st.one_of(
    st.tuples(*[st.sampled_from((0.1, 0.5, 2.0))] * 3),
    st.tuples(NUMBERS, NUMBERS, NUMBERS),
    st.tuples(NUMBERS, NUMBERS),
    NUMBERS,
)
"""Edges of a voxel, right and wrong."""

SIZES = st.one_of(st.tuples(*[st.integers(1, 9)] * 3), st.tuples(NUMBERS, NUMBERS), NUMBERS)


@given(images(ndims=(3, 3, 3, 2, 4), units=(1e-9, 1.0, 255.0, 65535.0, 1e30)), TRIPLES)
def test_nuclei_are_above_a_threshold_or_refused(image, edges):
    labels = answer(segment_nuclei, image.held, voxel_size=edges)
    if labels is REFUSED or image.values is None:
        return
    assert image.usable
    assert labels.shape == image.values.shape
    # No label lies where the smoothed image is lowest, and all are numbered from 1 up.
    sigma = NucleiSettings().smooth / np.broadcast_to(np.asarray(edges, float), 3)
    smooth = ndimage.gaussian_filter(image.values, sigma, mode="nearest")
    assert not labels.flat[int(smooth.argmin())]
    assert set(np.unique(labels)) - {0} == set(range(1, labels.max() + 1))


@given(NUMBERS, st.sampled_from(("smooth", "distance", "threshold", "largest")))
def test_any_setting_is_one_or_refused(number, name):
    settings = answer(NucleiSettings, **{name: number})
    assert settings is REFUSED or getattr(settings, name) > 0
    answer(NucleiSettings.for_nuclei, number)


@given(SIZES, SIZES, st.one_of(st.none(), SIZES))
def test_any_cut_covers_the_volume_once_or_is_refused(shape, size, reach):
    cut = answer(blocks, shape, size, reach)
    for door in (largest_window, overlap_work):
        found = answer(door, shape, size, (0,) * 3 if reach is None else reach)
        assert (found is REFUSED) <= (cut is REFUSED or reach is None)
    if cut is REFUSED:
        return
    seen = np.zeros([int(n) for n in shape], int)
    for block in cut:
        seen[block.inner] += 1
    assert (seen == 1).all()


@given(SIZES, SIZES, NUMBERS)
def test_a_size_is_chosen_or_refused(shape, reach, memory):
    answer(block_size, shape, reach, lambda window: 40 * int(np.prod(window)), memory)
    answer(makespan, [memory, 1.0], 2)
    answer(makespan, [1.0], memory)


@given(SIZES, TRIPLES)
def test_resolutions_end_and_get_coarser_or_are_refused(shape, edges):
    plan = answer(levels, shape, (64, 64, 64), edges)
    large = answer(levels, (100, 200, 300), (64, 64, 64), edges)
    for found in (plan, large):
        if found is not REFUSED:
            assert max(found[-1].shape) <= 64
            volume = [np.prod(level.voxel_size) for level in found]
            assert volume == sorted(volume)


@cases(0.2)
@given(images(ndims=(3, 3, 3, 2), units=(1.0, 255.0, 1e30)), TRIPLES)
def test_a_store_holds_what_was_written_or_nothing(tmp_path_factory, image, edges):
    pytest.importorskip("zarr", reason="the extra scaling is not installed")
    pytest.importorskip("ome_zarr", reason="the extra scaling is not installed")
    folder = tmp_path_factory.mktemp("fuzz")
    path = answer(save_image, folder / "a.zarr", image.held, edges)
    if path is REFUSED:
        assert not list(folder.iterdir())
        return
    opened = open_image(path)
    np.testing.assert_array_equal(np.asarray(opened.read(), np.float64), image.values)
    np.testing.assert_allclose(opened.voxel_size, np.broadcast_to(np.asarray(edges, float), 3))


@given(label_images(ndims=(3,), containers=("array",)), st.integers(1, 8))
def test_parts_of_objects_add_up(labels, size):
    if not labels.usable or max(labels.values.ravel(), default=0) > 2**53:
        return
    held = np.asarray(labels.held)
    image = np.random.default_rng(0).random(held.shape)
    parts = [
        measure_block(image[b.inner], held[b.inner], b.corner)
        for b in blocks(held.shape, (size,) * 3)
    ]
    joined, whole = join_measurements(parts), measure_block(image, held, (0, 0, 0))
    assert joined.label.tolist() == whole.label.tolist()
    if len(whole):
        close(joined.to_numpy(float), whole.to_numpy(float), 1e-9)
