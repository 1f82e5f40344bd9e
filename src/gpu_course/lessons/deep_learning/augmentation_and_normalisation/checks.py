"""The checks of the exercises in ``deep-learning/augmentation-and-normalisation``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.exercises import Check, Function, Wrong

# --- normalise any image ------------------------------------------------------------------------


def _normalised(function: Function, image: NDArray[Any]) -> NDArray[Any]:
    """Return what the function makes of an image, after a look at its kind."""
    given = image.copy()
    # A division by zero is judged by its result; a warning would only stand beside the hint.
    with np.errstate(all="ignore"):
        found = np.asarray(function(given))
    if found.shape != image.shape:
        raise Wrong(
            f"The image has the shape {image.shape} and your result {found.shape}. Return one "
            "value for every pixel."
        )
    if not np.array_equal(given, image):
        raise Wrong("Your function changed the image it was given. Make a new array instead.")
    if found.dtype != np.float32:
        raise Wrong(f"Your result is {found.dtype}. End with .astype(np.float32).")
    return found


def _percentiles(function: Function) -> tuple[float, str]:
    """Return the part of the images that come out right, and a hint for the first that does not."""
    from gpu_course import images

    picture = images.load("roots", "train", index=0, size="small").image[100:228, 100:228]
    found = _normalised(function, picture)
    hot = picture.astype(np.uint16)
    hot[5, 5] = 65535
    with_hot = _normalised(function, hot)
    elsewhere = np.ones(picture.shape, bool)
    elsewhere[5, 5] = False
    exposed = _normalised(function, 3 * picture.astype(np.uint16) + 40)
    plain = _normalised(function, np.full((32, 32), 7, np.uint8))
    stack = _normalised(function, np.stack([picture] * 3))

    trials = {
        "A hot pixel changes all the others. Do not use the smallest and the largest value: "
        "one pixel can be the largest.": np.allclose(
            with_hot[elsewhere], found[elsewhere], 0, 0.02
        ),
        "Values were cut off. Keep those below 0 and above 1: a glint is brighter than a root, and "
        "the network may know it.": found.min() < 0 and with_hot.max() > 1.5,
        "The 1st percentile is not 0, or the 99.8th not 1.": np.allclose(
            np.percentile(found, [1, 99.8]), [0, 1], atol=1e-3
        ),
        "Grey values times 3 plus 40 give another result. Subtract the lower percentile, then "
        "divide by the distance between the two.": np.allclose(exposed, found, atol=1e-3),
        "An image of one single value gives values that are no numbers, or huge ones: both "
        "percentiles are equal, and you divide by their difference. Give 0 there.": bool(
            np.isfinite(plain).all() and np.abs(plain).max() < 1e-6
        ),
        "An image with more axes gives another result.": np.allclose(stack, found, atol=1e-3),
    }
    wrong = [hint for hint, right in trials.items() if not right]
    return 1 - len(wrong) / len(trials), wrong[0] if wrong else ""


# --- mirror and turn ----------------------------------------------------------------------------

SIDE = 96
SEEDS = 24
MOST = 20.0


def _scene() -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Return a bright disc to the left of the middle, and its labels: 3 with a rim of 7."""
    rows, columns = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    distance = np.hypot(rows, columns + 28)
    image = (30 + 200 * (distance < 12)).astype(np.uint8)
    labels = np.where(distance < 8, 3, np.where(distance < 12, 7, 0)).astype(np.int32)
    return image, labels


def _place(pixels: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the mean place of pixels, (rows down, columns right) from the middle."""
    row, column = np.argwhere(pixels).mean(axis=0) - (SIDE - 1) / 2
    return float(row), float(column)


def _moved(function: Function, image: Any, labels: Any, seed: int) -> tuple[Any, Any]:
    """Call the function and look at the kind of its answer."""
    given = image.copy(), labels.copy()
    answer = function(*given, seed)
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        raise Wrong("Return both, image and labels: return image, labels.")
    if not (np.array_equal(given[0], image) and np.array_equal(given[1], labels)):
        raise Wrong("Your function changed the arrays it was given. Make new ones instead.")
    new_image, new_labels = (np.asarray(part) for part in answer)
    for name, old, new in (("image", image, new_image), ("labels", labels, new_labels)):
        if new.shape != old.shape:
            raise Wrong(
                f"The {name} had the shape {old.shape} and came back as {new.shape}. Turn with "
                "reshape=False."
            )
        if new.dtype != old.dtype:
            raise Wrong(f"The {name} had the dtype {old.dtype} and came back as {new.dtype}.")
    invented = sorted(set(np.unique(new_labels).tolist()) - {0, 3, 7})
    if invented:
        raise Wrong(
            f"Labels are 0, 3 and 7, and yours have {', '.join(map(str, invented[:4]))} as well: "
            "objects that do not exist. Labels are never interpolated: order=0."
        )
    disc = new_image > 130
    if not disc.any() or not (new_labels > 0).any():
        raise Wrong("The object is gone. Turn about the middle, by an angle in degrees.")
    apart = np.hypot(*np.subtract(_place(disc), _place(new_labels > 0)))
    if apart > 1.5:
        raise Wrong(
            f"With seed {seed} the labels are {apart:.0f} pixels away from their object. Do to the "
            "labels what you do to the image: the same mirror, the same angle."
        )
    return new_image, new_labels


def _mirror_and_turn(function: Function) -> tuple[float, str]:
    """Return the part of the demands that are met, and a hint for the first that is not."""
    image, labels = _scene()
    state = np.random.get_state()[1].copy()  # type: ignore[index]
    first = [_moved(function, image, labels, seed) for seed in range(SEEDS)]
    again = [_moved(function, image, labels, seed) for seed in (3, 8)]
    touched = not np.array_equal(state, np.random.get_state()[1])  # type: ignore[index]

    angles, mirrored = [], []
    for new_image, _ in first:
        row, column = _place(new_image > 130)
        mirrored.append(column > 0)
        # How far the disc has gone around the middle, from the side on which it lies.
        angles.append(float(np.degrees(np.arctan2(row, abs(column)))))
    share = float(np.mean(mirrored))
    fractions = len(np.unique(np.concatenate([new.ravel() for new, _ in first])))
    trials = {
        "The same seed made two different changes. Take all chance from "
        "np.random.default_rng(seed).": all(
            np.array_equal(x, y)
            for one, two in zip((first[3], first[8]), again, strict=True)
            for x, y in zip(one, two, strict=True)
        ),
        "Your function turns the wheel of chance that all other code shares (np.random.seed). "
        "Take a generator of your own: np.random.default_rng(seed).": not touched,
        f"Of {SEEDS} images {sum(mirrored)} were mirrored. It should be about half of them.": 0.2
        <= share
        <= 0.8,
        "The angle hardly varies. Draw it with rng.uniform(-20, 20).": float(np.std(angles)) > 5,
        f"One image was turned by {max(map(abs, angles)):.0f}°. Stay below 20°.": max(
            map(abs, angles)
        )
        < MOST + 1.5,
        "The image has steps at its edges: it may be interpolated, order=1. Only labels take the "
        "nearest pixel.": fractions > 10,
    }
    wrong = [hint for hint, right in trials.items() if not right]
    return 1 - len(wrong) / len(trials), wrong[0] if wrong else ""


CHECKS = {
    "percentiles": Check(
        metric="part of the images that come out right",
        score=_percentiles,
        solution="gpu_course.lessons.deep_learning.augmentation_and_normalisation.solutions:to_percentiles",
        goal=1.0,
        hint="Subtract the lower percentile, then divide by the distance between the two.",
    ),
    "mirror-and-turn": Check(
        metric="part of the demands that are met",
        score=_mirror_and_turn,
        goal=1.0,
        hint="Draw at random once, then do the same to both.",
    ),
}
