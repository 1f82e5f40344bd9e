"""Diffraction: how bright the picture of a point is, at a distance from the axis and the focus.

A lens gathers the light of a point as rays, up to the angle that its aperture lets through, and
lets them interfere. Written for a ray that enters the lens at the angle θ, with s = nᵢ sin θ for
the index nᵢ of the immersion medium, two things matter. s is the same in all media that the ray
passes, by Snell's law, and decides where the ray ends: at a distance r from the axis it
contributes a Bessel function of k s r, k = 2π/λ. And the length of its way, the optical path,
decides its phase. The picture is the sum over all rays, squared.

* :func:`path_difference` is the model of Gibson and Lanni [1]_ of how the ways differ. If all
  media are what the lens was made for, what remains is defocus: the classical PSF of Born and
  Wolf [2]_.
* :func:`profile` adds up the rays, either as plain numbers ("scalar", Kirchhoff's integral) or as
  the vectors that light is made of ("vectorial", the integrals of Richards and Wolf [3]_, as
  extended by Aguet and others [4]_ to layers of glass and sample, for a point that shines with
  every orientation).

The result depends on r and z alone, which makes it a small table: some hundred radii for each
plane. It is computed on the processor, in double precision and by SciPy's Bessel functions,
whatever the library of the PSF: the phases reach thousands of radians, too many for the single
precision of a graphics card. :mod:`gpu_course.deconvolution.pixels` fills the voxels from it,
which are far more, on the device.

Lengths are in µm.

References
----------
.. [1] S. F. Gibson and F. Lanni, Journal of the Optical Society of America A 9 (1992), 154–166
   (first printed in 8 (1991), 1601–1613), https://doi.org/10.1364/JOSAA.9.000154
.. [2] M. Born and E. Wolf, Principles of Optics, 7th edition, Cambridge University Press (1999),
   section 8.8
.. [3] B. Richards and E. Wolf, Proceedings of the Royal Society A 253 (1959), 358–379,
   https://doi.org/10.1098/rspa.1959.0200
.. [4] F. Aguet et al., Optics Express 17 (2009), 6829–6848, https://doi.org/10.1364/OE.17.006829
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Model = Literal["vectorial", "scalar"]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Lens:
    """An objective, and the layers between it and a point in the sample.

    Parameters
    ----------
    numerical_aperture : float
        Below `immersion`.
    immersion, sample : float
        Refractive indices of the immersion medium and of the sample.
    depth : float
        Of the point below the cover glass, in µm.
    model : "vectorial" or "scalar"
        Whether light counts as a vector wave.
    immersion_design : float, optional
        The index for which the lens was made; as `immersion` unless given.
    glass, glass_design : float
        Index of the cover glass, and the one for which the lens was made.
    thickness, thickness_design : float
        Of the cover glass in µm, and the one for which the lens was made.
    working_distance : float
        Thickness of the immersion medium in µm for which the lens was made.
    """

    numerical_aperture: float
    immersion: float
    sample: float
    depth: float = 0.0
    model: Model = "vectorial"
    immersion_design: float | None = None
    glass: float = 1.515
    glass_design: float = 1.515
    thickness: float = 170.0
    thickness_design: float = 170.0
    working_distance: float = 150.0


def path_difference(lens: Lens, heights: Floats, s: Floats) -> NDArray[np.complex128]:
    """Return by how much longer the way of each ray is than in the microscope as designed.

    Parameters
    ----------
    lens : Lens
        With its layers.
    heights : (z,) array
        Of the plane in focus above the cover glass in µm: where the stage has gone to. At
        ``lens.depth`` the rays near the axis meet in focus.
    s : (rays,) array
        nᵢ sin θ of each ray.

    Returns
    -------
    (z, rays) array of complex128
        In µm. Complex where s is larger than the index of the sample: such light leaves the point
        as a wave that fades with the depth, and the imaginary part says how fast.

    Notes
    -----
    A layer of thickness t and index n adds t q(n) with q(n) = √(n² − s²). With depth d, stage at
    z, g for glass, i for immersion, s for sample and a star for values of the design:

        Λ = d q(nₛ) + t_g q(n_g) − t_g* q(n_g*) + tᵢ q(nᵢ) − tᵢ* q(nᵢ*)

    Focusing changes the thickness of the immersion medium. It is the one that brings rays near the
    axis into focus, less the way of the stage:

        tᵢ = nᵢ (tᵢ*/nᵢ* + t_g*/n_g* − t_g/n_g − d/nₛ) + d − z
    """
    index, designed = lens.immersion, lens.immersion_design or lens.immersion
    layer = index * (
        lens.working_distance / designed
        + lens.thickness_design / lens.glass_design
        - lens.thickness / lens.glass
        - lens.depth / lens.sample
    )
    fixed = (
        lens.depth * _along(lens.sample, s)
        + lens.thickness * _along(lens.glass, s)
        - lens.thickness_design * _along(lens.glass_design, s)
        - lens.working_distance * _along(designed, s)
    )
    return fixed + (layer + lens.depth - heights)[:, None] * _along(index, s)


def profile(lens: Lens, wavelength: float, heights: Floats, radii: Floats) -> Floats:
    """Return the brightness of the picture of a point along a line from its centre.

    Parameters
    ----------
    lens : Lens
        With its model.
    wavelength : float
        λ in µm, in vacuum.
    heights : (z,) array
        As for :func:`path_difference`.
    radii : (r,) array
        Distances from the axis in µm, 0 or more.

    Returns
    -------
    (z, r) array of float64
        Not normalised.

    Notes
    -----
    Scalar, over the radius ρ of the pupil, with s = NA ρ:

        I = |∫₀¹ J₀(k s r) exp(i k Λ) ρ dρ|²

    Vectorial, over the angle θ up to α = arcsin(NA/nᵢ), where θₛ is the angle of the ray in the
    sample, and t_s and t_p are the shares of the amplitude that both surfaces of the cover glass
    let through for either direction of polarisation (Fresnel's equations):

        I  = |I₀|² + 2 |I₁|² + |I₂|²
        I₀ = ∫ J₀(k s r) (t_s + t_p cos θₛ) exp(i k Λ) √cos θ sin θ dθ
        I₁ = ∫ J₁(k s r) t_p sin θₛ         exp(i k Λ) √cos θ sin θ dθ
        I₂ = ∫ J₂(k s r) (t_s − t_p cos θₛ) exp(i k Λ) √cos θ sin θ dθ

    The integrals are sums over the nodes of Gauss and Legendre, whose number grows with the number
    of waves that fit into the integrand.
    """
    from scipy.special import j0, j1, jn

    wave_number = 2 * np.pi / wavelength
    rays = _rays(lens, wave_number, heights, radii)
    if lens.model == "scalar":
        rho, weights = _nodes(rays, 1.0, lens.sample / lens.numerical_aperture)
        s, weights = lens.numerical_aperture * rho, weights * rho
    else:
        alpha = np.arcsin(lens.numerical_aperture / lens.immersion)
        critical = np.arcsin(min(1.0, lens.sample / lens.immersion))
        theta, weights = _nodes(rays, float(alpha), float(critical))
        s = lens.immersion * np.sin(theta)
        weights = weights * np.sqrt(np.cos(theta)) * np.sin(theta)
    waves = np.exp(1j * wave_number * path_difference(lens, heights, s)) * weights
    distances = wave_number * s[:, None] * radii
    if lens.model == "scalar":
        return np.abs(waves @ j0(distances)) ** 2
    across, within = _through_glass(lens, s)
    cosine, sine = _along(lens.sample, s) / lens.sample, s / lens.sample
    fields = (
        (waves * (across + within * cosine)) @ j0(distances),
        (waves * within * sine) @ j1(distances),
        (waves * (across - within * cosine)) @ jn(2, distances),
    )
    return np.abs(fields[0]) ** 2 + 2 * np.abs(fields[1]) ** 2 + np.abs(fields[2]) ** 2


def _rays(lens: Lens, wave_number: float, heights: Floats, radii: Floats) -> int:
    """Return how many rays follow every wave of the integrand, with some to spare."""
    s = np.linspace(0, lens.numerical_aperture, 65)
    ends = np.asarray([heights.min(), heights.max()])
    turns = wave_number * np.abs(np.diff(path_difference(lens, ends, s).real, axis=1)).sum(axis=1)
    return 48 + int(turns.max() + wave_number * lens.numerical_aperture * radii.max()) // 2


def _nodes(rays: int, end: float, critical: float) -> tuple[Floats, Floats]:
    """Return where to evaluate an integrand from 0 to `end`, and the weight of each place.

    At the critical angle of total reflection, q(nₛ) has a kink like that of a square root, which
    no sum follows well. There the integral is cut in two, and the places lie the denser the nearer
    they are to the cut: as the square of evenly spread ones, which undoes the root.
    """
    cut = critical < end
    t, weights = np.polynomial.legendre.leggauss(2 * rays if cut else rays)
    t, weights = (t + 1) / 2, weights / 2
    if not cut:
        return end * t, end * weights
    below, above = critical * (1 - t**2), critical + (end - critical) * t**2
    lengths = (critical * 2 * t * weights, (end - critical) * 2 * t * weights)
    return np.concatenate([below, above]), np.concatenate(lengths)


def _through_glass(lens: Lens, s: Floats) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Return the shares of the amplitude that pass the cover glass, s- and p-polarised."""
    indices = (lens.immersion, lens.glass, lens.sample)
    across = within = np.ones(s.shape, dtype=complex)
    for before, after in pairwise(indices):
        arriving, leaving = _along(before, s), _along(after, s)
        across = across * 2 * arriving / (arriving + leaving)
        within = within * 2 * arriving / (after / before * arriving + before / after * leaving)
    return across, within


def _along(index: float, s: Floats) -> NDArray[np.complex128]:
    """Return q = n cos θ of rays in a medium of index n."""
    return np.sqrt((index**2 - s**2).astype(complex))
