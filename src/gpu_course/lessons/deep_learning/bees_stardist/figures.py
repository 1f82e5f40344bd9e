"""Pictures of stars over what proposed them, and where most objects were missed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import display
from gpu_course.display.chart_styles import COLOURS
from gpu_course.display.figures import Panels
from gpu_course.images import Sample
from gpu_course.images.windows import fullest_window
from gpu_course.labels import Labels
from gpu_course.lessons.deep_learning.bees_stardist.stars import is_found

if TYPE_CHECKING:
    from gpu_course.deep_learning.stardist.model import StarModel


def crowded(labels: Labels) -> int:
    """Return the number of the object that touches most others, and is not cut by the frame.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
        With at least one such object.
    """
    from skimage.segmentation import clear_border

    beside = np.concatenate(
        [
            np.stack([labels[1:].ravel(), labels[:-1].ravel()], axis=1),
            np.stack([labels[:, 1:].ravel(), labels[:, :-1].ravel()], axis=1),
        ]
    )
    whole = np.unique(clear_border(labels))
    both = (beside > 0).all(axis=1) & (beside[:, 0] != beside[:, 1])
    pairs = np.unique(np.sort(beside[both], axis=1), axis=0)
    touched = np.bincount(pairs.ravel(), minlength=int(labels.max()) + 1)
    touched[np.setdiff1d(np.arange(len(touched)), whole[whole > 0])] = -1
    return int(touched.argmax())


def around(labels: Labels, number: int, margin: int = 12) -> tuple[slice, slice]:
    """Return the window of an object with some pixels around it."""
    rows, columns = np.nonzero(labels == number)
    return (
        slice(max(int(rows.min()) - margin, 0), int(rows.max()) + margin + 1),
        slice(max(int(columns.min()) - margin, 0), int(columns.max()) + margin + 1),
    )


def rays_figure(image: NDArray[Any], labels: Labels, number: int, rays: int, *, alt: str) -> Panels:
    """Draw what pixels of one object say: stars of three pixels, probability, one distance.

    Image and labels are (Y, X); `number` is that of the object, `rays` those of a star.
    """
    from stardist.geometry import dist_to_coord

    from gpu_course.deep_learning.stardist import data

    window = around(labels, number)
    probability, distances = (array[window] for array in data.targets(labels, rays, 1))
    own = labels[window] == number
    figure = display.show(
        image[window],
        probability,
        distances[..., 0],
        titles=["three stars", "probability", "distance to the right"],
        no_scale=False,
        width=6,
        alt=alt,
    )
    # The deepest pixel, and two about half as deep, one at either end of the object.
    inside = np.argwhere(own & (probability > 0.45) & (probability < 0.55))
    deepest = np.argwhere(own)[probability[own].argmax()]
    far = inside[np.hypot(*(inside - deepest).T).argmax()]
    other = inside[np.hypot(*(inside - far).T).argmax()]
    axes = figure.axes[0]
    for (row, column), colour in zip((deepest, far, other), COLOURS[:3], strict=True):
        ends = dist_to_coord(distances[row, column][None], np.array([[row, column]]))[0].T
        for y, x in ends:
            axes.plot([column, x], [row, y], color=colour, linewidth=0.6)
        round_again = np.vstack([ends, ends[:1]])
        axes.plot(round_again[:, 1], round_again[:, 0], color=colour, linewidth=1.8)
        axes.plot(column, row, "o", color="white", markersize=4, markeredgecolor=colour)
    axes.set(xlim=(-0.5, own.shape[1] - 0.5), ylim=(own.shape[0] - 0.5, -0.5))
    return figure


def candidates_figure(model: "StarModel", image: NDArray[Any], *, alt: str) -> Panels:
    """Draw the stars that a network proposes for an image, and those that are chosen.

    Parameters
    ----------
    model : StarModel
    image : ndarray (Y, X)
        A small one: every candidate is drawn.
    alt : str
        What a reader who cannot see the pictures should know.
    """
    from stardist.geometry import dist_to_coord

    from gpu_course.deep_learning.stardist import prediction
    from gpu_course.deep_learning.stardist.model import quiet

    with quiet():
        probability, distances = model.network.predict(model.prepare(image))
    grid = model.design.grid
    proposing = probability > model.network.thresholds.prob
    points = np.argwhere(proposing)
    proposed = dist_to_coord(distances[proposing], points * grid)
    chosen = prediction.predict(model, image).outlines
    # What the network says about a coarse grid, shown as large as the image.
    large = probability.repeat(grid, 0).repeat(grid, 1)[: image.shape[0], : image.shape[1]]
    figure = display.show(
        large,
        image,
        image,
        titles=["probability", f"{len(proposed)} candidates", f"{len(chosen)} chosen"],
        no_scale=False,
        alt=alt,
    )
    for axes, stars, alpha in zip(figure.axes[1:], (proposed, chosen), (0.15, 1.0), strict=True):
        for star in stars:
            ends = np.hstack([star, star[:, :1]])
            axes.plot(ends[1], ends[0], color=COLOURS[1], alpha=alpha, linewidth=1.2)
        axes.set(xlim=(-0.5, image.shape[1] - 0.5), ylim=(image.shape[0] - 0.5, -0.5))
    return figure


def most_missed(
    scenes: Sequence[Sample], found: Sequence[Labels], *, side: int = 256
) -> tuple[int, tuple[slice, slice]]:
    """Return where most objects were missed, so that failures are shown and not looked for.

    Scenes have labels, numbered from 1 without gaps; `found` are label images (Y, X) in the same
    order. Returns the scene's place in the sequence, and a window of `side` rows and columns, which
    is at most as large as a scene.
    """
    from scipy import ndimage

    most, where = -1.0, (0, (slice(0, side), slice(0, side)))
    for number, (scene, labels) in enumerate(zip(scenes, found, strict=True)):
        truth = np.asarray(scene.labels)
        missed = np.flatnonzero(~is_found(truth, labels)) + 1
        middles = np.zeros(truth.shape, np.float32)
        for y, x in ndimage.center_of_mass(truth > 0, truth, missed):
            middles[int(y), int(x)] += 1
        window = fullest_window(middles, side)
        if (count := float(middles[window].sum())) > most:
            most, where = count, (number, window)
    return where
