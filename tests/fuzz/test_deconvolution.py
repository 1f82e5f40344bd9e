"""Deconvolution: every image, PSF, length and number, against convolution from its definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_course.deconvolution import (
    chunked,
    convolve,
    inverse_filter,
    memory_needed,
    overlap_for,
    psf,
    richardson_lucy,
    simulation,
    wiener,
)
from gpu_course.deconvolution.profile_widths import broadening, widths
from gpu_course.deconvolution.stopping import noise_deviance
from tests.fuzz.things import NUMBERS, REFUSED, Given, answer, close, images

pytestmark = pytest.mark.filterwarnings("ignore")


@st.composite
def pairs(draw):
    """Draw an image and a PSF for it: a Gaussian, lopsided or not, or another image."""
    image = draw(images())
    if not draw(st.integers(0, 5)):
        return image, draw(images(units=(1.0,)))
    shape = () if image.values is None else image.values.shape
    size = tuple(draw(st.integers(1, max(1, min(n, 7)))) for n in shape)
    axes = np.meshgrid(*[np.arange(n) - n // 2 for n in size], indexing="ij")
    width = draw(st.floats(0.4, 3))
    kernel = np.exp(-sum(a**2 for a in axes) / (2 * width**2)) if size else np.array(1.0)
    if draw(st.booleans()):
        kernel = kernel * np.linspace(1, draw(st.floats(0, 1)), kernel.size).reshape(size)
    kernel = kernel * draw(st.sampled_from((1.0, 1e-20, 1e20, 1e38)))
    return image, Given(kernel, kernel, kernel.ndim in (2, 3))


def shares(kernel):
    return kernel / kernel.sum()


def blurred(image, kernel):
    """Blur with nothing outside, voxel by voxel of the PSF."""
    wide = np.zeros([n + p - 1 for n, p in zip(image.shape, kernel.shape, strict=True)])
    for place in np.ndindex(kernel.shape):
        part = tuple(slice(s, s + n) for s, n in zip(place, image.shape, strict=True))
        wide[part] += kernel[place] * image
    return wide[
        tuple(slice(p // 2, p // 2 + n) for n, p in zip(image.shape, kernel.shape, strict=True))
    ]


def fits(image, kernel):
    """Say whether a blur must be possible: all is real, finite, and representable."""
    if not (image.usable and kernel.usable):
        return False
    if kernel.values.ndim != image.values.ndim or kernel.values.min() < 0:
        return False
    if any(p > n for p, n in zip(kernel.values.shape, image.values.shape, strict=True)):
        return False
    highest = np.abs(image.values).max()
    return kernel.values.sum() > 0 and (highest == 0 or 1e-36 <= highest < 3e38)


@given(pairs())
def test_a_blur_is_the_definition_or_refused(pair):
    image, kernel = pair
    found = answer(convolve, image.held, kernel.held)
    assert (found is not REFUSED) == fits(image, kernel)
    if found is not REFUSED:
        close(found, blurred(image.values, shares(kernel.values)))


def transfer(kernel, shape):
    corner = np.zeros(shape)
    corner[tuple(slice(0, p) for p in kernel.shape)] = kernel
    back = [-(p // 2) for p in kernel.shape]
    return np.fft.fftn(np.roll(corner, back, axis=tuple(range(len(shape)))))


@given(pairs(), st.sampled_from((0.01, 0.1, 1.0)))
def test_wieners_filter_is_its_formula_or_refused(pair, noise):
    image, kernel = pair
    found = answer(wiener, image.held, kernel.held, noise=noise, boundary="circular")
    if found is REFUSED:
        assert not fits(image, kernel)
        return
    spectrum = transfer(shares(kernel.values), image.values.shape)
    gain = spectrum.conj() / (np.abs(spectrum) ** 2 + noise)
    close(found, np.fft.ifftn(np.fft.fftn(image.values) * gain).real, 1e-3)


@given(pairs(), st.sampled_from((0.2, 0.5, 0.999)))
def test_the_inverse_filter_is_its_formula_and_never_the_mean(pair, cutoff):
    image, kernel = pair
    found = answer(inverse_filter, image.held, kernel.held, cutoff=cutoff, boundary="circular")
    if found is REFUSED:
        return
    assert fits(image, kernel)
    spectrum = transfer(shares(kernel.values), image.values.shape)
    if (np.abs(np.abs(spectrum) - cutoff) < 1e-4).any():
        return  # rounding decides whether a wave is kept
    kept = np.abs(spectrum) > cutoff
    gain = np.where(kept, 1 / np.where(kept, spectrum, 1), 0)
    wanted = np.fft.ifftn(np.fft.fftn(image.values) * gain).real
    close(found, wanted, 1e-3)
    assert np.ptp(image.values) <= 1e-3 * np.abs(image.values).max() or np.ptp(wanted) > 0


@given(pairs())
def test_richardson_lucy_is_its_formula_or_refused(pair):
    image, kernel = pair
    found = answer(
        richardson_lucy, image.held, kernel.held, 4, boundary="circular", acceleration=None
    )
    if found is REFUSED:
        assert not fits(image, kernel) or image.values.min() < 0 or is_flat(kernel.values)
        return
    values = image.values
    spectrum = transfer(shares(kernel.values), values.shape)
    highest = values.max() or 1.0
    guess = np.full(values.shape, max(values.mean(), 1e-3 * highest))
    for _ in range(4):
        model = np.fft.ifftn(np.fft.fftn(guess) * spectrum).real
        ratio = values / np.maximum(model, 1e-6 * highest)
        guess = guess * np.fft.ifftn(np.fft.fftn(ratio) * spectrum.conj()).real
    if values.any():
        close(found, guess, 1e-3)
    else:
        assert np.asarray(found).max() < 1e-9


def is_flat(kernel):
    """A PSF as large as the image and the same everywhere says nothing about the object."""
    return kernel.min() > 0.9 * kernel.max()


@given(pairs(), NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_any_number_of_richardson_lucy(pair, iterations, tv, background, voxel):
    image, kernel = pair
    if isinstance(iterations, int | float) and iterations > 20:
        iterations = "3"
    found = answer(
        richardson_lucy, image.held, kernel.held, iterations, tv=tv, background=background,
        voxel_size=voxel,
    )  # fmt: skip
    if found is not REFUSED:
        assert np.isfinite(np.asarray(found)).all()
        varied = np.ptp(image.values) > 1e-3 * np.abs(image.values).max()
        assert not varied or np.ptp(np.asarray(found)) > 0


@given(pairs(), st.sampled_from((None, "discrepancy", "never", 1)))
def test_stopping_hands_out_no_starting_estimate(pair, stop):
    image, kernel = pair
    found = answer(richardson_lucy, image.held, kernel.held, 20, stop=stop)
    if found is not REFUSED:
        varied = np.ptp(image.values) > 1e-3 * np.abs(image.values).max()
        assert not varied or np.ptp(np.asarray(found)) > 0


@given(
    pairs(), st.one_of(NUMBERS, st.tuples(NUMBERS, NUMBERS), st.just((4, 4)), st.just((4, 4, 4)))
)
def test_chunks_are_the_whole_or_refused(pair, chunk):
    image, kernel = pair
    options = {"acceleration": None, "boundary": "non-circulant"}
    found = answer(chunked, image.held, kernel.held, 2, chunk=chunk, **options)
    if found is REFUSED:
        return
    whole = answer(richardson_lucy, image.held, kernel.held, 2, **options)
    if whole is not REFUSED:
        close(found, np.asarray(whole, np.float64), 0.02)


@given(st.tuples(st.integers(1, 9), st.integers(1, 9)), NUMBERS, NUMBERS)
def test_a_gaussian_is_its_formula_or_refused(shape, sigma, voxel):
    found = answer(psf.gaussian, shape, sigma, voxel)
    if found is REFUSED:
        return
    down, right = np.broadcast_to(sigma, 2) / np.broadcast_to(voxel, 2)
    y, x = (np.arange(n) - n // 2 for n in shape)
    wanted = np.exp(-(y[:, None] ** 2) / (2 * down**2) - x**2 / (2 * right**2))
    close(found, wanted / wanted.sum())
    assert found.size == 1 or np.ptp(found) > 0


@given(NUMBERS, NUMBERS, NUMBERS, st.sampled_from((1.0, 1e-3, 1e-6, 1e3)))
def test_a_theoretical_psf_has_a_shape_or_is_refused(wavelength, aperture, depth, unit):
    for changed in (
        {},
        {"wavelength": wavelength},
        {"numerical_aperture": aperture},
        {"depth": depth},
    ):
        lens = {"wavelength": 0.52, "numerical_aperture": 1.2, "refractive_index": 1.33} | changed
        found = answer(psf.theoretical, (9, 9), 0.1 * unit, **lens)
        if found is not REFUSED:
            assert unit == 1
            assert found.max() > 1.05 * found.min()
        elif not changed:
            assert unit != 1


@given(images(), images(), NUMBERS, NUMBERS)
def test_all_other_doors_answer_or_refuse(one, other, number, another):
    for door, given_ in (
        (psf.crop, (one.held, number)),
        (overlap_for, (one.held,)),
        *([(noise_deviance, (one.held,))] if one.usable else []),
        (psf.from_beads, (one.held, number, (3, 3, 3))),
    ):
        answer(door, *given_)
    psf.check(np.zeros((3, 3)))
    answer(overlap_for, np.ones((3, 3)), iterations=number)
    answer(memory_needed, (9, 9), (3, 3), tv=0.0)
    answer(widths, psf.gaussian((9, 9), 0.2, 0.1), number)
    answer(broadening, psf.gaussian((9, 9), 0.2, 0.1), 0.1, number)
    kernel = np.ones((1,) * max(1, min(3, np.ndim(one.values) if one.values is not None else 2)))
    answer(simulation.simulate, one.held, kernel, photons=number, background=another)
    answer(simulation.simulate, np.ones((4, 4)), np.ones((1, 1)), read_noise=number, seed=another)


def test_the_deviance_of_text_is_refused():
    assert answer(noise_deviance, np.array(["-", "0"])) is REFUSED
