"""Pictures that are stored in another way than they are shown.

A camera that is held upright or upside down stores what its sensor sees, and notes how the picture
is to be turned. Fiji, napari and this package show it as it is stored, phones, browsers and most
programs for labelling turn it first. So the same picture has other pixels in two programs.
"""

from __future__ import annotations

from pathlib import Path

from gpu_course.errors import CourseError
from gpu_course.picture_tiff import BEGINS

TAG = 274
"""Of TIFF 6.0 and of Exif, which stands in JPEG and PNG."""


def orientation(file: Path) -> int:
    """Return how a picture says that it is to be turned when it is shown; it can be read.

    1: not at all; 2 to 4: turned by 180° or mirrored; 5 to 8: rows become columns.
    """
    import tifffile
    from PIL import Image

    with file.open("rb") as stream:
        begins = stream.read(4)
    if begins in BEGINS:
        with tifffile.TiffFile(file) as tiff:
            return int(tiff.pages.first.tags.valueof(TAG, default=1))
    with Image.open(file) as opened:
        return int(opened.getexif().get(TAG, 1))


def refuse_turned(image: Path, labels: Path, shape: tuple[int, ...], name: str) -> None:
    """Make sure that labels lie on the pixels of their image, whatever drew them.

    Parameters
    ----------
    image, labels : Path
        Ones that can be read.
    shape : tuple of int
        Rows and columns of the image, as it is stored.
    name : str
        Of the image, for the error.

    Raises
    ------
    CourseError
        If one of the two is to be turned and the other is not, and they would still be of one
        shape. Where shapes differ, that is seen without this.
    """
    turns = orientation(image), orientation(labels)
    seen_by_shape = max(turns) >= 5 and shape[0] != shape[1]
    if turns[0] != turns[1] and not seen_by_shape:
        raise CourseError(
            f"{name}: the camera was turned, and the picture says so (orientation {turns[0]}). "
            "Programs that heed it draw labels on other pixels than those that do not. Save it as "
            "TIFF from the program in which it was labelled."
        )
