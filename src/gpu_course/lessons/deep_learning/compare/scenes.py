"""The train half of the nuclei, cut in two: what to learn from, and what to choose by."""

import dataclasses

from gpu_course.errors import CourseError
from gpu_course.images import Sample


def split_train_half(half: Sample, *, rows: int = 384) -> tuple[Sample, Sample]:
    """Return the upper rows of a train image to learn from, and the rest to choose by.

    Parameters
    ----------
    half : Sample
        Of the split "train", with labels.
    rows : int
        Where to cut. A nucleus on the cut is cut.

    Returns
    -------
    training, validation : Sample
        The second with the split "validation".

    Raises
    ------
    CourseError
        If the image is not of the split "train", or one part would be empty.
    """
    if half.split != "train" or not 0 < rows < half.image.shape[0]:
        raise CourseError(
            f"Row {rows} of an image of the split {half.split!r} with {half.image.shape[0]} rows "
            "is no place to cut. Take a train image, and a row inside it."
        )
    columns = slice(0, half.image.shape[1])
    upper, lower = half.crop(slice(0, rows), columns), half.crop(slice(rows, None), columns)
    return upper, dataclasses.replace(lower, split="validation")
