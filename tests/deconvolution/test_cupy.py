"""What CuPy would compute, on arrays as strict as CuPy's: nothing slips back to NumPy."""

import numpy as np
import pytest

from gpu_course import devices
from gpu_course.deconvolution import chunked, convolve, inverse_filter, richardson_lucy, wiener
from tests import fake_cupy

RANDOM = np.random.default_rng(0)
IMAGE = RANDOM.poisson(20, (6, 12, 16)).astype(np.float32)
LENS = np.outer([1, 2, 1], np.outer([1, 3, 1], [1, 3, 1])).reshape(3, 3, 3).astype(np.float32)

WAYS = {
    "convolve": lambda image, lens: convolve(image, lens, boundary="reflect"),
    "wiener": wiener,
    "inverse": lambda image, lens: inverse_filter(image, lens, cutoff=0.1),
    "plain": lambda image, lens: richardson_lucy(image, lens, 3, acceleration=None),
    "accelerated, TV": lambda image, lens: richardson_lucy(image, lens, 3, tv=0.01),
    "circular": lambda image, lens: richardson_lucy(image, lens, 3, boundary="circular"),
    "chunks": lambda image, lens: chunked(
        image, lens, 3, chunk=(6, 6, 16), overlap=(0, 3, 0), acceleration=None
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_same_on_cupy_without_a_look_by_numpy(way, monkeypatch):
    expected = WAYS[way](IMAGE, LENS)
    cupy = fake_cupy.install(monkeypatch)
    found = WAYS[way](cupy.asarray(IMAGE), cupy.asarray(LENS))
    assert isinstance(found, cupy.ndarray)
    np.testing.assert_allclose(devices.to_numpy(found), expected, rtol=1e-4, atol=1e-4)


def test_the_arrays_are_as_strict_as_those_of_cupy(monkeypatch):
    there = fake_cupy.install(monkeypatch).asarray(IMAGE)
    for mixed in (lambda: there + IMAGE, lambda: IMAGE + there, lambda: np.asarray(there)):
        with pytest.raises(TypeError):
            mixed()
