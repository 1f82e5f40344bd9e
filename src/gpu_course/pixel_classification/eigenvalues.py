"""Eigenvalues of a symmetric 2 × 2 or 3 × 3 matrix at every pixel, in closed form."""

import math
from typing import Any

Array = Any  # of any library


def two(xp: Any, a: Array, b: Array, c: Array) -> list[Array]:
    """Return the eigenvalues of ``[[a, b], [b, c]]``, the larger first.

    Parameters
    ----------
    xp : module
        The arrays' array API namespace.
    a, b, c : array of float32
        One matrix per pixel.

    Returns
    -------
    list of two arrays
    """
    middle = (a + c) * 0.5
    half = (a - c) * 0.5
    spread = xp.sqrt(half * half + b * b)
    return [middle + spread, middle - spread]


def three(xp: Any, zz: Array, zy: Array, zx: Array, yy: Array, yx: Array, xx: Array) -> list[Array]:
    """Return the eigenvalues of a symmetric 3 × 3 matrix, the largest first.

    With the mean q of the diagonal taken away, the eigenvalues are q + 2 p cos(φ + 2 π k / 3),
    three points on a circle seen from the side.

    Parameters
    ----------
    xp : module
        The arrays' array API namespace.
    zz, zy, zx, yy, yx, xx : array of float32
        The upper triangle, row by row.

    Returns
    -------
    list of three arrays

    References
    ----------
    Smith, O. K. (1961), https://doi.org/10.1145/355578.366316
    """
    q = (zz + yy + xx) / 3.0
    a, b, c = zz - q, yy - q, xx - q
    square = (a * a + b * b + c * c + 2.0 * (zy * zy + zx * zx + yx * yx)) / 6.0
    p = xp.sqrt(square)
    tiny = p < 1e-30  # three equal eigenvalues: no direction, and nothing to divide by
    safe = xp.where(tiny, xp.ones_like(p), p)
    a, b, c, d, e, f = (part / safe for part in (a, b, c, zy, zx, yx))
    half = 0.5 * (a * (b * c - f * f) - d * (d * c - f * e) + e * (d * f - b * e))
    phi = xp.acos(xp.clip(half, -1.0, 1.0)) / 3.0
    largest = q + 2.0 * p * xp.cos(phi)
    smallest = q + 2.0 * p * xp.cos(phi + 2.0 * math.pi / 3.0)
    return [largest, 3.0 * q - largest - smallest, smallest]


def of(xp: Any, entries: list[Array]) -> list[Array]:
    """Return the eigenvalues of the matrix with this upper triangle, the largest first."""
    return two(xp, *entries) if len(entries) == 3 else three(xp, *entries)
