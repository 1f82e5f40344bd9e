"""What every image set of the course hands out: one scene with its truth and its origin."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from gpu_course.errors import CourseError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Fields of `Sample` that hold one value per pixel and are cropped together with the image.
PIXEL_FIELDS = ("image", "labels", "mask", "centreline", "truth")

SPLITS = ("train", "validation", "test", "whole")
"""What a scene is for: to learn from, to choose by, to report on; whole: all three in one."""

_SPELLED = {"training": "train", "valid": "validation", "val": "validation", "testing": "test"}


def split_named(split: str) -> str:
    """Return the one of `SPLITS` that is meant, the one spelling that everything compares by.

    Large and small letters are the same; also "training", "val", "valid" and "testing".

    Raises
    ------
    CourseError
        If it is none.
    """
    plain = split.strip().lower() if isinstance(split, str) else ""
    plain = _SPELLED.get(plain, plain)
    if plain not in SPLITS:
        raise CourseError(f"There is no split {split!r}. Write train, validation or test.")
    return plain


@dataclasses.dataclass(frozen=True, eq=False)
class Sample:
    """One scene of an image set.

    The arrays are plain and writable, and every `gpu_course.images.load` makes new ones: nothing
    done to one sample can reach another. (Locked arrays would be safer in a notebook, but some
    compiled functions of scikit-image refuse them, with an error that explains nothing.)

    Attributes
    ----------
    name, split, index
        Which scene this is: the set, the split and the number within the split. The split is
        train, validation or test, however it is spelled, and kept in small letters.
    image
        The picture as the microscope or camera gave it, axes as in `axes`.
    axes
        One letter per axis of `image`: ``"YX"``, ``"ZYX"`` or ``"YXC"`` (C: red, green, blue).
    labels
        int32, spatial shape of `image`: 0 is background, 1…n the objects. None if unknown.
    mask
        bool, spatial shape of `image`: True on the foreground. None if unknown.
    points
        float64, shape (n, 2): object centres as (y, x) in pixels. None if unknown.
    centreline
        bool, spatial shape of `image`: the one pixel wide middle of every root. None if unknown.
    truth
        float32, shape of `image`: the object as it was before blur and noise, in expected
        photons per voxel. Only simulated microscopes know it.
    voxel_size
        Edge lengths of a pixel or voxel in µm, one per spatial axis. None if nobody recorded it.
    facts
        Numbers that belong to this scene alone, for instance the seed and the width of the blur.
    source, licence, credit
        Where the picture comes from, its licence, and one short line for a caption.

    Examples
    --------
    >>> from gpu_course.images import Sample
    >>> scene = Sample("mine", "train", 0, np.zeros((8, 8)), "YX", labels=np.eye(8, dtype=np.int32))
    >>> scene.crop(slice(0, 4), slice(2, 8))
    Sample('mine', 'train', 0: 4×6 YX float64, 1 labels)
    """

    name: str
    split: str
    index: int
    image: np.ndarray
    axes: str
    labels: npt.NDArray[np.int32] | None = None
    mask: npt.NDArray[np.bool_] | None = None
    points: npt.NDArray[np.float64] | None = None
    centreline: npt.NDArray[np.bool_] | None = None
    truth: npt.NDArray[np.float32] | None = None
    voxel_size: tuple[float, ...] | None = None
    facts: Mapping[str, object] = dataclasses.field(default_factory=dict)
    source: str = ""
    licence: str = ""
    credit: str = ""

    def __post_init__(self) -> None:
        """Lock the facts; the fields themselves are locked because the dataclass is frozen."""
        object.__setattr__(self, "split", split_named(self.split))
        object.__setattr__(self, "facts", MappingProxyType(dict(self.facts)))

    def crop(self, *window: slice) -> Sample:
        """Return the part of the scene inside a window.

        Objects that the border cuts stay, with what is left of them; labels are renumbered to
        1…n. Points outside the window are dropped, the others move with the origin.

        Parameters
        ----------
        *window
            One slice per spatial axis, in pixels, without a step: ``sample.crop(slice(0, 256),
            slice(100, 356))``.

        Returns
        -------
        Sample
            The same scene, smaller.
        """
        from gpu_course.labels import renumber

        spatial = self.axes.rstrip("C")
        if len(window) != len(spatial):
            raise ValueError(f"a crop of axes {spatial} needs {len(spatial)} slices")
        if any(part.step not in (None, 1) for part in window):
            raise ValueError("a crop takes slices without a step")
        changes: dict[str, object] = {}
        for field in PIXEL_FIELDS:
            array = getattr(self, field)
            if array is not None:
                changes[field] = array[tuple(window)].copy()
        if self.labels is not None:
            changes["labels"] = renumber(self.labels[tuple(window)])
        if self.points is not None:
            extent = [
                part.indices(n)[:2] for part, n in zip(window, self.image.shape, strict=False)
            ]
            inside = [
                (self.points[:, axis] >= low) & (self.points[:, axis] < high)
                for axis, (low, high) in enumerate(extent)
            ]
            kept = self.points[inside[0] & inside[1]]
            changes["points"] = kept - [low for low, _ in extent]
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        """Say what this is in one line instead of printing every pixel."""
        shape = "×".join(map(str, self.image.shape))
        known = []
        if self.labels is not None:
            known.append(f"{int(self.labels.max(initial=0))} labels")
        if self.points is not None:
            known.append(f"{len(self.points)} points")
        known += [f for f in ("mask", "centreline", "truth") if getattr(self, f) is not None]
        return (
            f"Sample({self.name!r}, {self.split!r}, {self.index}: {shape} {self.axes} "
            f"{self.image.dtype}, {', '.join(known) or 'no labels'})"
        )
