"""Label images laid over pictures, and pictures of where a segmentation went wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpu_course.display.arrays import check_image, check_labels, to_numpy, to_rgb
from gpu_course.display.colours import colour_map
from gpu_course.errors import CourseError
from gpu_course.labels import refuse_mask, renumber

# Okabe and Ito's blue and orange, with white: told apart by colour-blind eyes, and by lightness
# alone on a grey printout. https://jfly.uni-koeln.de/color/
MATCHED = (255, 255, 255)
MISSED = (230, 159, 0)
INVENTED = (0, 114, 178)
ERRORS_KEY = "white: matched · orange outline: missed · blue: invented"
"""What the colours of `errors_overlay` mean, for a caption."""


def outlines(labels: Any) -> NDArray[np.bool_]:
    """Return the pixels of each object that lie on its border.

    Touching objects both keep their border, so a shared one is two pixels wide.

    Parameters
    ----------
    labels : integer or bool ndarray, (Y, X)

    Returns
    -------
    (Y, X) bool ndarray

    Examples
    --------
    >>> from gpu_course.display import outlines
    >>> labels = np.zeros((3, 5), int)
    >>> labels[:, :4] = 1
    >>> outlines(labels).astype(int)
    array([[0, 0, 0, 1, 0],
           [0, 0, 0, 1, 0],
           [0, 0, 0, 1, 0]])
    """
    from skimage.segmentation import find_boundaries

    numbers = check_labels(labels, to_numpy(labels).shape)
    return find_boundaries(numbers, mode="inner")


def label_overlay(
    image: Any, labels: Any, alpha: float = 0.45, *, seed: int = 0, outline: bool = True
) -> NDArray[np.uint8]:
    """Lay a label image over its picture; touching labels never share a colour.

    Parameters
    ----------
    image : (Y, X) or (Y, X, 3) array
        Any real dtype; grey is stretched to its own range.
    labels : (Y, X) integer or bool array
        0 is background and stays as it is.
    alpha : float
        0 shows the picture alone, 1 the labels alone.
    seed : int
        Same seed, same colours.
    outline : bool
        Draw each label's border in its full colour.

    Returns
    -------
    (Y, X, 3) uint8 ndarray
        RGB.

    Raises
    ------
    CourseError
        If the shapes differ, or one of the arrays cannot be drawn.

    Examples
    --------
    >>> from gpu_course.display import label_overlay
    >>> labels = np.array([[0, 0, 3, 3]])
    >>> label_overlay(np.array([[0, 9, 0, 9]]), labels, alpha=0, outline=False)[0].tolist()
    [[0, 0, 0], [255, 255, 255], [0, 0, 0], [255, 255, 255]]
    """
    if not 0 <= alpha <= 1:
        raise CourseError(f"alpha is {alpha}, but goes from 0 (picture) to 1 (labels).")
    picture = check_image(image)
    numbers = check_labels(labels, picture.shape[:2])
    base = to_rgb(picture).astype(np.float32)
    colours = colour_map(numbers, seed)
    share = np.where(numbers > 0, alpha, 0.0)
    if outline and alpha > 0:
        share = np.where(outlines(numbers), max(alpha, 0.9), share)
    mixed = base + share[..., None] * (colours - base)
    return np.round(mixed).astype(np.uint8)


def draw_outlines(
    image: NDArray[np.uint8], labels: Any, colour: tuple[int, int, int] = MISSED
) -> NDArray[np.uint8]:
    """Return the (Y, X, 3) picture with the labels' borders drawn in one colour."""
    drawn = image.copy()
    drawn[outlines(check_labels(labels, image.shape[:2], "The outlines"))] = colour
    return drawn


def errors_overlay(
    truth: Any,
    prediction: Any,
    image: Any = None,
    *,
    threshold: float = 0.5,
    in_pieces: bool = False,
) -> NDArray[np.uint8]:
    """Show what a segmentation matched (white), missed (orange) and invented (blue).

    With label images, whole objects are judged: an object is matched where a predicted one
    overlaps it with an intersection over union of at least the threshold. Missed objects are
    hollow with a bold border, invented ones are filled, so that the picture works without colour.
    With masks (bool), pixels are judged one by one.

    Parameters
    ----------
    truth, prediction : (Y, X) arrays of the same shape
        Both bool, or both integer labels.
    image : (Y, X) or (Y, X, 3) array, optional
        Drawn dimmed behind; black where left out.
    threshold : float
        Intersection over union that makes a match, at least 0.5 (below, one object could match
        several).
    in_pieces : bool
        Let a single object in several pieces pass, which otherwise is taken for a mask.

    Returns
    -------
    (Y, X, 3) uint8 ndarray
        RGB. `ERRORS_KEY` is a legend for the caption.

    Examples
    --------
    >>> from gpu_course.display import errors_overlay
    >>> truth, found = np.array([[1, 1, 0]], bool), np.array([[0, 1, 1]], bool)
    >>> errors_overlay(truth, found)[0].tolist()  # missed, matched, invented
    [[196, 135, 0], [217, 217, 217], [0, 97, 151]]
    """
    if not 0.5 <= threshold <= 1:
        raise CourseError(f"The threshold is {threshold}, but must lie between 0.5 and 1.")
    shape = to_numpy(truth).shape
    as_pixels = to_numpy(truth).dtype == bool and to_numpy(prediction).dtype == bool
    true = check_labels(truth, shape, "The truth")
    found = check_labels(prediction, shape, "The prediction")
    if len(shape) != 2:
        raise CourseError(f"The truth has shape {shape}, but must be (Y, X). Give one slice.")
    canvas = np.zeros((*shape, 3), np.float32)
    if image is not None:
        picture = check_image(image)
        if picture.shape[:2] != shape:
            raise CourseError(
                f"The image has shape {picture.shape[:2]}, the truth {shape}. "
                "Cut both with the same slice."
            )
        canvas = 0.45 * to_rgb(picture).astype(np.float32)

    if as_pixels:
        for where, colour in (
            ((true > 0) & (found > 0), MATCHED),
            ((true > 0) & (found == 0), MISSED),
            ((true == 0) & (found > 0), INVENTED),
        ):
            _blend(canvas, where, colour, 0.85)
        return np.round(canvas).astype(np.uint8)

    refuse_mask(true, "The truth", in_pieces=in_pieces)
    refuse_mask(found, "The prediction", in_pieces=in_pieces)
    # The tables below have a row for every number: numbers may be as large as they like.
    true, found = renumber(true), renumber(found)
    matched_true, matched_found = _matched(true, found, threshold)
    missed = np.where(matched_true[true], 0, true)
    invented = np.where(matched_found[found], 0, found)
    matched = np.where(matched_found[found], found, 0)
    _blend(canvas, matched > 0, MATCHED, 0.35)
    _blend(canvas, outlines(matched), MATCHED, 0.9)
    _blend(canvas, invented > 0, INVENTED, 0.75)
    _blend(canvas, outlines(invented), INVENTED, 1.0)
    _blend(canvas, _bold(outlines(missed)) & (true > 0), MISSED, 1.0)
    return np.round(canvas).astype(np.uint8)


def _blend(
    canvas: NDArray[np.float32], where: NDArray, colour: tuple[int, int, int], alpha: float
) -> None:
    """Mix a colour into the canvas, in place."""
    canvas[where] += alpha * (np.array(colour, np.float32) - canvas[where])


def _bold(line: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Widen a line by one pixel to every side."""
    from scipy.ndimage import binary_dilation

    return binary_dilation(line, np.ones((3, 3), bool))


def _matched(true: NDArray, found: NDArray, threshold: float) -> tuple[NDArray, NDArray]:
    """Return, for every label of each image, whether it has a partner (0: yes)."""
    true_size, found_size = np.bincount(true.ravel()), np.bincount(found.ravel())
    both = (true > 0) & (found > 0)
    pairs, overlap = np.unique(np.stack([true[both], found[both]]), axis=1, return_counts=True)
    union = true_size[pairs[0]] + found_size[pairs[1]] - overlap
    good = overlap / union >= threshold
    has_true = np.zeros(len(true_size), bool)
    has_found = np.zeros(len(found_size), bool)
    has_true[0] = has_found[0] = True
    has_true[pairs[0][good]] = True
    has_found[pairs[1][good]] = True
    return has_true, has_found


BRUSH = {1: (0, 114, 178), 2: (230, 159, 0), 3: (255, 255, 255)}
"""Colours of painted classes: blue, orange and white, apart for every eye and in grey."""


def strokes_overlay(image: ArrayLike, scribbles: ArrayLike) -> NDArray[np.uint8]:
    """Draw painted strokes over a picture.

    Parameters
    ----------
    image : array (Y, X) or (Y, X, 3)
    scribbles : integer array (Y, X)
        0 where nothing is painted; class 1 is drawn blue, 2 orange, 3 white.

    Returns
    -------
    ndarray of uint8 (Y, X, 3)
    """
    from scipy.ndimage import binary_dilation

    drawn = to_rgb(np.asarray(image)).copy()
    painted = np.asarray(scribbles)
    # A dark rim keeps the strokes apart from a bright picture.
    drawn[binary_dilation(painted > 0, np.ones((3, 3), bool)) & (painted == 0)] = 0
    for number, colour in BRUSH.items():
        drawn[painted == number] = colour
    return drawn
