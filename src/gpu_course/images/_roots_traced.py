"""What a person draws over roots: traced middle lines, and a mask of what stands out there."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gpu_course.images._fields import Field
from gpu_course.images._roots_drawing import centreline
from gpu_course.images._roots_growth import Root

FINE = 0.4
"""Radius in pixels below which a side root may be left out: nobody traces every hair."""

LEFT_OUT = 0.5
"""Share of such roots that nobody traced."""

ASIDE = 0.5
"""By how many pixels a traced line lies beside the middle, as a standard deviation."""

REACH = 2.0
"""How far beyond the root's own radius a pixel of the mask may lie from the line, in pixels."""

DISTINCT = 1.5
"""By how many standard deviations of the grain a root rises above its surroundings, to be seen."""

CLEAR = 0.11
"""By how much a pixel of the mask is brighter than the bare ground, as a share of the range of the
picture's greys (from the 1st to the 99.8th percentile)."""


def distinct(
    risen: Field, image: NDArray[np.uint8], hidden: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return where, bool (Y, X), a root can be told from what is beside it.

    These are pixels that rise above their surroundings, by more than the grain of the picture.
    `risen` says by how many grey levels roots raised each pixel, hairs and glow around them apart;
    `hidden`, where something lies over the roots.
    """
    grey = image.astype(np.float32)
    rough = grey - ndimage.gaussian_filter(grey, 3)
    grain = 1.48 * float(np.median(np.abs(rough[~hidden]))) if not hidden.all() else 0.0
    found: NDArray[np.bool_] = (
        risen - ndimage.gaussian_filter(risen, 5) > DISTINCT * max(grain, 1)
    ) & ~hidden
    return found


def trace(rng: np.random.Generator, roots: list[Root], visible: NDArray[np.bool_]) -> list[Root]:
    """Return the roots as a person traces them: none lies exactly, and some are missing.

    Paths are moved, radii are those that the roots have. Roots of which less than half of the way
    is `visible` (as of `distinct`) are left out, and some of the finest.
    """
    traced = []
    for root in roots:
        pixels, _ = _inside(root, visible.shape)
        if not len(pixels) or visible[tuple(pixels.T)].mean() < 0.5:
            continue
        if root.order and root.radius.max() < FINE and rng.uniform() < LEFT_OUT:
            continue
        # A hand drifts slowly: one shift every 20 pixels or so, straight lines between.
        corners = max(2, len(root.path) // 40 + 1)
        shift = rng.normal(0, ASIDE, (corners, 2))
        at = np.linspace(0, corners - 1, len(root.path))
        moved = [np.interp(at, np.arange(corners), shift[:, axis]) for axis in (0, 1)]
        traced.append(Root(root.path + np.stack(moved, axis=1), root.radius, root.order))
    return traced


def _inside(root: Root, shape: tuple[int, ...]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the pixels (n, 2) of a root's path that lie in the picture, and its radius there."""
    pixels = np.round(root.path).astype(np.intp)
    inside = np.all((pixels >= 0) & (pixels < np.array(shape)), axis=1)
    return pixels[inside], root.radius[inside]


def drawn_mask(
    traced: list[Root], clear: NDArray[np.bool_], hidden: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the mask that belongs to traced lines, and the lines, both bool (Y, X).

    `clear` are pixels that roots made clearly brighter than the ground; `hidden`, where something
    lies over the roots, so that nobody could draw them. The mask has the clear pixels near a line,
    and the middle of each root: a person goes on where soil lies on it.
    """
    line = centreline(traced, (clear.shape[0], clear.shape[1])) & ~hidden
    if not line.any():
        return line.copy(), line
    radius = np.zeros(clear.shape, np.float32)
    for root in traced:
        pixels, thick = _inside(root, clear.shape)
        np.maximum.at(radius, tuple(pixels.T), thick)
    far, nearest = ndimage.distance_transform_edt(~line, return_indices=True)
    own = radius[nearest[0], nearest[1]]
    drawn = ((far <= own + REACH) & clear) | (far <= 0.5 * own)
    mask: NDArray[np.bool_] = drawn & ~hidden
    return mask, line
