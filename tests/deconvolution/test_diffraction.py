"""The diffraction integrals against formulas, against each other, and against psfmodels."""

from functools import partial

import array_api_compat
import numpy as np
import pytest
from scipy import special
from scipy.integrate import quad

from gpu_course.deconvolution import arrays, optics, psf
from gpu_course.deconvolution.diffraction import Lens, profile
from gpu_course.devices import to_numpy

# psfmodels 0.3.3: wavelength 0.52 µm, pixels of 0.1 µm, 9 × 9, heights of -0.8, 0 and 0.8 µm from
# the depth; relative to its brightest voxel, at VOXELS.
VOXELS = [(0, 4, 4), (0, 4, 7), (1, 4, 5), (1, 6, 6), (2, 4, 4)]
PSFMODELS = [
    ((0.9, 1.33, 1.33, 0.0, "vectorial"), [0.347396, 0.093755, 0.762574, 0.081787, 0.347396]),
    ((1.3, 1.515, 1.33, 5.0, "vectorial"), [0.070694, 0.04529, 0.395827, 0.071137, 1.0]),
    ((1.3, 1.515, 1.33, 5.0, "scalar"), [0.074466, 0.043836, 0.401059, 0.053458, 1.0]),
    ((0.4, 1.0, 1.0, 0.0, "scalar"), [0.946929, 0.549119, 0.943456, 0.616744, 0.946929]),
]


def modelled(lens, n=9):
    heights = lens.depth + np.asarray([-0.8, 0, 0.8])
    volume = optics.modelled(heights, (n, n), 0.1, 0.52, lens, np.empty(0))
    return volume / volume.max()


def of_psfmodels(lens):
    psfmodels = pytest.importorskip("psfmodels")
    aperture, immersion, sample, depth, model = lens
    return psfmodels.make_psf(
        [depth - 0.8, depth, depth + 0.8], 31, dxy=0.1, wvl=0.52, NA=aperture, ni=immersion,
        ni0=immersion, ns=sample, pz=depth, model=model,
    )  # fmt: skip


@pytest.mark.parametrize(("lens", "expected"), PSFMODELS, ids=str)
def test_numbers_of_psfmodels_are_met(lens, expected):
    made = modelled(Lens(*lens))
    assert [made[at] for at in VOXELS] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("lens", [lens for lens, _ in PSFMODELS], ids=str)
def test_psfmodels_is_met_in_every_voxel(lens):
    np.testing.assert_allclose(modelled(Lens(*lens), 31), of_psfmodels(lens), atol=1e-3)


# Above the critical angle of total reflection (aperture 1.33 in water), where the light that comes
# through fades with the depth, and the integrand has a kink like that of a square root.
BEYOND = [(1.45, 1.515, 1.33, depth, m) for depth in (0.2, 2.0) for m in ("scalar", "vectorial")]


def integrated(lens, height, radius):
    """Return one value of a profile by adaptive quadrature, from the formulas in the docstrings."""
    aperture, n, sample, depth, model = lens
    k = 2 * np.pi / 0.52

    def q(index, s):
        return np.sqrt(complex(index**2 - s**2))

    def wave(s):  # the glass, and what the lens was made for, cancel; so does a constant phase
        return np.exp(
            1j * k * (depth * q(sample, s) + (depth - height - n / sample * depth) * q(n, s))
        )

    def through(s):
        t = np.ones(2, dtype=complex)
        for a, b in ((n, 1.515), (1.515, sample)):
            t *= (
                2 * q(a, s) / (q(a, s) + q(b, s)),
                2 * a * b * q(a, s) / (b**2 * q(a, s) + a**2 * q(b, s)),
            )
        return t

    def integral(integrand, end, kink):
        parts = [
            quad(integrand, *ends, complex_func=True, limit=500, epsabs=1e-10)[0]
            for ends in ((0, kink), (kink, end))
        ]
        return sum(parts)

    if model == "scalar":

        def field(rho):
            s = aperture * rho
            return special.jv(0, k * s * radius) * wave(s) * rho

        return abs(integral(field, 1, sample / aperture)) ** 2

    def field(theta, order):
        s = n * np.sin(theta)
        across, within = through(s)
        cosine, sine = q(sample, s) / sample, s / sample
        share = (across + within * cosine, within * sine, across - within * cosine)[order]
        bessel = special.jv(order, k * s * radius)
        return share * bessel * wave(s) * np.sqrt(np.cos(theta)) * np.sin(theta)

    ends = np.arcsin(aperture / n), np.arcsin(sample / n)
    fields = [integral(partial(field, order=order), *ends) for order in range(3)]
    return float(np.dot(np.abs(fields) ** 2, (1, 2, 1)))


@pytest.mark.parametrize("lens", BEYOND, ids=str)
def test_beyond_the_critical_angle_the_integrals_are_exact(lens):
    heights, radii = lens[3] + np.asarray([-0.6, 0, 0.6]), np.asarray([0, 0.15, 0.5])
    made = profile(Lens(*lens), 0.52, heights, radii)
    expected = [[integrated(lens, height, radius) for radius in radii] for height in heights]
    np.testing.assert_allclose(made, expected, rtol=1e-5, atol=1e-7 * made.max())


@pytest.mark.parametrize("lens", BEYOND, ids=str)
def test_beyond_the_critical_angle_psfmodels_is_met_up_to_its_own_error(lens):
    """It takes evenly spread rays, which miss the kink: 2.4 % of the brightest voxel at most."""
    raw = of_psfmodels(lens)
    np.testing.assert_allclose(modelled(Lens(*lens), 31), raw / raw.max(), atol=0.03)


def test_scalar_focus_of_a_small_aperture_is_airys_disc():
    lens = Lens(0.3, 1.0, 1.0, model="scalar")
    dark = 3.8317 / (2 * np.pi) * 0.5 / 0.3  # the 0.61 λ/NA of the textbooks
    in_focus = profile(lens, 0.5, np.zeros(1), np.asarray([0, dark / 2, dark]))[0]
    assert in_focus[0] == pytest.approx(0.25)
    assert in_focus[1] > 0.1 * in_focus[0]
    assert in_focus[2] < 1e-8 * in_focus[0]


def test_axis_of_a_small_aperture_is_dark_where_theory_says():
    lens = Lens(0.1, 1.0, 1.0, model="scalar")
    heights = np.asarray([0, 1, 2]) * 0.5 / 0.1**2  # 2 n λ/NA² is the first dark place
    axis = profile(lens, 0.5, heights, np.zeros(1))[:, 0]
    assert axis[1] == pytest.approx(4 / np.pi**2 * axis[0], rel=0.01)
    assert axis[2] < 1e-3 * axis[0]


def test_vectors_matter_at_a_large_aperture_only():
    heights, radii = np.asarray([-1.0, 0, 2]), np.linspace(0, 2, 50)

    def difference(aperture):
        scalar, vectorial = (
            profile(Lens(aperture, 1.33, 1.33, model=m), 0.52, heights, radii)
            for m in ("scalar", "vectorial")
        )
        return np.abs(scalar / scalar.max() - vectorial / vectorial.max()).max()

    assert difference(0.1) < 2e-3
    assert difference(1.2) > 0.03


@pytest.mark.parametrize("model", ["scalar", "vectorial"])
def test_matched_layers_leave_the_ideal_psf_and_others_shift_the_focus(model):
    heights, radii = np.linspace(-2, 2, 41), np.linspace(0, 1, 9)
    ideal = profile(Lens(0.9, 1.33, 1.33, model=model), 0.52, heights, radii)
    np.testing.assert_allclose(ideal, ideal[::-1], rtol=1e-6, atol=1e-9)
    deep = profile(Lens(0.9, 1.33, 1.33, 10.0, model), 0.52, heights + 10, radii)
    np.testing.assert_allclose(deep, ideal, rtol=1e-6, atol=1e-9)
    # Rays from the rim meet elsewhere than those near the axis, to the other side for a denser
    # sample, and a cover glass that is too thick acts as well.
    shifts = [
        optics.focus(Lens(1.2, 1.4, sample, 10.0, model), 0.52, 0.1) - 10
        for sample in (1.33, 1.4, 1.47)
    ]
    assert shifts[0] * shifts[2] < 0
    assert shifts[1] == 0
    thick = profile(Lens(0.9, 1.33, 1.33, 0, model, thickness=230), 0.52, heights, radii)
    assert thick[:, 0].max() < 0.9 * ideal[:, 0].max()


@pytest.mark.parametrize("kind", ["widefield", "confocal"])
@pytest.mark.parametrize("name", ["numpy", "torch", "array_api_strict"])
def test_every_library_gets_the_same_psf_as_its_own(name, kind):
    xp = pytest.importorskip(name)
    like = xp.zeros(1)
    options = {"wavelength": 0.52, "numerical_aperture": 1.1, "refractive_index": 1.33}
    expected = psf.theoretical((5, 12, 15), (0.25, 0.1, 0.1), kind=kind, **options)
    made = psf.theoretical((5, 12, 15), (0.25, 0.1, 0.1), kind=kind, like=like, **options)
    assert arrays.namespace(made) is array_api_compat.array_namespace(like)
    np.testing.assert_allclose(to_numpy(made), expected, rtol=1e-5, atol=1e-10)
