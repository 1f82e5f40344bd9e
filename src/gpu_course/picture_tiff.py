"""TIFF as programs write it: which of its pictures is meant, whole, and in which colours.

A TIFF file may hold several pictures, refer to other files, number colours instead of holding them,
or end in the middle; tifffile reads what there is. Here what is read is one picture and all of it,
or the reason is said.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError

OF_OTHER_KIND = {5: "CMYK", 6: "YCbCr", 8: "CIELAB", 9: "ICCLAB", 10: "ITULAB"}
OF_OTHER_KIND |= {32803: "raw of a camera", 32844: "LogL", 32845: "LogLuv"}
"""Photometric interpretation of TIFF 6.0 and its supplements → what colours are called."""
JPEG = (6, 7, 33007, 34892)
"""Kinds of compression that are JPEG, which changes pixels; its colours are decoded as RGB."""
OVERVIEW = 16
"""Thumbnails, labels and macros of slides have so many times fewer pixels than the picture."""
BEGINS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""How TIFF and BigTIFF begin, in both orders of bytes."""


def pixels(file: Path, name: str, *, stack: bool, numbers: bool) -> tuple[NDArray[Any], str, bool]:
    """Read the one picture of a TIFF file.

    Parameters
    ----------
    file : Path
    name : str
        What errors call it.
    stack, numbers : bool
        As `gpu_course.picture_files.read` has them.

    Returns
    -------
    array : ndarray
        Of the finest level; Z, Y and X in this order, colours and channels last.
    axes : str
        Letters of T, Z, Y, X and C, or ``?`` for an axis that the file does not name.
    alpha : bool
        Whether the last channel is how much it hides.

    Raises
    ------
    CourseError
        If the file is cut short, holds several pictures, or colours that are not red, green and
        blue; or numbers are asked for, and it is packed as JPEG.
    """
    import tifffile

    with _listening() as faults, _opened(file) as tiff:
        series = _picture(tiff, name)
        page, axes, imagej = series.keyframe, series.axes, bool(tiff.is_imagej)
        _refuse_colours(page, name)
        if numbers and page.compression in JPEG:
            raise CourseError(
                f"{name} is packed as JPEG, which changes pixels, and numbers of objects must not "
                "change at all. Save it anew, without compression or with LZW or ZIP."
            )
        array = series.asarray()
        palette = None if imagej else page.colormap
    if faults:
        raise CourseError(
            f"{name} is cut short or damaged: it says that there is more than the file holds. Copy "
            "it again from where it came, or save it anew."
        )
    meaning = tifffile.PHOTOMETRIC
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
    # Some programs write columns first, and say so.
    order = np.arange(len(axes))
    in_space = [n for n, axis in enumerate(axes) if axis in "ZYX"]
    order[in_space] = sorted(in_space, key=lambda n: "ZYX".index(axes[n]))
    array, axes = array.transpose(order), "".join(axes[n] for n in order)
    if page.photometric == meaning.PALETTE and palette is not None:
        array = _of_palette(array, palette, numbers)
        axes += "C" * (array.ndim - len(axes))
    # Channels of a microscope hide nothing. Of samples the file says it, or they are red, green
    # and blue and a fourth; but tifffile says so of any four, and an alpha has few values.
    kinds = (tifffile.EXTRASAMPLE.ASSOCALPHA, tifffile.EXTRASAMPLE.UNASSALPHA)
    alpha = samples and any(kind in kinds for kind in page.extrasamples)
    if samples and page.photometric == meaning.RGB and array.shape[-1] == 4:
        alpha = len(np.unique(array[..., -1])) <= 256
    return array, axes, alpha


def white_is_0(numbers: NDArray[Any], colours: NDArray[Any]) -> bool:
    """Tell whether a palette of black and white alone paints 0 white, and something black.

    So a mask is saved by programs that sort the colours. Any other palette, such as that of ImageJ,
    which runs from white to black over all 256 numbers, only says how numbers are shown. Colours,
    (colours, 3), go from 0 to 255.
    """
    used = np.unique(numbers)
    plain = np.isin(colours, (0, 255)).all() and (colours == colours[:, :1]).all()
    if len(used) != 2 or used[1] >= len(colours) or not plain:
        return False
    return bool((colours[used[0]] == 255).all() and (colours[used[1]] == 0).all())


def _of_palette(array: NDArray[Any], palette: NDArray[np.uint16], numbers: bool) -> NDArray[Any]:
    """Return what the numbers of a palette stand for: themselves, grey values, or colours.

    A microscope's palette runs from dark to bright: it says in which colour grey values are shown.
    """
    # 8 bits, and in some old files no more: libtiff, too, tells them by their size.
    colours = (palette.T // (256 if palette.max() > 255 else 1)).astype(np.uint8)
    used = colours[: int(array.max(initial=0)) + 1]
    if numbers:
        turned = white_is_0(array, used)
        return np.where(array == array.min(), array.max(), array.min()) if turned else array
    if (used == used[:, :1]).all():
        return colours[array, 0]
    if (np.diff(colours.astype(int), axis=0) >= 0).all():
        return array
    return colours[array]


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    """Open a file and look at its own pixels alone.

    Where a picture was saved as one file for each time or place, each file names all of them, and
    tifffile would join them: every file gives the same whole, or nothing but zeros for what is
    not there.
    """
    import tifffile

    with tifffile.TiffFile(file) as tiff:
        whole = all(
            page is not None and page.parent is tiff for one in tiff.series for page in one.pages
        )
        if whole:
            yield tiff
            return
    with tifffile.TiffFile(file, is_ome=False, is_mmstack=False, is_ndtiff=False) as tiff:
        yield tiff


def _picture(tiff: Any, name: str) -> Any:
    """Return the series of pages that is the picture of a file, without its overviews."""
    full = [one for one in tiff.series if not one.keyframe.is_reduced] or list(tiff.series)
    areas = [one.keyframe.imagelength * one.keyframe.imagewidth for one in full]
    large = [one for one, area in zip(full, areas, strict=True) if OVERVIEW * area > max(areas)]
    if len(large) > 1:
        sizes = [f"{one.keyframe.imagelength} × {one.keyframe.imagewidth}" for one in large]
        more = " and more" if len(sizes) > 3 else ""
        raise CourseError(
            f"{name} holds {len(large)} pictures (series), of {', '.join(sizes[:3])}{more} pixels, "
            "and one is read from a file. Save each as a file of its own."
        )
    return large[0]


def _refuse_colours(page: Any, name: str) -> None:
    """Colours that are not red, green and blue would be taken for these without a word."""
    kind = OF_OTHER_KIND.get(int(page.photometric))
    if kind and not (kind == "YCbCr" and page.compression in JPEG):
        raise foreign(name, kind)


def foreign(name: str, colours: str) -> CourseError:
    """Return the error of a file whose colours are of another kind."""
    return CourseError(
        f"{name} holds colours of another kind ({colours}), and not red, green and blue. Save it "
        "as RGB, or in grey."
    )


@contextmanager
def _listening() -> Iterator[list[str]]:
    """Collect what tifffile says of a file that lacks something; it reads the rest all the same."""
    said: list[str] = []
    here = threading.get_ident()

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            # A tag of an unknown type says nothing of the pixels, nor that some pages are described
            # as tifffile's own and others are not.
            text = record.getMessage()
            if record.thread == here and not re.search("data type|shaped series", text):
                said.append(text)

    ear = Ear(logging.ERROR)
    logger = logging.getLogger("tifffile")
    logger.addHandler(ear)
    try:
        yield said
    finally:
        logger.removeHandler(ear)
