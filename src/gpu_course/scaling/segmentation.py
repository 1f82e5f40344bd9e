"""Nuclei in a volume, block by block: the same labels as in one piece, with the same numbers.

Smooth, take Otsu's threshold, put a seed on every peak, and let the seeds grow over the foreground
(a watershed). Each of these looks no further than its reach, except two: the threshold, for which
counts of all blocks are added up, and the numbers of the seeds, which are their places in a list of
all. So every block can number its voxels without asking its neighbours.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution.arrays import as_float32
from gpu_course.deconvolution.units import in_voxels, lengths, number
from gpu_course.devices import to_numpy
from gpu_course.errors import CourseError

Volume = NDArray[Any]
Labels = NDArray[np.int32]

BINS = 256
"""Of the histogram that Otsu's threshold is taken from, as in scikit-image."""

LONG = 1000.0
"""µm: a nucleus so long was given in nm."""

SHARES = {"smooth": 0.16, "distance": 0.4, "largest": 1.9}
"""Lengths as shares of a nucleus: as they suit the tissue of the course."""


@dataclasses.dataclass(frozen=True)
class NucleiSettings:
    """What the segmentation may be tuned by; lengths in µm.

    What suits nuclei of one size suits no others: :meth:`for_nuclei` makes each length a share.

    Attributes
    ----------
    smooth : float
        Standard deviation of the Gaussian before the threshold and before the peaks.
    distance : float
        A peak is the highest voxel within this distance.
    threshold : float
        As a multiple of Otsu's.
    largest : float
        No object is longer than this. It sets the reach of the watershed.
    """

    smooth: float = 0.6
    distance: float = 1.5
    threshold: float = 1.0
    largest: float = 10.0

    def __post_init__(self) -> None:
        """Refuse what is no length, or one in nm."""
        for name, value in dataclasses.asdict(self).items():
            if not 0 < number(value, name) < np.inf:
                raise CourseError(f"{name}={value}, but it must be a number above 0.")
            if name in ("smooth", "distance") and value >= LONG:
                raise CourseError(f"{name}={value} µm looks like nm: divide by 1000.")

    @classmethod
    def for_nuclei(cls, nucleus: float, **others: float) -> NucleiSettings:
        """Return settings whose lengths are `SHARES` of a nucleus.

        Parameters
        ----------
        nucleus : float
            Diameter of a usual nucleus in µm.
        **others
            Settings by name that are taken as they are.

        Raises
        ------
        CourseError
            If the diameter is no number above 0, or seems to be in nm or mm.

        Examples
        --------
        >>> from gpu_course.scaling import NucleiSettings
        >>> NucleiSettings.for_nuclei(10, threshold=1.2)
        NucleiSettings(smooth=1.6, distance=4.0, threshold=1.2, largest=19.0)
        """
        nucleus = number(nucleus, "nucleus", "in µm")
        if not 0 < nucleus < np.inf:
            raise CourseError(f"nucleus={nucleus:g}, but a diameter is above 0 µm.")
        if not LONG / 10_000 <= nucleus < LONG:
            unit, cure = ("nm", "divide") if nucleus >= LONG else ("mm", "multiply")
            raise CourseError(f"nucleus={nucleus:g} µm looks like {unit}: {cure} by 1000.")
        lengths = {name: round(share * nucleus, 6) for name, share in SHARES.items()}
        return cls(**{**lengths, **others})

    def radius(self, voxel_size: Sequence[float]) -> tuple[int, ...]:
        """Return the distance of peaks in voxels, at least 1."""
        return tuple(max(1, round(self.distance / v)) for v in voxel_size)


def smoothing_reach(settings: NucleiSettings, voxel_size: Sequence[float]) -> tuple[int, ...]:
    """Return how far the Gaussian looks, in voxels: SciPy cuts it at four standard deviations.

    Raises
    ------
    CourseError
        If the edges of a voxel are not three lengths above 0.

    Examples
    --------
    >>> from gpu_course.scaling import NucleiSettings, smoothing_reach
    >>> smoothing_reach(NucleiSettings(smooth=0.5), (0.5, 0.25, 0.25))
    (4, 8, 8)
    """
    edges = lengths(voxel_size, 3, "the voxel size")
    return tuple(int(4 * settings.smooth / v + 0.5) for v in edges)


def seed_reach(settings: NucleiSettings, voxel_size: Sequence[float]) -> tuple[int, ...]:
    """Return how far the search for peaks looks: the Gaussian, and twice their distance.

    Twice, because voxels of the same height side by side count as one peak.
    """
    blur = smoothing_reach(settings, voxel_size)
    return tuple(b + 2 * r for b, r in zip(blur, settings.radius(voxel_size), strict=True))


def growth_reach(settings: NucleiSettings, voxel_size: Sequence[float]) -> tuple[int, ...]:
    """Return how far the watershed looks: the Gaussian, and the longest object.

    An object that begins in a block ends within this reach, and so does the neighbour that it
    meets.
    """
    blur = smoothing_reach(settings, voxel_size)
    return tuple(
        b + int(np.ceil(settings.largest / v)) for b, v in zip(blur, voxel_size, strict=True)
    )


def smooth(image: Volume, settings: NucleiSettings, voxel_size: Sequence[float]) -> Volume:
    """Return the image (z, y, x) after the Gaussian, as float32; voxels are in µm."""
    from scipy.ndimage import gaussian_filter

    sigma = np.divide(settings.smooth, voxel_size)
    return gaussian_filter(np.asarray(image, np.float32), sigma, mode="nearest", truncate=4.0)


def warn_of_thin_blur(settings: NucleiSettings, voxel_size: Sequence[float]) -> None:
    """Warn where the Gaussian is under half a voxel: once for a volume, not for each block."""
    in_voxels(settings.smooth, voxel_size, f"smooth={settings.smooth:g} µm", level=4)


def otsu_threshold(counts: NDArray[Any], lowest: float, highest: float) -> float:
    """Return Otsu's threshold from the counts (BINS,) of grey values in equal bins, all blocks'."""
    from skimage.filters import threshold_otsu

    if not highest > lowest:
        raise CourseError(
            f"The image is {lowest:g} everywhere, so there is nothing to segment. "
            "Look at it: is this the right array of the store?"
        )
    edges = np.linspace(lowest, highest, BINS + 1)
    return float(threshold_otsu(hist=(np.asarray(counts), (edges[1:] + edges[:-1]) / 2)))


def count_values(values: Volume, lowest: float, highest: float) -> NDArray[np.int64]:
    """Return how many voxels lie in each of `BINS` equal bins between two values of all blocks.

    The two are not the same.
    """
    # Between large numbers that hardly differ, float32 has no room for so many edges.
    step = float(np.spacing(np.float32(max(abs(lowest), abs(highest)))))
    if highest - lowest < 4 * BINS * step:
        values = values.astype(np.float64)
    return np.histogram(values, BINS, (lowest, highest))[0].astype(np.int64)


def nuclei_threshold(
    image: Volume,
    settings: NucleiSettings,
    voxel_size: Sequence[float],
    *,
    smoothed: Volume | None = None,
) -> float:
    """Return the threshold between nuclei and background of a volume in one piece.

    Parameters
    ----------
    image, settings, voxel_size
        As for :func:`segment_nuclei`.
    smoothed : ndarray, optional
        The image after :func:`smooth`, if it is at hand.

    Raises
    ------
    CourseError
        If the image is constant or no volume of finite real numbers, or the voxel size is none.
    """
    if smoothed is None:
        image, voxel_size = _volume(image, voxel_size)
    values = smooth(image, settings, voxel_size) if smoothed is None else smoothed
    low, high = float(values.min()), float(values.max())
    counts = count_values(values, low, high) if high > low else np.zeros(BINS)
    return settings.threshold * otsu_threshold(counts, low, high)


def find_seeds(
    smoothed: Volume, threshold: float, settings: NucleiSettings, voxel_size: Sequence[float]
) -> NDArray[np.intp]:
    """Return the peaks of an image after :func:`smooth`, above a threshold: (n, 3) sorted z, y, x.

    Voxels of one height side by side are one peak, at the first of them.
    """
    from scipy.ndimage import label, maximum_filter

    # No farther than the image goes, which finds the same.
    reach = zip(settings.radius(voxel_size), smoothed.shape, strict=True)
    box = [2 * min(r, n) + 1 for r, n in reach]
    peaks = (smoothed == maximum_filter(smoothed, box, mode="nearest")) & (smoothed > threshold)
    numbers, _ = label(peaks, np.ones((3,) * smoothed.ndim))
    places = np.argwhere(peaks)
    _, first = np.unique(numbers[peaks], return_index=True)
    return places[np.sort(first)]


def grow(
    smoothed: Volume, threshold: float, places: NDArray[np.intp], numbers: NDArray[Any]
) -> Labels:
    """Let numbered seeds grow over the foreground of a smoothed image until they meet.

    The foreground is above the threshold, 0 is background; `places` (n, 3) lie in this array.
    """
    from skimage.segmentation import watershed

    markers = np.zeros(smoothed.shape, np.int32)
    markers[tuple(places.T)] = numbers
    return watershed(-smoothed, markers, mask=smoothed > threshold).astype(np.int32)


def segment_nuclei(
    image: Volume,
    settings: NucleiSettings | None = None,
    *,
    voxel_size: Sequence[float],
) -> Labels:
    """Label nuclei of a volume in one piece.

    Parameters
    ----------
    image : ndarray (z, y, x)
        Bright nuclei, raw or deconvolved.
    settings : NucleiSettings, optional
    voxel_size : (z, y, x)
        In µm.

    Returns
    -------
    ndarray of int32
        0 is background, 1…n the nuclei in the order of their peaks.

    Raises
    ------
    CourseError
        If the image is constant or no volume of finite real numbers, or the voxel size is none.

    Warns
    -----
    UserWarning
        If the smoothing is under half a voxel along an axis.

    Examples
    --------
    >>> from gpu_course.scaling import segment_nuclei
    >>> image = np.zeros((8, 16, 32), np.float32)
    >>> image[3:6, 5:10, 5:10] = image[3:6, 5:10, 20:25] = 100
    >>> np.unique(segment_nuclei(image, voxel_size=(0.5, 0.5, 0.5))).tolist()
    [0, 1, 2]
    """
    settings = settings or NucleiSettings()
    image, voxel_size = _volume(image, voxel_size)
    warn_of_thin_blur(settings, voxel_size)
    smoothed = smooth(image, settings, voxel_size)
    threshold = nuclei_threshold(image, settings, voxel_size, smoothed=smoothed)
    places = find_seeds(smoothed, threshold, settings, voxel_size)
    return grow(smoothed, threshold, places, np.arange(1, len(places) + 1))


def _volume(image: Any, voxel_size: Any) -> tuple[NDArray[np.float32], tuple[float, ...]]:
    """Return a volume and the edges of its voxels in µm, as a user gives them."""
    values: NDArray[np.float32] = to_numpy(as_float32(image))
    if values.ndim != 3:
        raise CourseError(
            f"The image has shape {values.shape}. Give a volume (z, y, x); a plane is one with "
            "image[None]."
        )
    return values, lengths(voxel_size, 3, "voxel_size")
