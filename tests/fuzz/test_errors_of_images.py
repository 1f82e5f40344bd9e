"""Errors of estimates, widths of PSFs and the memory of arrays, against plain NumPy in float64."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_course.classical import estimate_bytes, largest_edge
from gpu_course.classical.device_facts import Facts
from gpu_course.deconvolution.profile_widths import widths
from gpu_course.images import phantoms
from gpu_course.metrics.errors import nrmse
from tests.fuzz.things import NUMBERS, REFUSED, answer, cases, images

CARD = Facts("OpenCL", "a card", "GPU", 20, 1.5, 2**32, 2**30)
ALL = (0, 1, 2, 3)


@given(images(ndims=ALL), images(ndims=ALL), st.booleans())
def test_an_error_is_that_of_float64_or_refused(one, other, same):
    other = one if same else other
    found = answer(nrmse, one.held, other.held)
    if found is REFUSED:
        return
    assert one.values.shape == other.values.shape
    unit = max(np.abs(one.values).max(), np.abs(other.values).max()) or 1
    wrong = np.sqrt(np.sum((one.values / unit - other.values / unit) ** 2))
    size = np.sqrt(np.sum((other.values / unit) ** 2))
    np.testing.assert_allclose(found, wrong / size if wrong else 0, rtol=1e-6)


@given(images(units=(1e-9, 1.0, 65535.0)), NUMBERS)
def test_any_width_is_one_or_refused(image, edge):
    found = answer(widths, image.held, edge)
    assert found is REFUSED or all(width > 0 for width in found)


@given(st.one_of(NUMBERS, st.tuples(NUMBERS, NUMBERS)), NUMBERS)
def test_memory_is_a_number_of_bytes_or_refused(shape, buffers):
    found = answer(estimate_bytes, shape, "float32", buffers)
    assert found is REFUSED or (isinstance(found, int) and found >= 0)
    edge = answer(largest_edge, "float32", buffers, CARD)
    assert edge is REFUSED or edge >= 0


@cases(0.5)
@given(NUMBERS, st.sampled_from(("radius", "intensity", "voxel_size", "shape", "seed", "density")))
def test_a_phantom_is_drawn_or_refused(number, name):
    for phantom in (phantoms.sphere_phantom, phantoms.nuclei_phantom):
        if name in phantom.__kwdefaults__ or name == "shape":
            made = answer(phantom, **{"shape": (6, 12, 12), name: number})
            assert made is REFUSED or made.object.min() >= 0


@cases(0.5)
@given(NUMBERS, st.sampled_from(("blur", "background", "photons", "seed")))
def test_a_picture_of_a_phantom_is_taken_or_refused(number, name):
    sphere = phantoms.sphere_phantom((6, 12, 12))
    picture = answer(phantoms.image_of, sphere, **{name: number})
    assert picture is REFUSED or picture.shape == (6, 12, 12)
