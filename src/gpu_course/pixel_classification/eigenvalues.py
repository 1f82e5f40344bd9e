"""Eigenvalues of a symmetric 2 × 2 or 3 × 3 matrix at every pixel, in closed form."""

import math
from typing import Any

Array = Any  # of any library
#: A spread below it counts as none; its square is still a number in single precision.
SMALLEST = 1e-18


def two(xp: Any, a: Array, b: Array, c: Array) -> list[Array]:
    """Return the eigenvalues of ``[[a, b], [b, c]]``, one matrix per pixel, the larger first."""
    middle = (a + c) * 0.5
    half = (a - c) * 0.5
    spread = xp.sqrt(half * half + b * b)
    return [middle + spread, middle - spread]


def three(xp: Any, zz: Array, zy: Array, zx: Array, yy: Array, yx: Array, xx: Array) -> list[Array]:
    """Return the eigenvalues of a symmetric 3 × 3 matrix A, the largest first.

    Take away the mean q of the diagonal and divide by the spread p, so that the matrix
    B = (A − q I) / p has the diagonal sum 0 and its squared entries add up to 6. Its eigenvalues
    are then 2 cos φ, 2 cos(φ + 120°) and 2 cos(φ + 240°): three points on a circle, seen from the
    side. The determinant of B is 2 cos 3φ. That alone would do, but where two eigenvalues are
    nearly equal the cosine is nearly 1 and hardly changes with φ, so that single precision gives
    only three digits. The sine changes there. It is the size of what B² has beyond I and B.

    The arrays are the upper triangle, row by row; one matrix per pixel.

    References
    ----------
    Smith, O. K. (1961), https://doi.org/10.1145/355578.366316, for the cosine.
    """
    q = (zz + yy + xx) / 3.0
    a, b, c = zz - q, yy - q, xx - q
    p = xp.sqrt((a * a + b * b + c * c + 2.0 * (zy * zy + zx * zx + yx * yx)) / 6.0)
    # Three equal eigenvalues have no direction, and p = 0 nothing to divide by.
    inverse = 1.0 / xp.where(p > SMALLEST, p, xp.full_like(p, SMALLEST))
    a, b, c, d, e, f = (part * inverse for part in (a, b, c, zy, zx, yx))
    dd, ee, ff = d * d, e * e, f * f
    cosine = 0.5 * (a * (b * c - ff) - b * ee - c * dd) + d * e * f
    # B² − 2 I − cos 3φ · B: on the diagonal, then beside it.
    on = (
        a * a + dd + ee - 2.0 - cosine * a,
        dd + b * b + ff - 2.0 - cosine * b,
        ee + ff + c * c - 2.0 - cosine * c,
    )
    # The diagonal of B adds up to 0, so a + b = −c and so on.
    beside = (e * f - (c + cosine) * d, d * f - (b + cosine) * e, d * e - (a + cosine) * f)
    size = sum(part * part for part in on) + 2.0 * sum(part * part for part in beside)
    phi = xp.atan2(xp.sqrt(size / 6.0), cosine) / 3.0
    largest = 2.0 * p * xp.cos(phi)
    smallest = 2.0 * p * xp.cos(phi + 2.0 * math.pi / 3.0)
    return [q + largest, q - largest - smallest, q + smallest]


def of_symmetric(xp: Any, entries: list[Array]) -> list[Array]:
    """Return the eigenvalues of the matrix with this upper triangle, the largest first.

    The entries are float32, and so is the answer. Angles of three axes are done in float64 with
    NumPy, so that all processors agree, for the reason that :func:`.blur.multiplied` gives.
    """
    if len(entries) == 3:
        return two(xp, *entries)
    if xp.__name__.endswith("numpy"):
        exact = three(xp, *(xp.astype(entry, xp.float64) for entry in entries))
        return [xp.astype(value, xp.float32) for value in exact]
    return three(xp, *entries)
