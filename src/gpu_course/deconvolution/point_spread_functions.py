"""What the chapter on point spread functions needs beside the package: beads, widths, solutions."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution.beads import USED, Bead
from gpu_course.deconvolution.convolution import convolve
from gpu_course.display.figures import Panels

#: Of the beads that the chapter simulates: 14 of like brightness, then two that touch, a dim one,
#: one far too bright, one at the border.
BEADS = 14


def bead_image(
    shape: Sequence[int],
    positions: NDArray[np.float64],
    light: NDArray[np.float64] | Sequence[float],
    psf: NDArray[Any],
    *,
    background: float = 10.0,
    seed: int = 0,
) -> NDArray[np.float32]:
    """Take a picture of beads that lie anywhere between the voxels.

    Parameters
    ----------
    shape : (z, y, x)
        In voxels.
    positions : ndarray, shape (n, 3)
        (z, y, x) of the beads in voxels, with fractions.
    light : sequence of n floats
        Expected photons of each bead.
    psf : ndarray
        Centre at ``n // 2``, sum 1.
    background : float
        Expected photons in every voxel.
    seed : int
        Of the photon noise.

    Returns
    -------
    ndarray of float32
        Photons counted.

    Notes
    -----
    A point between voxels is a spectrum of constant strength whose phase holds the position. As
    long as the voxels are small enough to show all waves of the PSF, its picture is exact.
    """
    waves = [
        np.exp(-2j * np.pi * np.outer(positions[:, axis], np.fft.fftfreq(n)))
        for axis, n in enumerate(shape)
    ]
    planes = np.asarray(light)[:, None, None] * waves[0][:, :, None] * waves[1][:, None, :]
    spectrum = planes.reshape(len(positions), -1).T @ waves[2]
    points = np.fft.ifftn(spectrum.reshape(tuple(shape))).real
    mean = np.maximum(convolve(points, psf), 0) + background
    return np.random.default_rng(seed).poisson(mean).astype(np.float32)


def bead_slide(shape: Sequence[int], psf: NDArray[Any], *, seed: int = 0) -> NDArray[np.float32]:
    """Take a picture of a slide with good beads and with all the bad ones that a real slide has.

    Parameters
    ----------
    shape : (z, y, x)
        In voxels, at least (30, 120, 120).
    psf : ndarray
        Centre at ``n // 2``, sum 1.
    seed : int
        Of the places and of the noise.

    Returns
    -------
    ndarray of float32
        Photons counted by a camera that counts to 2047 and no further.
    """
    dice = np.random.default_rng(seed)
    size = np.array(shape)
    # On a loose grid, so that the beads meant to be good are apart.
    rows = 5
    cells = dice.permutation(rows * rows)[: BEADS + 4]
    places = (np.stack([np.full(len(cells), 0.5), (cells // rows + 0.5) / rows,
                        (cells % rows + 0.5) / rows], axis=1) * size
              + dice.uniform(-1.5, 1.5, (len(cells), 3)))  # fmt: skip
    light = 2e5 * dice.uniform(0.7, 1.3, len(cells))
    dim, bright, border, pair = range(BEADS, BEADS + 4)
    light[dim], light[bright] = 2e4, 1e6
    places[border, 0] = 3.0
    places = np.vstack([places, places[pair] + (0.6, 6.2, 4.1)])
    image = bead_image(shape, places, [*light, 1.5e5], psf, seed=seed)
    return np.minimum(image, 2047)


def judged(stack: NDArray[Any], beads: Sequence[Bead], voxel_size: Sequence[float]) -> Panels:
    """Draw the brightest value along z, with every bead's verdict.

    Parameters
    ----------
    stack : ndarray, (z, y, x)
        Drawn by its square root.
    beads : sequence of Bead
        From :func:`gpu_course.deconvolution.beads.find`.
    voxel_size : (z, y, x)
        In µm.

    Returns
    -------
    Panels
        A white square is a bead that is used; the others are crossed and say why not.
    """
    from matplotlib.patheffects import withStroke

    from gpu_course import display

    figure = display.show(np.sqrt(stack.max(axis=0)), voxel_size=voxel_size, width=5.5)
    axes = figure.axes[0]
    rim = [withStroke(linewidth=3, foreground="black")]
    named: list[tuple[str, float, float]] = []
    for bead in beads:
        y, x = bead.position[-2:]
        used = bead.verdict == USED
        axes.plot(
            x, y, marker="s" if used else "x", markersize=22 if used else 11,
            markerfacecolor="none", markeredgecolor="white" if used else "#e69f00",
            markeredgewidth=1.8, path_effects=rim,
        )  # fmt: skip
        beside = (v == bead.verdict and abs(y - b) + abs(x - a) < 25 for v, b, a in named)
        if not used and not any(beside):  # two words on top of each other read like none
            named.append((bead.verdict, y, x))
            axes.annotate(
                bead.verdict, (x, y), (0, 8), textcoords="offset points", ha="center",
                fontsize=9.5, color="#ffc04d", path_effects=rim,
            )  # fmt: skip
    return figure


def match_depth(measured: NDArray[Any], make: Callable[[float], NDArray[Any]]) -> float:
    """Find the depth at which the theoretical PSF looks most like a measured one.

    Parameters
    ----------
    measured : ndarray, (z, y, x)
        Sum 1, centre at ``n // 2``, with noise.
    make : callable
        ``make(depth)`` returns the theoretical PSF of the same shape for a depth in µm.

    Returns
    -------
    float
        Depth in µm, from 0 to 20: the best of every second µm, then the best of every half around
        it.
    """

    def misfit(depth: float) -> float:
        return float(np.sum((make(depth) - measured) ** 2))

    coarse = min(np.arange(0.0, 20.1, 2.0), key=misfit)
    fine = np.arange(max(coarse - 1.5, 0.0), coarse + 1.6, 0.5)
    return float(min(fine, key=misfit))


def mend(volume: NDArray[Any], background: float) -> NDArray[np.float32]:
    """Make a PSF out of a raw picture of a point.

    Parameters
    ----------
    volume : ndarray, (z, y, x)
        In grey values; the brightest voxel may be anywhere.
    background : float
        Grey value where there is no light.

    Returns
    -------
    ndarray of float32
        Not negative, sum 1: the largest box of odd size whose centre is the brightest voxel.
    """
    light = np.maximum(np.asarray(volume, np.float32) - background, 0)
    brightest = np.unravel_index(light.argmax(), light.shape)
    reach = [min(b, n - 1 - b) for b, n in zip(brightest, light.shape, strict=True)]
    box = light[tuple(slice(b - r, b + r + 1) for b, r in zip(brightest, reach, strict=True))]
    return box / box.sum()
