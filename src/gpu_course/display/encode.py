"""Pack pictures into a string of HTML, within a budget of bytes."""

import base64
import io
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError

WEBP_LIMIT = 16383  # pixels along an edge, a limit of the format
LONGEST = 384  # pixels along an edge of a slice in a sprite
PAD = 2  # repeated edge pixels around a tile, so that scaling never mixes in its neighbour


def webp(picture: NDArray[np.uint8], quality: int) -> bytes:
    """Encode (Y, X, 3) or (Y, X) uint8 as WebP; same pixels and quality, same bytes."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(picture).convert("RGB").save(file, "webp", quality=quality, method=4)
    return file.getvalue()


def data_uri(data: bytes) -> str:
    """Return the bytes of a WebP picture as a `src` attribute."""
    return "data:image/webp;base64," + base64.b64encode(data).decode("ascii")


def resize(picture: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Shrink a picture, averaging the pixels that fall together."""
    from PIL import Image

    if picture.shape[:2] == (height, width):
        return picture
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BOX))


@dataclass(frozen=True)
class Sprite:
    """All slices of a volume as tiles of one WebP picture, so that moving through z never waits.

    The height and the width of a `tile` in pixels include its padding.
    """

    data: bytes
    columns: int
    rows: int
    tile: tuple[int, int]

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the whole sprite, in % of one slice."""
        return (
            100 * self.columns * self.tile[1] / (self.tile[1] - 2 * PAD),
            100 * self.rows * self.tile[0] / (self.tile[0] - 2 * PAD),
        )

    def shift(self, index: int) -> str:
        """Return the CSS transform that brings a slice into the frame."""
        row, column = divmod(index, self.columns)
        x = 100 * (column * self.tile[1] + PAD) / (self.columns * self.tile[1])
        y = 100 * (row * self.tile[0] + PAD) / (self.rows * self.tile[0])
        return f"translate({-x:.5f}%,{-y:.5f}%)"


def tiles(slices: NDArray[np.uint8], scale: float) -> tuple[NDArray[np.uint8], int, int]:
    """Lay (Z, Y, X[, 3]) slices out on a near-square grid; returns it with its columns and rows."""
    depth, height, width = slices.shape[:3]
    small = (max(1, round(height * scale)), max(1, round(width * scale)))
    tall, wide = small[0] + 2 * PAD, small[1] + 2 * PAD
    columns = min(depth, max(1, round(math.sqrt(depth * tall / wide))))
    rows = -(-depth // columns)
    grid = np.zeros((rows * tall, columns * wide, *slices.shape[3:]), np.uint8)
    edges = ((PAD, PAD), (PAD, PAD), (0, 0))[: slices.ndim - 1]
    for i, one in enumerate(slices):
        y, x = (i // columns) * tall, (i % columns) * wide
        grid[y : y + tall, x : x + wide] = np.pad(resize(one, *small), edges, mode="edge")
    return grid, columns, rows


def sprite(slices: NDArray[np.uint8], budget: int) -> Sprite:
    """Encode all slices as one WebP picture of at most `budget` bytes.

    The quality gives way first, then the size of the slices.

    Parameters
    ----------
    slices : (Z, Y, X) or (Z, Y, X, 3) uint8 ndarray
    budget : int
        In bytes, before base64 makes them a third longer.

    Raises
    ------
    CourseError
        If not even slices of 48 pixels fit.
    """
    edge = max(slices.shape[1:3])
    scale = min(1.0, LONGEST / edge)
    while True:
        grid, columns, rows = tiles(slices, scale)
        tile = (grid.shape[0] // rows, grid.shape[1] // columns)
        if max(grid.shape[:2]) <= WEBP_LIMIT:
            for quality in (80, 65, 50, 35):
                data = webp(grid, quality)
                if len(data) <= budget:
                    return Sprite(data, columns, rows, tile)
            shrink = math.sqrt(budget / len(data)) * 0.97
        else:
            shrink = WEBP_LIMIT / max(grid.shape[:2]) * 0.97
        scale *= min(shrink, 0.95)
        if edge * scale < 48:
            raise CourseError(
                f"{len(slices)} slices do not fit into {budget * 4 // 3000} KB. "
                "Show fewer (volume[::2]) or raise the budget."
            )


def fit(pictures: list[NDArray[np.uint8]], budget: int, longest: int = 1200) -> list[bytes]:
    """Encode pictures as WebP of equal quality and scale, of at most `budget` bytes together.

    Raises
    ------
    CourseError
        If not even pictures of 64 pixels fit.
    """
    edge = max(pictures[0].shape[:2])
    scale = min(1.0, longest / edge)
    while edge * scale >= min(64, edge):
        for quality in (85, 75, 65, 50):
            encoded = []
            for picture in pictures:
                height, width = (max(1, round(n * scale)) for n in picture.shape[:2])
                encoded.append(webp(resize(picture, height, width), quality))
            total = sum(len(data) for data in encoded)
            if total <= budget:
                return encoded
        scale *= min(math.sqrt(budget / total) * 0.97, 0.95)
    raise CourseError(f"The pictures do not fit into {budget * 4 // 3000} KB. Raise the budget.")
