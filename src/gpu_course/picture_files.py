"""Pictures in files: TIFF, PNG and JPEG as people really have them.

Microscopes, ImageJ, napari, QuPath, drawing programs and phones each write files in their own
way. Here every one of them becomes an array in a known order of axes, or one sentence.
"""

from __future__ import annotations

import errno
import io
import re
import stat
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpu_course import picture_tiff
from gpu_course.errors import CourseError
from gpu_course.picture_tiff import foreign, white_is_0

TIFF = (".tif", ".tiff")
PNG = (".png",)
#: JPEG changes pixels: a photograph may have been saved so, label images must not.
JPEG = (".jpg", ".jpeg")
#: The byte of a PNG that says how many bits a value has.
PNG_BITS = 24
#: How files begin, whatever their ending says.
PNG_BEGINS = b"\x89PNG"
JPEG_BEGINS = b"\xff\xd8\xff"


class Picture(NamedTuple):
    """The pixels of a file, and their axes if the file says them.

    Attributes
    ----------
    array : ndarray
        Axes of length 1 are gone; colours come last.
    axes : str
        Letters of T, Z, Y, X and C, or ``?`` for an axis that the file does not name.
    """

    array: NDArray[Any]
    axes: str


def read(
    file: Path | str, *, numbers: bool = False, stack: bool = False, name: str | None = None
) -> Picture:
    """Read one picture.

    Parameters
    ----------
    file : Path or str
        With a suffix of `TIFF`, `PNG` or `JPEG`; what is in it decides how it is read. Any bit
        depth, compression, order of bytes; grey, palette or colours. Of a pyramid the finest level
        is read, thumbnails are passed over. Pixels are as the file stores them, as Fiji and napari
        show them: see `gpu_course.picture_orientation`.
    numbers : bool
        The pixels are numbers of objects: a palette is not turned into its colours, values stay
        where a file says that 0 is shown as white (but for scans of one bit), and JPEG is refused.
    stack : bool
        The picture is known to be a stack. tifffile, and napari with it, write stacks of 3 or 4
        planes as if the planes were colours.
    name : str, optional
        What errors call the file. None: its folder and its name.

    Returns
    -------
    Picture
        Colours that come first or in planes of their own have been moved to the end. An alpha
        channel that hides nothing is left out.

    Raises
    ------
    CourseError
        If the file cannot be read, is cut short, is of another kind or holds several pictures; the
        reason is passed on.
    """
    file = Path(file)
    name = name or f"{file.parent.name}/{file.name}"
    kinds = (*TIFF, *PNG, *JPEG)
    if file.suffix.lower() not in kinds:
        raise CourseError(
            f"{name} is no TIFF, PNG or JPEG ({', '.join(kinds)}). Open it in the program that "
            "made it, or in Fiji, which reads most microscopes' files, and save it as TIFF."
        )
    try:
        begins = _beginning(file, name)
        if numbers and (file.suffix.lower() in JPEG or begins.startswith(JPEG_BEGINS)):
            raise CourseError(
                f"{name} is a JPEG, which changes pixels, and numbers of objects must not change "
                "at all. Save it anew from the program that made it, as TIFF or PNG."
            )
        is_tiff = file.suffix.lower() in TIFF and not begins.startswith((PNG_BEGINS, JPEG_BEGINS))
        if is_tiff or begins.startswith(picture_tiff.BEGINS):
            array, axes, alpha = picture_tiff.pixels(file, name, stack=stack, numbers=numbers)
            picture = _without_ones(array, axes)
        else:
            picture, alpha = _png_or_jpeg(file, numbers, name)
    except (CourseError, MemoryError):  # of the latter: the file is right, the machine too small
        raise
    except Exception as error:  # each decoder has its own errors, and none of them is ours
        raise CourseError(f"{name} cannot be read: {_reason(error)}") from error
    if picture.array.dtype.kind not in "biuf":
        raise CourseError(
            f"{name} holds values of type {picture.array.dtype}, which are no grey values. Save it "
            "as whole or real numbers."
        )
    array = picture.array
    # Bytes in this machine's order: PyTorch knows no other. Yes and no become 1 and 0.
    array = array.astype(np.uint8 if array.dtype == bool else array.dtype.newbyteorder("="))
    picture = Picture(array, picture.axes)
    return _opaque(picture, name) if alpha and picture.axes.endswith("C") else picture


def tiff(array: ArrayLike, axes: str = "") -> bytes:
    """Return the bytes of a TIFF file that other programs read.

    Parameters
    ----------
    array : ndarray
        An image, or numbers of objects.
    axes : str
        Of an image, such as ``"YXC"``. Empty: numbers of objects, which are packed without loss,
        in 16 bits if they fit, else in 32.

    Raises
    ------
    CourseError
        If there is no pixel, it holds no real numbers, or numbers of objects are not whole, or not
        from 0 up to 2³².
    """
    import tifffile

    array = np.asarray(array)
    if not array.size or array.dtype.kind not in "biuf":
        raise CourseError(
            f"A picture of shape {array.shape} and type {array.dtype} has no pixels of real "
            "numbers. Give an array of them."
        )
    if not axes:
        low, high = array.min(), array.max()
        if not (low >= 0 and high < 2**32) or (array.dtype.kind == "f" and (array % 1).any()):
            raise CourseError(
                f"Numbers of objects from {low} to {high} cannot be saved as they are. Give whole "
                "numbers, 0 for the background and 1 … n for the objects."
            )
        array = array.astype(np.uint16 if high < 2**16 else np.uint32)
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer,
        array,
        photometric="rgb" if axes.endswith("C") and array.shape[-1] == 3 else "minisblack",
        planarconfig="contig" if axes.endswith("C") else None,
        compression=None if axes else "zlib",
    )
    return buffer.getvalue()


def _png_or_jpeg(file: Path, numbers: bool, name: str) -> tuple[Picture, bool]:
    """Return a picture, and whether its last channel is how much it hides."""
    from PIL import Image

    content = file.read_bytes()
    with Image.open(io.BytesIO(content)) as opened:
        mode, kind = opened.mode, opened.format
        if kind not in {"PNG", "JPEG", "MPO"}:
            raise CourseError(
                f"{name} is of the kind {kind}, whatever its ending says. Save it as TIFF."
            )
        if kind == "PNG" and (count := getattr(opened, "n_frames", 1)) > 1:
            raise CourseError(
                f"{name} holds {count} pictures (an animation), and one is read from a file. Save "
                "each as a file of its own."
            )
        if mode in {"P", "1"}:
            # Pillow knows palettes; a picture of two values comes as 0 and 1.
            if numbers and mode == "P" and white_is_0(np.asarray(opened), _palette(opened)):
                array = np.asarray(opened.convert("L"))
            else:
                array = np.asarray(opened if numbers or mode == "1" else opened.convert("RGBA"))
            if array.ndim == 3 and (array[..., :3] == array[..., :1]).all():
                array = array[..., [0, 3]]  # a palette of greys
        else:
            # Pillow would cut colours of 16 bits down to 8 without a word; imagecodecs does not.
            import imagecodecs

            if kind == "PNG":
                array = np.asarray(imagecodecs.png_decode(content))
                if numbers and mode == "L" and array.ndim == 2:
                    # Values of 2 and 4 bits come spread over 8.
                    array = array // (255 // (2 ** content[PNG_BITS] - 1))
            else:  # JPEG, or several in one file, as phones write them
                if mode == "CMYK":
                    raise foreign(name, mode)
                opened.load()  # which minds an end that is missing; imagecodecs paints it grey
                array = np.asarray(imagecodecs.jpeg_decode(content))
    return _without_ones(array, "YX" if array.ndim == 2 else "YXC"), array.shape[-1] in (2, 4)


def _palette(picture: Any) -> NDArray[Any]:
    return np.reshape(picture.getpalette("RGB"), (-1, 3))


def _beginning(file: Path, name: str) -> bytes:
    """Return the first bytes of a file, or say why there are none."""
    if not stat.S_ISREG(file.stat().st_mode) and not file.is_dir():
        raise CourseError(f"{name} is no file that holds a picture. Move it away.")
    with file.open("rb") as stream:
        begins = stream.read(16)
    if not begins:
        raise CourseError(
            f"{name} cannot be read: it is empty (0 bytes). Copy it again from where it came."
        )
    return begins


def _without_ones(array: NDArray[Any], axes: str) -> Picture:
    """Leave out axes of length 1, but never the two of the picture itself."""
    keep = [n for n, axis in enumerate(axes) if array.shape[n] > 1 or axis in "YX"]
    shape = tuple(array.shape[n] for n in keep)
    return Picture(array.reshape(shape), "".join(axes[n] for n in keep))


def _opaque(picture: Picture, name: str) -> Picture:
    """Leave out an alpha channel, the last; refuse one that hides something."""
    array = picture.array
    top = np.iinfo(array.dtype).max if array.dtype.kind == "u" else 1
    if (array[..., -1] == top).all():
        return _without_ones(array[..., :-1], picture.axes)
    kind = "grey and transparency" if array.shape[-1] == 2 else "RGBA"
    raise CourseError(
        f"{name} has {array.shape[-1]} channels ({kind}), and the last one, its transparency, is "
        "not the same everywhere. Save it without transparency (flatten the image)."
    )


def _reason(error: Exception) -> str:
    """Put a decoder's error and its cure into words, without the folders of this machine."""
    from PIL import Image

    if isinstance(error, OSError) and error.strerror:
        cures = {
            errno.ENOENT: "Check its name, and where a link leads",
            errno.EISDIR: "Name the pictures inside, or move it away",
            errno.EACCES: "Correct its permissions",
        }
        return (
            f"{error.strerror.lower()}. {cures.get(error.errno or 0, 'Copy it to this machine')}."
        )
    if isinstance(error, Image.DecompressionBombError):
        return "it has more pixels than is safe to unpack. Save it as TIFF, or crop it."
    text = re.split(r"\n|: header", str(error).strip())[0].rstrip(".")
    # “list index out of range” or the name of a buffer says nothing to whoever has the file.
    telling = isinstance(error, ValueError) and "/" not in text and " object at " not in text
    cause = text if telling and text else "its contents are damaged, or of another kind"
    return f"{cause}. Open it in the program that wrote it and save it as TIFF without compression."
