"""A PSF that would spoil a volume without a word is told of, by the function and at the door."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
import tifffile

pytest.importorskip("zarr", reason="the extra scaling is not installed")
pytest.importorskip("ome_zarr", reason="the extra scaling is not installed")

from gpu_course.deconvolution import psf as psfs
from gpu_course.scaling import open_image, process, save_image
from gpu_course.scaling.planning import lens_for
from gpu_course.scaling.psf_file import read_psf

VOXEL = (0.5, 0.25, 0.25)
PSF = psfs.gaussian((9, 9, 9), (0.5, 0.25, 0.25), VOXEL)


@pytest.fixture
def store(tmp_path):
    image = np.random.default_rng(0).poisson(50, (12, 24, 24)).astype(np.uint16)
    return save_image(tmp_path / "in.zarr", image, VOXEL)


def deconvolved(store, psf):
    return process(store, store.with_name("out.zarr"), steps=["deconvolve"], psf=psf, iterations=2)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda psf: np.roll(psf, 2, axis=1), r"light lies \(0, 2, 0\) voxels beside"),
        (lambda psf: psf / psf.max() * 1000 + 100, "a background is left in it"),
        (lambda psf: np.ones((3, 3, 3)), "the same in every voxel"),
        (lambda psf: psfs.gaussian((3, 9, 9), (0.5, 0.25, 0.25), VOXEL), "is cut too small"),
    ],
    ids=["moved", "background", "flat", "cut"],
)
def test_a_psf_that_spoils_the_result_is_told_once(store, spoil, said):
    with pytest.warns(UserWarning, match=said) as heard:
        deconvolved(store, spoil(PSF))
    assert len(heard) == 1
    assert heard[0].filename == __file__


@pytest.mark.parametrize("times", [1, 60_000])
def test_a_good_psf_of_any_sum_is_not_doubted(store, times):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        deconvolved(store, PSF * times)


def measured(seed, peak=1000):
    """Return a bead of a confocal microscope: where it is brightest, noise decides."""
    bead = psfs.gaussian((12, 17, 17), (1.5, 0.5, 0.5), VOXEL)
    return np.random.default_rng(seed).poisson(bead * (peak / bead.max())).astype(np.uint16)


def test_a_good_psf_of_any_kind_is_not_doubted(store):
    width = (0.3, 0.12, 0.12)
    good = [psfs.gaussian(shape, width, VOXEL) for shape in ((3, 3, 3), (8, 8, 8), (1, 9, 9))]
    y = np.arange(8) - 3.5  # an even number of voxels, the middle between two of them
    one = np.exp(-(y**2) / 2)
    good.append(one[:, None, None] * one[:, None] * one)
    good += [measured(seed) for seed in range(4)]
    brightest = {np.unravel_index(psf.argmax(), psf.shape) for psf in good[-4:]}
    assert len(brightest) > 1
    image = open_image(store)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for psf in good:
            lens_for(psf, image, 2, 0.0)


def imagej(file, psf, spacing, edge, unit="um"):
    how = {"resolution": (1 / edge, 1 / edge), "metadata": {"axes": "ZYX"}}
    how["metadata"] |= {"spacing": spacing, "unit": unit}
    tifffile.imwrite(file, psf, imagej=True, **how)


def ome(file, psf, spacing, edge, unit="µm"):
    sizes = {"PhysicalSizeZ": spacing, "PhysicalSizeY": edge, "PhysicalSizeX": edge}
    units = {f"{name}Unit": unit for name in sizes}
    tifffile.imwrite(file, psf, ome=True, metadata={"axes": "ZYX", **sizes, **units})


@pytest.mark.parametrize("write", [imagej, ome])
def test_a_psf_for_other_voxels_is_told(tmp_path, write):
    file = tmp_path / "psf.ome.tif"
    for spacing, edge, unit in ((0.5, 0.25, "µm"), (500, 250, "nm"), (0.51, 0.25, "µm")):
        write(file, PSF, spacing, edge, unit.replace("µm", "um") if write is imagej else unit)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            np.testing.assert_array_equal(read_psf(file, VOXEL), PSF)
    write(file, PSF, 0.2, 0.1)
    with pytest.warns(UserWarning, match=r"PSF says voxels of 0\.2 × 0\.1 × 0\.1 µm \(z, y, x\)"):
        read_psf(file, VOXEL)


@pytest.mark.parametrize("unit", ["pixel", "", "inch"])
def test_a_psf_that_says_no_length_is_not_doubted(tmp_path, unit):
    imagej(tmp_path / "psf.tif", PSF, 1, 1, unit)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_psf(tmp_path / "psf.tif", VOXEL)


def test_at_the_door_a_doubt_is_a_sentence(tmp_path, store):
    imagej(tmp_path / "psf.tif", np.roll(PSF, 2, axis=1), 0.2, 0.1)
    words = ["process", store, tmp_path / "out.zarr", "--psf", tmp_path / "psf.tif"]
    words += ["--iterations", "2", "--steps", "deconvolve"]
    done = subprocess.run(
        [sys.executable, "-m", "gpu_course", *map(str, words)],
        capture_output=True, text=True, encoding="utf-8", check=True, timeout=300,
    )  # fmt: skip
    assert "gpu-course: The PSF says voxels of 0.2 × 0.1 × 0.1 µm (z, y, x), and" in done.stderr
    assert "gpu-course: The PSF's light lies (0, 2, 0) voxels beside its middle" in done.stderr
    assert "UserWarning" not in done.stderr


OTHERS = """
import warnings
from gpu_course import command_line
def doubtful():
    warnings.warn_explicit("of another", UserWarning, "/elsewhere/module.py", 3)
    warnings.warn_explicit("of a kind of its own", SyntaxWarning, command_line.__file__, 3)
command_line.ends_well(doubtful, "toy")
warnings.warn_explicit("of us, later", UserWarning, command_line.__file__, 4)
"""


def test_warnings_of_others_are_shown_as_ever():
    done = subprocess.run(
        [sys.executable, "-c", OTHERS], capture_output=True, text=True, check=True, timeout=100
    )
    assert "module.py:3: UserWarning: of another" in done.stderr
    assert "SyntaxWarning: of a kind of its own" in done.stderr
    assert "UserWarning: of us, later" in done.stderr


def test_both_code_points_of_micro_are_micrometres(tmp_path):
    for name in ("\u00b5m", "\u03bcm"):
        ome(tmp_path / "psf.ome.tif", PSF, 0.2, 0.1, name)
        with pytest.warns(UserWarning, match=r"PSF says voxels of 0\.2"):
            read_psf(tmp_path / "psf.ome.tif", VOXEL)
