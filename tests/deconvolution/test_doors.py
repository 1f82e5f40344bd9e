"""What users bring to deconvolution: each becomes the right value, or one sentence."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage

from gpu_course.deconvolution import (
    chunked,
    convolve,
    inverse_filter,
    memory_needed,
    overlap_for,
    psf,
    richardson_lucy,
    wiener,
)
from gpu_course.deconvolution.profile_widths import broadening, widths
from gpu_course.deconvolution.psf_faults import displacement
from gpu_course.deconvolution.simulation import bead_image, expected, simulate
from gpu_course.deconvolution.stopping import noise_deviance
from gpu_course.deconvolution.units import lengths, number, whole
from gpu_course.errors import CourseError

KERNEL = psf.gaussian((9, 9), 0.15, 0.1)
TRUTH = np.full((40, 40), 20.0)
TRUTH[12:25, 12:25] = 300
COUNTED = np.random.default_rng(0).poisson(ndimage.gaussian_filter(TRUTH, 1.5)).astype(float)


def solve(image, kernel=KERNEL, iterations=5, **options):
    return richardson_lucy(image, kernel, iterations, **options)


# --- stopping -------------------------------------------------------------------------------------


def test_photons_are_explained_and_stopped_at():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert solve(COUNTED, iterations=60, stop="discrepancy").std() > 40


def test_an_image_from_0_to_1_is_no_flat_grey():
    with pytest.raises(CourseError, match="in photons"):
        solve(COUNTED / COUNTED.max(), stop="discrepancy")


def test_an_image_of_too_many_grey_values_never_stops_and_says_so():
    with pytest.warns(UserWarning, match="stopped nothing"):
        solve(COUNTED * 100, stop="discrepancy")


def test_a_first_estimate_that_explains_the_image_comes_back():
    start = solve(COUNTED, iterations=60, stop="discrepancy")
    np.testing.assert_allclose(solve(COUNTED, start=start, stop="discrepancy"), start)


WITH_OFFSET = psf.gaussian((19, 39), 0.15, 0.1) * 40000 + 100
"""A picture of a bead, with 100 counts that the camera adds to each pixel."""

# --- the PSF --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "undo", [solve, wiener, lambda i, p: inverse_filter(i, p, cutoff=0.2), "chunks"]
)
@pytest.mark.parametrize(
    ("spoilt", "says"),
    [
        (np.roll(KERNEL, 3, axis=1), r"\(0, 3\) voxels beside"),
        (np.roll(KERNEL, -1, axis=0), r"\(-1, 0\) voxels beside"),
        (np.fft.ifftshift(KERNEL), "voxels beside"),
        (np.full((9, 9), 1 / 81), "same in every voxel"),
        (WITH_OFFSET, "lowest voxel of the PSF has 3% of the highest"),
    ],
)
def test_a_psf_that_spoils_the_result_is_noticed(undo, spoilt, says):
    if undo == "chunks":

        def undo(image, kernel):
            return chunked(image, kernel, 2, chunk=(20, 40), overlap=(9, 0))

    with pytest.warns(UserWarning, match=says) as caught:
        undo(COUNTED, spoilt)
    assert len(caught) == 1


@pytest.mark.parametrize(
    "kernel",
    [
        KERNEL,
        KERNEL + 0.001,
        np.array([[1, 2, 1]]),
        np.ones((1, 1)),
        KERNEL * np.linspace(0.5, 1, 9),
        psf.gaussian((8, 8), 0.15, 0.1),
        np.where(KERNEL.max() == KERNEL, 0, KERNEL),  # a ring has no light in its middle
    ],
)
def test_other_psfs_are_not_accused(kernel):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        solve(COUNTED, kernel)
    assert not any(displacement(np.asarray(kernel, float)))


def test_check_calls_a_uniform_psf_by_its_name():
    (said,) = psf.check(np.full((5, 5), 0.04))
    assert "same in every voxel" in said


# --- lengths --------------------------------------------------------------------------------------

LENS = {"wavelength": 0.52, "numerical_aperture": 1.2, "refractive_index": 1.33}


@pytest.mark.parametrize("form", [np.float32, np.float64, np.array, float, lambda v: [v, v]])
def test_a_length_counts_in_every_form(form):
    np.testing.assert_allclose(psf.gaussian((9, 9), 0.15, form(0.1)), KERNEL, atol=1e-7)
    usual = psf.theoretical((9, 9), 0.1, **LENS)
    np.testing.assert_allclose(psf.theoretical((9, 9), form(0.1), **LENS), usual, atol=1e-7)


@pytest.mark.parametrize(
    ("edge", "says"),
    [
        (1e-4, "mm or m"), (1e-7, "mm or m"), (100, "nm"), ("0,1", "without quotes"),
        ("0.1", "without quotes"), (None, "None"), ((0.1, 0.1, 0.1), "3 numbers for 2"),
        (float("nan"), "µm"), (-0.1, "µm"), (True, "µm"), (["0.1", "0.1"], "without quotes"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "door",
    [
        lambda edge: psf.gaussian((9, 9), 0.15, edge),
        lambda edge: psf.theoretical((9, 9), edge, **LENS),
        lambda edge: psf.from_beads(np.ones((20, 20)), edge, (5, 5)),
        lambda edge: widths(KERNEL, edge),
        lambda edge: broadening(KERNEL, edge, 0.1),
    ],
)
def test_a_voxel_in_another_unit_is_named(door, edge, says):
    with pytest.raises(CourseError, match=says):
        door(edge)


@pytest.mark.parametrize("sigma", [0.15e-3, 150, "0,15", None, (0.1, 0.1, 0.1), -1])
def test_a_width_in_another_unit_is_named(sigma):
    with pytest.raises(CourseError, match=r"µm|axes"):
        psf.gaussian((9, 9), sigma, 0.1)


@pytest.mark.parametrize(
    "changed",
    [
        {"wavelength": 520}, {"wavelength": 520e-9}, {"wavelength": "0,52"}, {"wavelength": None},
        {"wavelength": [0.52, 0.6]}, {"numerical_aperture": "1.2"}, {"refractive_index": None},
        {"depth": "5"}, {"depth": 10_000}, {"sample_index": [1.33]},
    ],
)  # fmt: skip
def test_a_lens_that_cannot_be_is_named(changed):
    with pytest.raises(CourseError):
        psf.theoretical((9, 9), 0.1, **LENS | changed)


def test_a_lens_in_other_forms_is_the_same():
    usual = psf.theoretical((9, 9), 0.1, **LENS)
    forms = {"wavelength": np.float64(0.52), "numerical_aperture": np.array(1.2)}
    np.testing.assert_array_equal(psf.theoretical((9, 9), 0.1, **LENS | forms), usual)


@pytest.mark.parametrize("edges", ["0,1", (0.3, 100), (0.1, 0.1, 0.1), (0, 1), [None, 1]])
def test_the_voxels_of_total_variation_are_looked_at(edges):
    with pytest.raises(CourseError, match="voxel_size"):
        solve(COUNTED, tv=0.01, voxel_size=edges)


@pytest.mark.parametrize("unit", [1, 1e-9, 1e3])
def test_only_the_ratio_of_edges_counts_for_total_variation(unit):
    usual = solve(COUNTED, tv=0.01, voxel_size=(0.2, 0.1))
    scaled = solve(COUNTED, tv=0.01, voxel_size=(0.2 * unit, 0.1 * unit))
    np.testing.assert_allclose(scaled, usual, rtol=1e-5)


# --- numbers --------------------------------------------------------------------------------------

WRONG = ["0,1", float("nan"), None, True, [0.1, 0.2], -1, 3 + 1j, float("inf")]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(
    "door",
    [
        lambda value: solve(COUNTED, iterations=value),
        lambda value: solve(COUNTED, tv=value),
        lambda value: solve(COUNTED, background=value),
        lambda value: wiener(COUNTED, KERNEL, noise=value),
        lambda value: inverse_filter(COUNTED, KERNEL, cutoff=value),
        lambda value: psf.crop(KERNEL, value),
        lambda value: chunked(COUNTED, KERNEL, value, chunk=(20, 40), overlap=(9, 0)),
        lambda value: chunked(COUNTED, KERNEL, 2, chunk=value),
        lambda value: overlap_for(KERNEL, iterations=value),
        lambda value: simulate(TRUTH, KERNEL, background=value),
        lambda value: simulate(TRUTH, KERNEL, read_noise=value),
        lambda value: simulate(TRUTH, KERNEL, seed=value),
    ],
)
def test_every_number_is_looked_at(door, wrong):
    with pytest.raises(CourseError):
        door(wrong)


def test_numbers_in_other_forms_are_numbers():
    usual = solve(COUNTED, iterations=5, tv=0.01, background=2)
    forms = solve(COUNTED, iterations=np.float64(5), tv=np.float32(0.01), background=np.array(2))
    np.testing.assert_allclose(forms, usual, rtol=1e-5)
    assert number(np.int8(3), "n") == 3.0
    assert whole(4.0, "n") == 4
    assert lengths(np.float32(2), 2, "x") == (2.0, 2.0)


def test_only_the_mean_is_no_result():
    with pytest.raises(CourseError, match="same in every voxel"):
        inverse_filter(COUNTED, KERNEL, cutoff=0.9999)
    with pytest.raises(CourseError, match="same in every voxel"):
        solve(COUNTED, background=1e6, iterations=50)


# --- arrays ---------------------------------------------------------------------------------------

UNDO = {
    "convolve": convolve,
    "richardson_lucy": solve,
    "wiener": wiener,
    "inverse_filter": lambda image, kernel=KERNEL: inverse_filter(image, kernel, cutoff=0.3),
    "chunked": lambda image, kernel=KERNEL: chunked(
        image, kernel, 5, chunk=(20, 40), overlap=(9, 0), acceleration=None
    ),
}


@pytest.mark.parametrize("name", UNDO)
@pytest.mark.parametrize("k", [1e-30, 1e-12, 1e-3, 1e12, 1e30, 1e37])
def test_the_unit_of_grey_values_decides_nothing(name, k):
    usual = UNDO[name](COUNTED, KERNEL)
    scaled = UNDO[name](COUNTED / 400 * k, KERNEL).astype(float) * (400 / k)
    np.testing.assert_allclose(scaled, usual, atol=1e-4 * usual.max())


@pytest.mark.parametrize("name", UNDO)
@pytest.mark.parametrize(
    "form",
    [
        lambda a: a.tolist(),
        lambda a: pytest.importorskip("dask.array").from_array(a, chunks=16),
        np.ma.masked_array,
        np.asfortranarray,
        lambda a: a.astype(">f4"),
    ],
    ids=["list", "Dask", "masked nowhere", "Fortran", "big-endian"],
)
def test_every_kind_of_array_is_the_same_image(name, form):
    usual = UNDO[name](COUNTED, KERNEL)
    other = UNDO[name](form(COUNTED), KERNEL)
    assert type(other) is np.ndarray
    np.testing.assert_allclose(other, usual, rtol=1e-4, atol=1e-4 * usual.max())
    np.testing.assert_allclose(
        UNDO[name](COUNTED, form(KERNEL)), usual, rtol=1e-4, atol=1e-4 * usual.max()
    )


@pytest.mark.parametrize("name", UNDO)
@pytest.mark.parametrize(
    ("spoilt", "says"),
    [
        (np.ma.masked_less(COUNTED, 30), "masked array"),
        (COUNTED * 1e300, "more than float32"),
        (COUNTED * 1e-60, "less than float32"),
        (COUNTED.astype(str), "real numbers"),
        ([[1, 2], [3]], "equal length"),
    ],
)
def test_what_cannot_be_computed_is_named(name, spoilt, says):
    with pytest.raises(CourseError, match=says):
        UNDO[name](spoilt, KERNEL)


def test_the_callback_sees_the_units_of_the_image():
    seen = []
    solve(COUNTED * 1e20, callback=lambda step: seen.append(float(step.estimate.mean())))
    np.testing.assert_allclose(seen[-1], COUNTED.mean() * 1e20, rtol=0.05)


# --- forms of arrays ------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize("form", [np.matrix, pd.DataFrame, np.ndarray.tolist], ids=str)
@pytest.mark.parametrize(
    "undo",
    [
        solve,
        lambda image, kernel: solve(image, kernel, tv=0.01),
        lambda image, kernel: solve(image, kernel, boundary="circular"),
        lambda image, kernel: chunked(image, kernel, 3, chunk=(20, 40)),
        wiener,
        convolve,
    ],
    ids=["Richardson–Lucy", "total variation", "circular", "chunks", "Wiener", "blur"],
)
def test_what_holds_the_same_numbers_gives_the_same_result(undo, form):
    wanted = undo(COUNTED, KERNEL)
    np.testing.assert_array_equal(np.asarray(undo(form(COUNTED), KERNEL)), wanted)
    np.testing.assert_array_equal(np.asarray(undo(COUNTED, form(KERNEL))), wanted)


def test_chunks_begin_with_a_list_or_a_table():
    first = np.full(COUNTED.shape, 30.0)
    wanted = chunked(COUNTED, KERNEL, 3, chunk=(20, 40), start=first)
    for start in (first.tolist(), pd.DataFrame(first)):
        found = chunked(COUNTED, KERNEL, 3, chunk=(20, 40), start=start)
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("unit", [1e-30, 1e-8, 1e20, 2e38])
def test_a_psf_counts_in_any_unit(unit):
    kernel = KERNEL.astype(np.float64) / KERNEL.max() * unit
    for undo in (solve, wiener, convolve):
        wanted = undo(COUNTED, KERNEL)
        assert np.ptp(wanted) > 1
        np.testing.assert_allclose(undo(COUNTED, kernel), wanted, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(psf.crop(kernel, 0.9), psf.crop(KERNEL, 0.9), rtol=1e-5)


# --- the other doors ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoilt", "says"),
    [
        (np.zeros((7, 7)), "dark in its centre"),
        (-KERNEL, "dark in its centre"),
        (np.roll(KERNEL, 2, axis=0), r"\(2, 0\) voxels beside"),
        (KERNEL * np.nan, "NaN"),
        (KERNEL * 1j, "real numbers are needed"),
        (KERNEL[4], "is needed"),
        (None, "is needed"),
        ("psf", "is needed"),
    ],
    ids=["dark", "negative", "rolled", "NaN", "complex", "1D", "None", "text"],
)
def test_what_is_no_psf_has_no_width(spoilt, says):
    for call in (lambda: widths(spoilt, 0.1), lambda: broadening(spoilt, 0.1, 0.2)):
        with pytest.raises(CourseError, match=says):
            call()


def test_a_list_has_the_width_of_its_numbers():
    assert widths(KERNEL.tolist(), 0.1) == widths(KERNEL, 0.1)


def test_a_psf_with_holes_is_not_cropped():
    with pytest.raises(CourseError, match="negative values"):
        psf.crop(KERNEL - 0.01)


def test_faults_are_found_in_lists_and_masked_arrays():
    assert psf.check(KERNEL.tolist(), COUNTED.tolist()) == psf.check(KERNEL, COUNTED)
    assert "larger than the image" in psf.check(KERNEL, np.ones((5, 5)).tolist())[-1]
    (fault,) = psf.check(np.ma.masked_less(KERNEL, 0.01))
    assert "masked" in fault
    assert psf.check(np.zeros((0, 3)))


@pytest.mark.parametrize(
    "options",
    [
        {"background": 1e20},
        {"read_noise": 1e39},
        {"read_noise": float("inf")},
        {"object": COUNTED * 1e20},
        {"photons": 1e30},
    ],
    ids=str,
)
def test_more_photons_than_can_be_counted_are_refused(options):
    given = {"object": COUNTED, "psf": KERNEL} | options
    with pytest.raises(CourseError):
        simulate(**given)


def test_what_is_expected_is_the_same_in_every_library():
    torch = pytest.importorskip("torch")
    wanted = expected(COUNTED, KERNEL)
    np.testing.assert_array_equal(expected(torch.tensor(COUNTED), torch.tensor(KERNEL)), wanted)


SMALL = psf.gaussian((5, 5, 5), 0.15, 0.1)
TWO = [[4, 5, 6], [8, 9.5, 9]]


def test_beads_are_where_they_were_put():
    picture = bead_image((16, 16, 16), TWO, 1e6, SMALL, background=0)
    for z, y, x in TWO:
        near = picture[int(z) - 2 : int(z) + 3, int(y) - 2 : int(y) + 4, int(x) - 2 : int(x) + 3]
        assert near.sum() == pytest.approx(1e6, rel=0.1)
    assert bead_image((8, 8, 8), [], [], SMALL).mean() == pytest.approx(10, rel=0.1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"shape": (16, 16)},
        {"shape": (0, 16, 16)},
        {"positions": [[4, 5]]},
        {"positions": [[4, 5, 99]]},
        {"positions": [[4, 5, float("nan")]]},
        {"positions": "here"},
        {"light": [1, 2, 3]},
        {"light": [-1, 2]},
        {"light": float("inf")},
        {"background": -1},
        {"background": "10"},
        {"seed": -1},
        {"seed": None},
        {"psf": KERNEL},
    ],
    ids=str,
)
def test_beads_that_cannot_be_are_refused(wrong):
    given = {"shape": (16, 16, 16), "positions": TWO, "light": 100, "psf": SMALL} | wrong
    with pytest.raises(CourseError):
        bead_image(given.pop("shape"), given.pop("positions"), given.pop("light"), **given)


@pytest.mark.parametrize(
    "background", [float("inf"), -float("inf"), float("nan"), -1e30, 1e30, "5", True]
)
def test_a_background_of_beads_is_a_grey_value(background):
    places = [[12, 12, 12], [12, 28, 28]]
    stack = bead_image((24, 40, 40), places, 2e4, psf.gaussian((9, 9, 9), 0.15, 0.1))
    with pytest.raises(CourseError, match="background"):
        psf.from_beads(stack, 0.1, (9, 9, 9), background=background)


@pytest.mark.parametrize(
    "wrong",
    [
        {"shape": 5},
        {"shape": None},
        {"shape": (0, 9)},
        {"shape": (9.5, 9)},
        {"psf_shape": (10, 3)},
        {"psf_shape": (3, 3, 3)},
        {"boundary": "zero"},
        {"acceleration": "fast"},
        {"tv": "0.1"},
    ],
    ids=str,
)
def test_memory_is_foretold_of_what_can_be(wrong):
    given = {"shape": (9, 9), "psf_shape": (3, 3)} | wrong
    with pytest.raises(CourseError):
        memory_needed(given.pop("shape"), given.pop("psf_shape"), **given)


def test_memory_of_given_momenta_is_that_of_momenta():
    assert memory_needed((9, 9), (3, 3), acceleration=np.array([0.1, 0.2])) == memory_needed(
        (9, 9), (3, 3)
    )


@pytest.mark.parametrize("like", [[1, 2], "cuda", 3])
def test_a_psf_is_made_in_the_memory_of_an_array(like):
    with pytest.raises(CourseError, match="like is"):
        psf.theoretical((9, 9), 0.1, wavelength=0.5, numerical_aperture=1.2, like=like)


def test_a_callback_can_be_called():
    with pytest.raises(CourseError, match="cannot be called"):
        solve(COUNTED, callback=3)


def test_negative_photons_leave_no_deviance():
    with pytest.raises(CourseError, match="counted from 0"):
        noise_deviance(-COUNTED)
