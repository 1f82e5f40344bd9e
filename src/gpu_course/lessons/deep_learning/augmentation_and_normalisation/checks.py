"""The checks of the exercises in ``deep-learning/augmentation-and-normalisation``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gpu_course.exercise_answers import array
from gpu_course.exercises import Check, Function, Wrong

# --- normalise any image ------------------------------------------------------------------------


def _normalised(function: Function, image: NDArray[Any]) -> NDArray[Any]:
    """Return what the function makes of an image, after a look at its kind."""
    given = image.copy()
    # A division by zero is judged by its result; a warning would only stand beside the hint.
    with np.errstate(all="ignore"):
        found = array(function(given), "one value for every pixel")
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
    unit = _normalised(function, (picture / 255).astype(np.float32))

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
        "The same picture from 0 to 1, as float32, gives another result. Keep its fractions, and "
        "replace the distance between the percentiles only where it is 0.": np.allclose(
            unit, found, atol=1e-3
        ),
    }
    wrong = [hint for hint, right in trials.items() if not right]
    return 1 - len(wrong) / len(trials), wrong[0] if wrong else ""


# --- mirror and turn ----------------------------------------------------------------------------

SIDE = 96
SEEDS = 80
MOST = 20.0
#: Where the large disc and the small one lie, (rows down, columns right) from the middle: both
#: beside the middle row, and no move but the right one brings both to their places.
STARTS = np.array([(-12.0, -26.0), (25.0, 6.0)])


def _scene() -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Return two bright discs and their labels: a large one, 3 with a rim of 7; a small one, 9."""
    pixels = np.indices((SIDE, SIDE)) - (SIDE - 1) / 2
    large, small = (np.hypot(*(pixels - start[:, None, None])) for start in STARTS)
    image = (30 + 200 * ((large < 12) | (small < 7))).astype(np.uint8)
    labels = np.select([large < 8, large < 12, small < 7], [3, 7, 9]).astype(np.int32)
    return image, labels


def _places(pixels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return where the two largest pieces of some pixels lie, as `STARTS`, the larger one first."""
    pieces, count = ndimage.label(pixels)
    if count < 2:
        raise Wrong("An object is gone. Turn about the middle, by an angle in degrees.")
    sizes = np.bincount(pieces.ravel())[1:]
    two = np.argsort(-sizes, kind="stable")[:2] + 1
    places: NDArray[np.float64] = np.array(ndimage.center_of_mass(pixels, pieces, two))
    return places - (SIDE - 1) / 2


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
    invented = sorted(set(np.unique(new_labels).tolist()) - {0, 3, 7, 9})
    if invented:
        raise Wrong(
            f"Labels are 0, 3, 7 and 9, and yours have {', '.join(map(str, invented[:4]))} as "
            "well: objects that do not exist. Labels are never interpolated: order=0."
        )
    apart = np.hypot(*(_places(new_image > 130) - _places(new_labels > 0)).T).max()
    if apart > 1.5:
        raise Wrong(
            f"With seed {seed} the labels are {apart:.0f} pixels away from their object. Do to the "
            "labels what you do to the image: the same mirror, the same angle."
        )
    return new_image, new_labels


def _move(places: NDArray[np.float64]) -> tuple[bool, float, float]:
    """Return whether both discs were mirrored, turned by which angle (°), and how far they are off.

    Seen from the large disc and the middle, the small one is on the other side after a mirror.
    """

    def cross(of: NDArray[np.float64]) -> float:
        return float(of[0, 0] * of[1, 1] - of[0, 1] * of[1, 0])

    mirrored = cross(places) * cross(STARTS) < 0
    start = STARTS * (1, -1) if mirrored else STARTS
    old, new = (each[:, 1] + 1j * each[:, 0] for each in (start, places))
    turn = np.sum(new * old.conj())
    off = float(np.abs(new - old * turn / abs(turn)).max())
    return mirrored, float(np.degrees(np.angle(turn))), off


def _mirror_and_turn(function: Function) -> tuple[float, str]:
    """Return the part of the demands that are met, and a hint for the first that is not."""
    pairs = [_scene()]
    pairs.append((pairs[0][0].astype(np.float32), pairs[0][1].astype(np.uint16)))
    state = np.random.get_state()[1].copy()  # type: ignore[index]
    first = [_moved(function, *pairs[seed % 2], seed) for seed in range(SEEDS)]
    again = [_moved(function, *pairs[seed % 2], seed) for seed in (3, 8)]
    touched = not np.array_equal(state, np.random.get_state()[1])  # type: ignore[index]

    moves = [_move(_places(new_image > 130)) for new_image, _ in first]
    mirrored = sum(is_mirrored for is_mirrored, _, _ in moves)
    angles = np.array([angle for _, angle, _ in moves])
    most = np.abs(angles).max()
    fractions = len(np.unique(np.concatenate([new.ravel() for new, _ in first[::2]])))
    trials = {
        "The same seed made two different changes. Take all chance from "
        "np.random.default_rng(seed).": all(
            np.array_equal(x, y)
            for one, two in zip((first[3], first[8]), again, strict=True)
            for x, y in zip(one, two, strict=True)
        ),
        "Your function turns the wheel of chance that all other code shares (np.random.seed). "
        "Take a generator of your own: np.random.default_rng(seed).": not touched,
        f"Of {SEEDS} images {mirrored} were mirrored. It should be about half of them.": (
            0.3 <= mirrored / SEEDS <= 0.7
        ),
        "The angle hardly varies. Draw it with rng.uniform(-20, 20).": bool(np.std(angles) > 5),
        f"One image was turned by {most:.0f}°. Stay below 20°, and mirror from left to right.": (
            bool(most < MOST + 1.5)
        ),
        "All images are turned to one side. Turn to either: rng.uniform(-20, 20).": bool(
            angles.min() < -3 and angles.max() > 3
        ),
        f"No image is turned by more than {most:.0f}°. It may be up to 20° to either side.": bool(
            most > 0.7 * MOST
        ),
        "The objects are not where a mirror and a turn about the middle bring them.": (
            max(off for *_, off in moves) < 2
        ),
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
