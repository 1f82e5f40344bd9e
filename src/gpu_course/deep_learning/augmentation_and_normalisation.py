"""The chapter on augmentation and normalisation: tomorrow's images, a table, solutions."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deep_learning.normalisation import Normalisation
from gpu_course.errors import CourseError
from gpu_course.images import Sample

if TYPE_CHECKING:
    import pandas as pd


class GreyValues(Normalisation):
    """No normalisation worth the name: grey values of 8 bits, divided by 255.

    A network starts badly on numbers in the hundreds, so everybody divides by something. But
    255 is the same for every lamp and every camera.
    """

    def __call__(self, image: NDArray[Any]) -> NDArray[np.float32]:
        """Return an image (C, Y, X) with 255 mapped to 1, as float32."""
        return (image / 255).astype(np.float32)


def taken_again(scene: Sample, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Sample:
    """Return a scene as another lamp or camera would show it; the roots stay where they are.

    Parameters
    ----------
    scene : Sample
        With an image (Y, X) of dtype uint8.
    change : function
        Takes the grey values (Y, X) and returns as many new ones.

    Returns
    -------
    Sample
        Its image is rounded and cut to whole numbers from 0 to 255, as a camera does.

    Raises
    ------
    CourseError
        If the change moves pixels into another shape.
    """
    image = change(scene.image)
    if image.shape != scene.image.shape:
        raise CourseError(
            f"The change made the shape {image.shape} of {scene.image.shape}. Use moved for "
            "changes that move pixels, or the mask no longer fits."
        )
    pixels = np.clip(np.round(image), 0, 255).astype(np.uint8)
    return dataclasses.replace(scene, image=pixels)


def moved(scene: Sample, move: Callable[[NDArray[Any]], NDArray[Any]]) -> Sample:
    """Return a scene as another orientation of the camera would show it, with its mask.

    Parameters
    ----------
    scene : Sample
        With `mask`.
    move : function
        Moves pixels (Y, X) and changes none, such as ``numpy.fliplr``.

    Raises
    ------
    CourseError
        If the scene has no mask.
    """
    if scene.mask is None:
        raise CourseError("The scene has no mask to move along. Take one that has.")
    image, mask = (np.ascontiguousarray(move(part)) for part in (scene.image, scene.mask))
    # What is not moved here no longer fits, so it goes.
    return dataclasses.replace(
        scene, image=image, mask=mask, labels=None, points=None, centreline=None, truth=None
    )


def heat_map(table: pd.DataFrame) -> Any:
    """Draw scores from 0 to 1 as a table whose cells are the lighter the better.

    Parameters
    ----------
    table : pandas.DataFrame
        One row for each way of training, one column for each kind of test.

    Returns
    -------
    matplotlib.figure.Figure
    """
    import matplotlib.pyplot as plt

    values = table.to_numpy(float)
    rows, columns = values.shape
    size = (1.5 + 0.44 * columns, 1.1 + 0.34 * rows)
    figure, panel = plt.subplots(figsize=size, layout="constrained")
    panel.imshow(values, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        ink = "black" if value > 0.5 else "white"
        panel.text(column, row, f"{value:.2f}", ha="center", va="center", color=ink, fontsize=10)
    panel.set_yticks(range(rows), table.index, fontsize=10)
    panel.set_xticks(range(columns), table.columns, rotation=45, ha="left", fontsize=10)
    panel.xaxis.tick_top()
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)
    plt.close(figure)  # or the notebook would draw it a second time
    return figure


def to_percentiles(
    image: NDArray[Any], low: float = 1.0, high: float = 99.8
) -> NDArray[np.float32]:
    """Map two percentiles of an image to 0 and 1.

    Parameters
    ----------
    image : ndarray
        Any real dtype and shape; it is left unchanged.
    low, high : float
        The percentiles that become 0 and 1, in percent.

    Returns
    -------
    ndarray, float32, shape of `image`
        Values beyond the percentiles are kept; an image of one value becomes 0 everywhere.
    """
    dark, bright = np.percentile(image, [low, high])
    span = bright - dark if bright > dark else 1.0
    return ((image - dark) / span).astype(np.float32)


def mirror_and_turn(
    image: NDArray[Any], labels: NDArray[Any], seed: int, most: float = 20.0
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mirror image and labels half of the time, then turn both by the same random angle.

    Parameters
    ----------
    image : ndarray (Y, X)
    labels : integer ndarray (Y, X)
    seed : int
        The same seed makes the same change.
    most : float
        The largest angle to either side, in degrees.

    Returns
    -------
    image, labels : ndarrays of the shapes and dtypes given
    """
    from scipy.ndimage import rotate

    rng = np.random.default_rng(seed)
    if rng.random() < 0.5:
        image, labels = image[:, ::-1], labels[:, ::-1]
    angle = rng.uniform(-most, most)
    # order=1 interpolates between pixels; order=0 takes the nearest one, so labels stay labels.
    turned = rotate(image, angle, reshape=False, order=1, mode="reflect")
    return turned, rotate(labels, angle, reshape=False, order=0, mode="reflect")
