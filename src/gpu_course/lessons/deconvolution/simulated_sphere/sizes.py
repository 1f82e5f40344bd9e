"""How wide and how sharp an object comes back, across the optical axis and along it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.devices import to_numpy
from gpu_course.errors import CourseError
from gpu_course.lessons.deconvolution.simulated_sphere.solutions import edge_width

Array = Any  # of NumPy, CuPy or PyTorch


def profile(
    volume: Array, axis: int, voxel_size: Sequence[float], reach: float = 0.35
) -> NDArray[np.float64]:
    """Return the mean grey value along a thin rod through the middle of a volume (z, y, x).

    The rod lies along `axis`; voxel size and `reach`, half its thickness, are in µm. A few lines
    together are less noisy than one.
    """
    window = []
    for a, (n, step) in enumerate(zip(volume.shape, voxel_size, strict=True)):
        side = int(reach / step)
        window.append(slice(None) if a == axis else slice(n // 2 - side, n // 2 + side + 1))
    rod = to_numpy(volume[tuple(window)]).astype(np.float64)
    return np.asarray(rod.mean(axis=tuple(a for a in range(rod.ndim) if a != axis)))


def diameter(across: NDArray[Any], step: float) -> float:
    """Return the width of a bright object at half its height, in µm.

    `across` are grey values on a line through the middle of the object, which lies in the middle;
    `step` is the way from one to the next in µm.
    """
    n = len(across)
    ends = max(n // 8, 1)
    dark = np.mean([across[:ends], across[-ends:]])
    bright = np.mean(across[n // 2 - ends : n // 2 + ends + 1])
    level = (np.asarray(across, float) - dark) / (bright - dark)
    edges = []
    for inwards in (level[: n // 2 + 1], level[: n // 2 - 1 : -1]):
        inside = int(np.argmax(inwards >= 0.5))
        if inside == 0:
            raise CourseError(
                "The object does not end within the line. Give a line that begins and ends "
                "well outside of it."
            )
        below, above = inwards[inside - 1], inwards[inside]
        edges.append(inside - (above - 0.5) / (above - below))
    width = n - 1 - sum(edges)
    return float(width * step)


def sizes_of(volume: Array, voxel_size: Sequence[float]) -> dict[str, float]:
    """Measure the object in the middle of a volume, across (x) and along the optical axis (z).

    The volume is (z, y, x), its voxel size in µm. Returns diameter (Ø) and edge width along x and
    z, in µm. The edge is the mean of both ends.
    """
    lines = {"x": (2, voxel_size[2]), "z": (0, voxel_size[0])}
    rods = {name: profile(volume, axis, voxel_size) for name, (axis, _) in lines.items()}
    found = {f"Ø {name}": diameter(rods[name], step) for name, (_, step) in lines.items()}
    for name, (_, step) in lines.items():
        rod = rods[name]
        middle = len(rod) // 2
        ends = (rod[: middle + 1], rod[: middle - 1 : -1])
        found[f"edge {name}"] = float(np.mean([edge_width(end, step) for end in ends]))
    return found
