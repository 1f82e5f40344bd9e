"""Rays from the middle of an object to its outline, drawn over its picture."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import display
from gpu_course.display.chart_styles import COLOURS
from gpu_course.display.figures import Panels
from gpu_course.labels import Labels


def star(labels: Labels, number: int, rays: int) -> tuple[tuple[int, int], NDArray[np.float64]]:
    """Return the star of one object of a label image (Y, X): its middle, and the ends of its rays.

    The middle is row and column of the pixel that lies deepest inside; the ends are rows and
    columns, float (rays, 2).
    """
    from scipy import ndimage
    from stardist.geometry import dist_to_coord, star_dist

    own = np.ascontiguousarray(labels == number, np.int32)
    inside = ndimage.distance_transform_edt(np.pad(own, 1))[1:-1, 1:-1]
    row, column = (int(n) for n in np.unravel_index(inside.argmax(), inside.shape))
    reach = star_dist(own, rays, mode="cpp")[row, column]
    ends = dist_to_coord(reach[None], np.array([[row, column]]))[0].T
    return (row, column), np.asarray(ends, np.float64)


def stars_figure(
    image: NDArray[Any], labels: Labels, number: int, rays: Sequence[int], *, alt: str
) -> Panels:
    """Draw the rays of one object over its picture, once for each number of rays.

    Image and labels are (Y, X); `number` is that of the object.
    """
    rows, columns = np.nonzero(labels == number)
    window = tuple(slice(max(n.min() - 8, 0), n.max() + 9) for n in (rows, columns))
    image, labels = image[window], labels[window]
    titles = [f"{n} rays" for n in rays]
    figure = display.show(*[image] * len(rays), titles=titles, no_scale=False, width=6, alt=alt)
    for axes, n in zip(figure.axes, rays, strict=True):
        (row, column), ends = star(labels, number, n)
        for y, x in ends:
            axes.plot([column, x], [row, y], color="white", linewidth=0.8)
        around = np.vstack([ends, ends[:1]])
        axes.plot(around[:, 1], around[:, 0], color=COLOURS[1], linewidth=2)
        axes.set(xlim=(-0.5, image.shape[1] - 0.5), ylim=(image.shape[0] - 0.5, -0.5))
    return figure
