# ruff: noqa: E402
"""Every door that takes arrays of a GPU, with those of Apple: the same answers as in NumPy.

No Apple GPU is here. The stand-in refuses what that of PyTorch refuses, and what it gets wrong.
"""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from gpu_course import devices
from gpu_course.classical import measure
from gpu_course.deconvolution import (
    chunked,
    convolve,
    inverse_filter,
    overlap_for,
    psf,
    richardson_lucy,
    simulation,
    wiener,
)
from gpu_course.errors import CourseError
from gpu_course.lessons.deconvolution.convolution.solutions import blur_without_wrap
from gpu_course.lessons.deconvolution.introduction import solutions, spectra
from gpu_course.metrics.errors import nrmse
from gpu_course.pixel_classification import PixelClassifier, Recipe, features, seen
from gpu_course.scaling.deconvolution import Deconvolution
from tests import fake_mps

RANDOM = np.random.default_rng(0)
IMAGE = RANDOM.poisson(20, (6, 12, 16)).astype(np.float32)
LENS = np.outer([1, 2, 1], np.outer([1, 3, 1], [1, 3, 1])).reshape(3, 3, 3).astype(np.float32)
STEPS = (0.3, 0.1, 0.1)
ALL = ("gaussian", "gradient", "laplacian", "hessian", "structure")
MARKS = np.repeat([0, 1, 0, 2, 0], [2, 3, 4, 3, 4])[:, None] * np.ones(20, int)
CELLS = RANDOM.random(MARKS.shape) + MARKS
LABELS = np.kron(np.arange(6).reshape(2, 3), np.ones((3, 4), int))


def lens(like, **more):
    lengths = {"wavelength": 0.52, "numerical_aperture": 1.2, "like": like, **more}
    return psf.theoretical((5, 11, 11), STEPS, **lengths)


def learned(put):
    return PixelClassifier(Recipe(sigmas=(1, 2)), trees=7).fit(put(CELLS), put(MARKS))


def described(put, image=CELLS, **more):
    return features.compute(put(image), Recipe(sigmas=(1, 2), features=ALL), **more)


def pieces(image, put, **more):
    sizes = {"chunk": (6, 6, 16), "overlap": (0, 3, 0), "acceleration": None}
    return chunked(image, put(LENS), 3, **sizes | more)


def summed(put):
    """A callback is given views of the device."""
    sums = []
    richardson_lucy(
        put(IMAGE), put(LENS), 2, callback=lambda step: sums.append(float(step.estimate.sum()))
    )
    return np.array(sums)


def frequencies(put):
    otf = spectra.otf(put(LENS), IMAGE.shape)
    return solutions.inverse_with_floor(put(IMAGE), otf, 0.2)


RICHARDSON_LUCY = {
    "plain": {"acceleration": None},
    "accelerated": {},
    "given momenta": {"acceleration": [0.1, 0.2]},
    "total variation": {"tv": 0.01, "voxel_size": STEPS},
    "circular": {"boundary": "circular"},
    "background": {"background": 5},
    "stopped": {"stop": "discrepancy", "background": 1},
    "started": {"start": IMAGE.astype(np.float64) + 1},
}

WAYS = {
    **{
        f"convolve, {way}": lambda put, way=way: convolve(put(IMAGE), put(LENS), boundary=way)
        for way in ("zero", "circular", "reflect", "nearest")
    },
    **{
        f"convolve, {way}": lambda put, way=way: convolve(put(IMAGE), put(LENS), mode=way)
        for way in ("full", "valid")
    },
    "wiener": lambda put: wiener(put(IMAGE), put(LENS)),
    "inverse": lambda put: inverse_filter(put(IMAGE), put(LENS), cutoff=0.1),
    **{
        f"Richardson–Lucy, {name}": lambda put, more=more: richardson_lucy(
            put(IMAGE), put(LENS), 3, **more
        )
        for name, more in RICHARDSON_LUCY.items()
    },
    "Richardson–Lucy, faint": lambda put: 1e9 * richardson_lucy(put(1e-9 * IMAGE), put(LENS), 3),
    "Richardson–Lucy, a plane": lambda put: richardson_lucy(put(IMAGE[0]), put(LENS[0]), 3),
    "Richardson–Lucy, step by step": summed,
    "chunks": lambda put: pieces(put(IMAGE), put),
    "chunks, started": lambda put: pieces(IMAGE, put, start=IMAGE.astype(np.float64)),
    **{
        f"chunks of {kind}": lambda put, kind=kind: pieces(IMAGE.astype(kind), put, tv=0.002)
        for kind in ("float64", "uint16", "bool", ">u2")
    },
    "a block of a volume": lambda put: Deconvolution(LENS, 20.0, 3)(IMAGE),
    "theoretical PSF": lambda put: lens(put(IMAGE)),
    "at depth": lambda put: lens(put(IMAGE), depth=5, sample_index=1.33),
    "confocal": lambda put: lens(put(IMAGE), kind="confocal", model="scalar"),
    "cropped": lambda put: psf.crop(put(LENS), 0.9),
    "checked": lambda put: np.array(len(psf.check(put(LENS), put(IMAGE)))),
    "overlap": lambda put: np.array(overlap_for(put(LENS))),
    "simulated": lambda put: simulation.simulate(put(IMAGE), put(LENS), photons=20),
    "the lesson's blur": lambda put: blur_without_wrap(put(IMAGE), put(LENS)),
    "the lesson's inverse": frequencies,
    **{
        f"error of {kind}": lambda put, kind=kind: np.array(
            nrmse(put((IMAGE + 1).astype(kind)), put(IMAGE.astype(kind)))
        )
        for kind in ("float32", "float64", "uint16", "uint8")
    },
    "error of a part": lambda put: np.array(nrmse(put(IMAGE)[:, 2:5], put(IMAGE)[:, 3:6])),
    "features": described,
    "features of a stack": lambda put: described(put, IMAGE),
    "features of whole numbers": lambda put: described(put, IMAGE[0].astype(np.uint16)),
    "features, tile by tile": lambda put: described(put, tile=7),
    "features of a window": lambda put: described(put, window=np.s_[3:9, 2:11]),
    "features of colours": lambda put: features.compute(
        put(np.stack([CELLS, CELLS.T[:16].repeat(2, 1)[:, :20]], -1)),
        Recipe(sigmas=(1,), channels=2),
    ),
    "classes": lambda put: learned(put).predict(put(CELLS)),
    "probabilities": lambda put: learned(put).predict_proba(put(CELLS), window=np.s_[3:9, 2:11]),
    "classes of features": lambda put: (
        PixelClassifier(Recipe(sigmas=(1, 2), features=ALL), trees=7)
        .fit_features(described(put), put(MARKS))
        .label_features(described(put))
    ),
    "grey values seen": lambda put: np.array(
        dataclasses.astuple(seen.of([put(np.arange(2**21 + 7.0))]))
    ),
    "measured": lambda put: measure(put(CELLS[:6, :12]), put(LABELS)).to_numpy(),
}


@pytest.mark.parametrize("way", WAYS)
def test_as_in_numpy(way):
    expected = devices.to_numpy(WAYS[way](np.asarray))
    with fake_mps.computing():
        found = WAYS[way](devices.to_device)
        assert isinstance(found, np.ndarray | fake_mps.OnMps)
        found = devices.to_numpy(found)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-4 * abs(expected).max())


@pytest.mark.parametrize(
    "array",
    [
        np.float64(3),
        np.zeros((0, 3)),
        IMAGE[::-1, :, ::2],
        IMAGE.astype(np.complex128),
        IMAGE.astype(np.longdouble),
        IMAGE.astype(">u2"),
        IMAGE.astype(np.uint32) << 27,
        IMAGE.astype(np.uint64),
        IMAGE > 20,
        torch.from_numpy(IMAGE.astype(np.float64)),
        torch.from_numpy(IMAGE.astype(np.uint16)),
        [[1, 2], [3, 4]],
    ],
    ids=lambda array: str(getattr(array, "dtype", "list")),
)
def test_arrays_come_back_as_they_went(array):
    with fake_mps.computing():
        there = devices.to_device(array)
        assert isinstance(there, fake_mps.OnMps)
        assert devices.to_device(there).data_ptr() == there.data_ptr()
        twice = devices.to_numpy(there + there if there.dtype != torch.bool else there)
        back = devices.to_numpy(there)
    assert back.shape == np.shape(array)
    np.testing.assert_array_equal(back, np.asarray(array))
    assert twice.dtype == back.dtype


def test_numbers_that_apples_gpus_do_not_have_are_refused():
    with fake_mps.computing(), pytest.raises(CourseError, match="Keep it in NumPy"):
        devices.to_device(np.array([2**64 - 1], np.uint64))


def test_what_it_computed_on_is_told():
    with fake_mps.computing():
        arrays, networks = devices.array_library(), devices.torch()
        record = devices.device_record()
    assert [arrays.address, networks.address, arrays.kind] == ["mps", "mps", "GPU"]
    assert "mps" in [each["address"] for each in record["devices"]]


def test_a_tensor_on_cuda_is_measured_too(monkeypatch):
    monkeypatch.setattr(fake_mps, "PLACE", torch.device("cuda", 0))
    with fake_mps.computing():
        there = [devices.to_device(each) for each in (CELLS[:6, :12], LABELS)]
        assert there[0].device.type == "cuda"
        found = measure(*there)
    assert found.equals(measure(CELLS[:6, :12].astype(np.float32), LABELS))


# --- the stand-in -----------------------------------------------------------------------------


def flat():
    return torch.zeros(4, 6, device="mps")


REFUSED = {
    "float64": (TypeError, lambda: flat().double()),
    "complex128": (TypeError, lambda: torch.zeros(3, dtype=torch.complex128, device="mps")),
    "NumPy's float64": (TypeError, lambda: torch.asarray(np.zeros(3), device="mps")),
    "a look by NumPy": (TypeError, lambda: np.asarray(flat())),
    "numpy()": (TypeError, lambda: flat().numpy()),
    "mixing": (RuntimeError, lambda: flat() + torch.zeros(4, 6)),
    "pinned memory": (RuntimeError, lambda: flat().pin_memory()),
    "sums without a sign": (NotImplementedError, lambda: flat().to(torch.uint16) + 1),
    "a tiny limit": (AssertionError, lambda: flat().clamp(min=1e-7)),
    "a limit for a view": (AssertionError, lambda: flat()[:, 1:3].clamp_(min=0)),
    "sorting a view": (AssertionError, lambda: torch.sort(flat().reshape(-1)[::2])),
    "NaN in a view": (AssertionError, lambda: torch.isfinite(flat()[:, 1:3])),
    "weights with channels last": (
        AssertionError,
        lambda: torch.nn.functional.conv2d(
            torch.zeros(1, 2, 4, 4, device="mps"),
            torch.zeros(2, 2, 3, 3, device="mps").to(memory_format=torch.channels_last),
        ),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_the_stand_in_refuses(what):
    kind, call = REFUSED[what]
    with fake_mps.computing(), pytest.raises(kind):
        call()


def test_the_stand_in_copies_and_tells_where_it_is():
    here = np.zeros(3, np.float32)
    with fake_mps.computing():
        there = torch.asarray(here, device="mps")
        there += 1
        back = there.cpu()
        back += 1
        assert str(there.device) == "mps:0"
        assert str(back.device) == "cpu"
        assert there.tolist() == [1, 1, 1]
    assert here.tolist() == [0, 0, 0]
