"""Pictures in files: TIFF, PNG and JPEG as people really have them.

Microscopes, ImageJ, napari, QuPath, drawing programs and phones each write files in their own
way. Here every one of them becomes an array in a known order of axes, or one sentence.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpu_course.errors import CourseError

TIFF = (".tif", ".tiff")
PNG = (".png",)
#: JPEG changes pixels: a photograph may have been saved so, label images must not.
JPEG = (".jpg", ".jpeg")
#: The byte of a PNG that says how many bits a value has.
PNG_BITS = 24


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
        With a suffix of `TIFF`, `PNG` or `JPEG`. Any bit depth, compression, order of bytes; grey,
        palette or colours. Of a pyramid the finest level is read, of several series the first.
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
        If the file cannot be read or is of another kind; the reason is passed on.
    """
    file = Path(file)
    suffix = file.suffix.lower()
    name = name or f"{file.parent.name}/{file.name}"
    if suffix not in (*TIFF, *PNG, *JPEG):
        raise CourseError(f"{name} is no TIFF, PNG or JPEG. Save it as TIFF.")
    if numbers and (suffix in JPEG or _begins_as_jpeg(file)):
        raise CourseError(
            f"{name} is a JPEG, which changes pixels, and numbers of objects must not change at "
            "all. Save it anew from the program that made it, as TIFF or PNG."
        )
    try:
        if suffix in TIFF:
            picture, alpha = _tiff(file, stack, numbers, name)
        else:
            picture, alpha = _png_or_jpeg(file, numbers, name)
    except (CourseError, MemoryError):  # of the latter: the file is right, the machine too small
        raise
    except Exception as error:  # each decoder has its own errors, and none of them is ours
        raise CourseError(
            f"{name} cannot be read: {_reason(error)}. Open it in the program that wrote it and "
            "save it as TIFF without compression."
        ) from error
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


def _tiff(file: Path, stack: bool, numbers: bool, name: str) -> tuple[Picture, bool]:
    """Return a picture, and whether its last channel is how much it hides."""
    import tifffile

    with tifffile.TiffFile(file) as tiff:
        series = tiff.series[0]
        array, axes, page = series.asarray(), series.axes, series.keyframe
        imagej = tiff.is_imagej
    meaning = tifffile.PHOTOMETRIC
    if page.photometric in (meaning.SEPARATED, meaning.CIELAB, meaning.ICCLAB, meaning.ITULAB):
        raise CourseError(_foreign(name, meaning(page.photometric).name))
    # tifffile itself, and imageio with it, call every mask of True and False so, and mean the
    # values as they are.
    kept = array.dtype == bool and page.software.startswith("tifffile")
    # ImageJ writes masks and their like with 255 on the objects, and says of the file that they
    # are shown black: there, and wherever values are numbers, only the show is turned.
    kept |= page.bitspersample > 1 and (numbers or imagej)
    if page.photometric == meaning.MINISWHITE and array.dtype.kind in {"b", "u"} and not kept:
        # As fax machines and some scanners write. 12 bits lie in 16, and their white is 4095.
        white = 2**page.bitspersample - 1
        array = ~array if array.dtype == bool else array.dtype.type(white) - array
    # S are the samples of a colour picture, whatever their place; Q, I and the like say nothing.
    axes = re.sub("[^TZCYXS]", "?", axes)
    if stack and axes.startswith("S"):
        axes = "Z" + axes[1:]
    samples = "S" in axes
    if samples:
        axes = axes.replace("C", "?").replace("S", "C")
    if "C" in axes:
        place = axes.index("C")
        array = np.moveaxis(array, place, -1)
        axes = axes[:place] + axes[place + 1 :] + "C"
    # Channels of a microscope hide nothing. Of samples the file says it, or they are red, green
    # and blue and a fourth; but tifffile says so of any four, and an alpha has few values.
    kinds = (tifffile.EXTRASAMPLE.ASSOCALPHA, tifffile.EXTRASAMPLE.UNASSALPHA)
    alpha = samples and any(kind in kinds for kind in page.extrasamples)
    if samples and page.photometric == meaning.RGB and array.shape[-1] == 4:
        alpha = len(np.unique(array[..., -1])) <= 256
    return _without_ones(array, axes), alpha


def _foreign(name: str, colours: str) -> str:
    return (
        f"{name} holds colours of another kind ({colours}), and not red, green and blue. Save it "
        "as RGB, or in grey."
    )


def _png_or_jpeg(file: Path, numbers: bool, name: str) -> tuple[Picture, bool]:
    """Return a picture, and whether its last channel is how much it hides."""
    from PIL import Image

    content = file.read_bytes()
    with Image.open(io.BytesIO(content)) as opened:
        mode = opened.mode
        if mode in {"P", "1"}:
            # Pillow knows palettes; a picture of two values comes as 0 and 1.
            if numbers and mode == "P" and _white_is_0(opened):
                array = np.asarray(opened.convert("L"))
            else:
                array = np.asarray(opened if numbers or mode == "1" else opened.convert("RGBA"))
            if array.ndim == 3 and (array[..., :3] == array[..., :1]).all():
                array = array[..., [0, 3]]  # a palette of greys
        else:
            # Pillow would cut colours of 16 bits down to 8 without a word; imagecodecs does not.
            import imagecodecs

            if opened.format == "PNG":
                array = np.asarray(imagecodecs.png_decode(content))
                if numbers and mode == "L" and array.ndim == 2:
                    # Values of 2 and 4 bits come spread over 8.
                    array = array // (255 // (2 ** content[PNG_BITS] - 1))
            else:  # JPEG, or several in one file, as phones write them
                if mode == "CMYK":
                    raise CourseError(_foreign(name, mode))
                opened.load()  # which minds an end that is missing; imagecodecs paints it grey
                array = np.asarray(imagecodecs.jpeg_decode(content))
    return _without_ones(array, "YX" if array.ndim == 2 else "YXC"), array.shape[-1] in (2, 4)


def _begins_as_jpeg(file: Path) -> bool:
    """Look whether a file is a JPEG, whatever its ending says."""
    try:
        with file.open("rb") as stream:
            return stream.read(3) == b"\xff\xd8\xff"
    except OSError:  # told of where the picture is read
        return False


def _white_is_0(picture: Any) -> bool:
    """Tell whether a palette of black and white alone paints 0 white, and something black.

    So a mask is saved by programs that sort the colours. Any other palette, such as that of ImageJ,
    which runs from white to black over all 256 numbers, only says how numbers are shown.
    """
    used = np.unique(np.asarray(picture))
    colours = np.reshape(picture.getpalette("RGB"), (-1, 3))
    plain = np.isin(colours, (0, 255)).all() and (colours == colours[:, :1]).all()
    if len(used) != 2 or used[1] >= len(colours) or not plain:
        return False
    return bool((colours[used[0]] == 255).all() and (colours[used[1]] == 0).all())


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
    """Put a decoder's error into words, without the folders of this machine."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    text = re.split(r"\n|: header", str(error).strip())[0].rstrip(".")
    # “list index out of range” or the name of a buffer says nothing to whoever has the file.
    telling = isinstance(error, ValueError) and "/" not in text and " object at " not in text
    return text if telling and text else "its contents are damaged, or of another kind"
