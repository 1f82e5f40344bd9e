"""The image sets of the course by name, their splits, and the one function that loads them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, SupportsIndex

from gpu_course import sizes
from gpu_course.did_you_mean import closest
from gpu_course.errors import CourseError
from gpu_course.images import cards
from gpu_course.images.sample import Sample

if TYPE_CHECKING:
    from gpu_course.images.phantoms import Phantom

#: First seed of each split of a simulated set. The ranges are further apart than any split has
#: scenes, so no scene can be in two splits.
FIRST_SEED = {"train": 1_000_000, "validation": 2_000_000, "test": 3_000_000}
_SIMULATED = {"train": 10_000, "validation": 1_000, "test": 1_000}


def seed_of(split: str, index: int) -> int:
    """Return the seed of a simulated scene; no two scenes of a set share one."""
    return FIRST_SEED[split] + index


def frame_shape(size: str | None) -> tuple[int, int]:
    """Return the (rows, columns) of a simulated 2D frame for a size (None: this machine's)."""
    side = {"small": 512, "laptop": 1024, "large": 2048}[size or sizes.current()]
    return (side, side)


def _load_nuclei(split: str, index: int, size: str | None) -> Sample:
    from gpu_course.images.nuclei import load_nuclei

    return load_nuclei(split, index, size)


def _load_nuclei_dsb(split: str, index: int, size: str | None) -> Sample:
    from gpu_course.images.nuclei_dsb import load_nuclei_dsb

    return load_nuclei_dsb(split, index, size)


def _load_bees(split: str, index: int, size: str | None) -> Sample:
    from gpu_course.images.bees import BEE_LENGTH, simulate_bees

    seed = seed_of(split, index)
    image, labels = simulate_bees(frame_shape(size), seed=seed)
    facts = {"seed": seed, "bee_length": BEE_LENGTH}
    return Sample("bees", split, index, image, "YX", labels=labels, facts=facts)


def _load_roots(split: str, index: int, size: str | None) -> Sample:
    from gpu_course.images.roots import simulate_roots

    seed = seed_of(split, index)
    image, mask, centreline = simulate_roots(frame_shape(size), seed=seed)
    return Sample(
        "roots",
        split,
        index,
        image,
        "YX",
        mask=mask,
        centreline=centreline,
        facts={"seed": seed},
    )


def _load_nuclei3d(split: str, index: int, size: str | None) -> Sample:
    from gpu_course.images import phantoms

    seed = seed_of(split, index)
    phantom = phantoms.nuclei_phantom(phantoms.SHAPES[size or sizes.current()], seed=seed)
    return _microscope("nuclei-3d", split, index, phantom, seed)


def _load_sphere(split: str, index: int, size: str | None) -> Sample:
    from gpu_course.images import phantoms

    phantom = phantoms.sphere_phantom(phantoms.SHAPES[size or sizes.current()])
    return _microscope("sphere", split, index, phantom, seed_of(split, index))


def _microscope(name: str, split: str, index: int, phantom: Phantom, seed: int) -> Sample:
    """Take the set's standard picture of a phantom and keep the phantom as its truth."""
    from gpu_course.images import phantoms

    return Sample(
        name,
        split,
        index,
        phantoms.image_of(phantom, seed=seed),
        "ZYX",
        labels=phantom.labels,
        truth=phantom.object,
        voxel_size=phantom.voxel_size,
        facts={
            "seed": seed,
            "blur": phantoms.BLUR,
            "background": phantoms.BACKGROUND,
            **phantom.facts,
        },
    )


def _photograph(loader: str) -> Callable[[str, int, str | None], Sample]:
    """Return a loader of `gpu_course.images.photographs` that is imported when first called."""

    def load_photograph(split: str, index: int, size: str | None) -> Sample:
        from gpu_course.images import photographs

        sample: Sample = getattr(photographs, loader)(split, index)
        return sample

    return load_photograph


@dataclasses.dataclass(frozen=True)
class _Set:
    """How to load a set, and how many scenes each of its splits has."""

    load: Callable[[str, int, str | None], Sample]
    scenes: Mapping[str, int]


_SETS = {
    "nuclei": _Set(_load_nuclei, {"train": 1, "test": 1, "whole": 1}),
    "nuclei-dsb": _Set(_load_nuclei_dsb, {"train": 36, "validation": 7, "test": 21}),
    "nuclei-3d": _Set(_load_nuclei3d, _SIMULATED),
    "sphere": _Set(_load_sphere, {"test": 1}),
    "bees": _Set(_load_bees, _SIMULATED),
    "roots": _Set(_load_roots, _SIMULATED),
    "cells3d": _Set(_photograph("load_cells3d"), {"test": 1}),
    "beesbook": _Set(_photograph("load_hive"), {"test": 1}),
    "bees-yard": _Set(_photograph("load_yard"), {"train": 1, "test": 1}),
    "rootnav": _Set(_photograph("load_rootnav"), {"train": 10, "validation": 5, "test": 5}),
}


def names() -> tuple[str, ...]:
    """Return the names that `load` knows.

    Examples
    --------
    >>> from gpu_course.images import names
    >>> "nuclei" in names()
    True
    """
    return tuple(_SETS)


def splits(name: str) -> tuple[str, ...]:
    """Return the splits of a set.

    Raises
    ------
    CourseError
        There is no such set.

    Examples
    --------
    >>> from gpu_course.images import splits
    >>> splits("bees")
    ('train', 'validation', 'test')
    """
    return tuple(_find(name).scenes)


def scenes(name: str, split: str = "test") -> int:
    """Return how many scenes a split of a set has.

    Raises
    ------
    CourseError
        There is no such set or no such split.

    Examples
    --------
    >>> from gpu_course.images import scenes
    >>> scenes("bees", "train") > scenes("bees", "test")
    True
    """
    counts = _find(name).scenes
    if split not in counts:
        raise CourseError(
            f"The image set {name!r} has no split {split!r}.{closest(split, counts)} "
            f"It has: {', '.join(counts)}."
        )
    return counts[split]


def files(name: str) -> tuple[str, ...]:
    """Return the registry paths a set reads; none if it is simulated.

    Raises
    ------
    CourseError
        There is no such set.

    Examples
    --------
    >>> from gpu_course.images import files
    >>> files("bees")  # simulated
    ()
    """
    _find(name)
    if name == "nuclei":
        return ("nuclei/img2d.tif", "nuclei/mask2d.tif")
    if name == "nuclei-dsb":
        from gpu_course.images import nuclei_dsb

        return nuclei_dsb.files()
    if name in ("nuclei-3d", "sphere", "bees", "roots"):
        return ()
    from gpu_course.images import photographs

    return photographs.files(name)


def load(name: str, split: str = "test", *, index: int = 0, size: str | None = None) -> Sample:
    """Load one scene of an image set, with its truth.

    Parameters
    ----------
    name
        One of `names`.
    split
        ``"train"`` to fit or tune on, ``"validation"`` to choose by, ``"test"`` to report on.
        They never share a scene. Some sets lack some; see `splits`.
    index
        Which scene of the split, from 0.
    size
        ``"small"``, ``"laptop"`` or ``"large"``: the shape of simulated scenes. None takes
        `gpu_course.sizes.current`. Photographs have one size.

    Returns
    -------
    Sample
        With arrays of its own: a second call returns equal ones, never the same.

    Raises
    ------
    CourseError
        Unknown name, split or size, an index out of range, or a file that cannot be had.

    Examples
    --------
    >>> from gpu_course.images import load
    >>> scene = load("bees", "validation", size="small")
    >>> scene.axes, scene.image.shape, scene.labels.shape
    ('YX', (512, 512), (512, 512))
    """
    count = scenes(name, split)
    a_number = isinstance(index, SupportsIndex) and not isinstance(index, bool)
    if not a_number or not 0 <= index < count:
        raise CourseError(
            f"The split {split!r} of {name!r} has no scene {index!r}. "
            f"It has {count}: choose an index from 0 to {count - 1}."
        )
    if size is not None and size not in sizes.SIZES:
        raise CourseError(
            f"There is no size {size!r}.{closest(size, sizes.SIZES)} "
            f"Choose one of: {', '.join(sizes.SIZES)}."
        )
    card = cards.read(name)
    sample = _find(name).load(split, index, size)
    return dataclasses.replace(sample, source=card.origin, licence=card.licence, credit=card.credit)


def _find(name: str) -> _Set:
    if name not in _SETS:
        raise CourseError(
            f"There is no image set {name!r}.{closest(name, _SETS)} "
            f"The course has: {', '.join(_SETS)}."
        )
    return _SETS[name]
