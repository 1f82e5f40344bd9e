"""OME-Zarr images opened: what is missing in a store is said before anything is computed."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution.units import lengths, whole
from gpu_course.errors import CourseError, MachineError

if TYPE_CHECKING:
    import dask.array

UNITS = {"micrometer": 1.0, "nanometer": 1e-3, "millimeter": 1e3, "angstrom": 1e-4}
"""Unit of an axis → micrometres."""

CURE = 'Install the extra: pip install "gpu-course[scaling]".'


def needed(module: str) -> Any:
    """Return a module of the extra ``scaling``.

    Raises
    ------
    MachineError
        If it is not installed.
    """
    import importlib

    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MachineError(f"{error.name} is not installed. {CURE}") from error


@dataclasses.dataclass(frozen=True)
class OmeImage:
    """One resolution of an OME-Zarr image, opened but not read.

    Attributes
    ----------
    path : Path
    array : zarr.Array
    lead : tuple of int
        Index along the axes before z, y, x: time and channel.
    voxel_size : (z, y, x)
        In µm.
    version : str
        Of OME-Zarr: ``"0.4"`` or ``"0.5"``.
    levels : tuple of str
        The names of all resolutions, the finest first.
    """

    path: Path
    array: Any
    lead: tuple[int, ...]
    voxel_size: tuple[float, float, float]
    version: str
    levels: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the volume: (z, y, x)."""
        z, y, x = self.array.shape[-3:]
        return (z, y, x)

    def read(self, box: tuple[slice, ...] = (slice(None),) * 3) -> NDArray[Any]:
        """Return the voxels of a box, (z, y, x).

        Raises
        ------
        CourseError
            If a chunk cannot be unpacked.
        """
        try:
            return np.asarray(self.array[(*self.lead, *box)])
        except (RuntimeError, ValueError) as error:  # what codecs and checksums raise
            raise CourseError(
                f"A chunk of {self.path} is damaged ({str(error).rstrip('.')}). Copy the store "
                "again from where it came."
            ) from error

    def state(self) -> str:
        """Return a digest that another one replaces when voxels are written anew.

        Of names, sizes and dates of all files: to read what may be terabytes would take too long.
        """
        place = self.path / self.array.path
        said = hashlib.sha256()
        for file in sorted(place.rglob("*")):
            if file.is_file():
                facts = file.stat()
                name = file.relative_to(place).as_posix()
                said.update(f"{name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
        return said.hexdigest()[:16]

    def lazy(self) -> dask.array.Array:
        """Return the volume as a Dask array (z, y, x): a chunk is a shard, or a chunk of Zarr."""
        dask_array = needed("dask.array")
        pieces = self.array.shards or self.array.chunks
        return dask_array.from_array(self.array, chunks=pieces)[self.lead]


def open_image(
    path: Path | str, *, level: int = 0, channel: int | None = None, time: int | None = None
) -> OmeImage:
    """Open an OME-Zarr image, version 0.4 or 0.5.

    Parameters
    ----------
    path : Path or str
        The folder of the store.
    level : int
        Of the resolutions; 0 is the finest.
    channel, time : int, optional
        Which one, where there are several.

    Returns
    -------
    OmeImage

    Raises
    ------
    CourseError
        If it is no Zarr store or no OME-Zarr image, if an axis, its scale or its unit is missing
        or cannot be right, or if it does not hold real numbers.
    """
    zarr = needed("zarr")
    path = folder_of(path)
    if not path.exists():
        raise CourseError(f"There is no {path}. Check the path.")
    try:
        group = zarr.open_group(str(path), mode="r")
    except (OSError, ValueError, KeyError) as error:
        raise CourseError(
            f"{path} is not a Zarr group. Give the folder of an OME-Zarr image, which holds a file "
            "zarr.json or .zattrs."
        ) from error
    attributes = dict(group.attrs)
    said = attributes.get("ome", attributes)
    try:
        image = said["multiscales"][0]
        version = str(said.get("version") or image.get("version"))
        datasets = image["datasets"]
        names = tuple(str(each["path"]) for each in datasets)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise CourseError(
            f"{path} is a Zarr group, but no OME-Zarr image: it says no “multiscales”. Give the "
            "folder of one image, or write it again with an OME-Zarr writer."
        ) from error
    if version not in ("0.4", "0.5"):
        raise CourseError(
            f"{path} says OME-Zarr version {version}. Write it again as 0.4 or 0.5, which can be "
            "read here."
        )
    level = whole(level, "level", least=0)
    if not level < len(names):
        raise CourseError(f"{path} has {len(names)} resolutions, and no level {level}.")
    axes = _axes(path, image)
    try:
        array = group[names[level]]
        dtype, shape = array.dtype, array.shape
    except (KeyError, AttributeError) as error:
        raise CourseError(
            f"{path} promises an array “{names[level]}” that is not there. Copy the store again."
        ) from error
    if dtype.kind not in "uif":
        raise CourseError(
            f"{path} holds {dtype}, and a volume must hold whole or real numbers. Convert it."
        )
    if len(axes) != len(shape):
        raise CourseError(
            f"{path} names {len(axes)} axes for an array with {len(shape)}. Write it again."
        )
    size = _voxel_size(path, axes, image, datasets[level])
    # Voxels of a coarse resolution may be long; the finest ones tell whether the unit is right.
    _refuse_other_unit(path, _voxel_size(path, axes, image, datasets[0]))
    for letter, what, wanted in (("c", "channel", channel), ("t", "time", time)):
        there = any(axis.get("name") == letter for axis in axes[:-3])
        # The first of one alone may be asked for by whoever treats all stores alike.
        if wanted is not None and not there and whole(wanted, what, least=0):
            raise CourseError(
                f"{path} has no axis for the {what}, so there is no {what}={wanted}. Leave it out."
            )
    lead = tuple(
        _chosen(path, str(axis.get("name")), n, {"c": channel, "t": time})
        for axis, n in zip(axes[:-3], shape[:-3], strict=True)
    )
    return OmeImage(path, array, lead, size, version, names)


def folder_of(path: Path | str) -> Path:
    """Return the folder of a store as a path.

    Raises
    ------
    CourseError
        If it is an address: as the name of a folder, its parts would be folders of this machine.
    """
    # pathlib makes one slash of two; a drive of Windows has a single letter.
    if re.match(r"\w{2,}:/", str(path)):
        raise CourseError(
            f"{path} is an address, and stores are folders here. Copy the store to this machine, "
            "or mount it as a folder."
        )
    return Path(path)


def _axes(path: Path, image: dict[str, Any]) -> list[dict[str, Any]]:
    axes = image.get("axes")
    named = isinstance(axes, list) and all(isinstance(axis, dict) for axis in axes)
    names = [axis.get("name") for axis in axes] if named and axes else []
    if names[-3:] != ["z", "y", "x"]:
        found = ", ".join(map(str, names)) or "none"
        cure = "with its axes"
        if names and set(names) <= set("tcyx") and "z" not in names:
            cure = "with an axis z of one plane"
        raise CourseError(
            f"{path}: the axes must end with z, y, x, and the store names {found}. Write the image "
            f"again {cure}."
        )
    return list(axes or [])


def _voxel_size(
    path: Path, axes: list[dict[str, Any]], image: dict[str, Any], dataset: dict[str, Any]
) -> tuple[float, float, float]:
    """Return the edges of a voxel in µm: the resolution's own scale times that of all."""
    total = np.ones(3)
    own = False
    for holder in (dataset, image):
        for step in holder.get("coordinateTransformations") or []:
            if isinstance(step, dict) and step.get("type") == "scale":
                scale = np.asarray(step.get("scale"), float)
                if scale.shape == (len(axes),):
                    total = total * scale[-3:]
                    own = own or holder is dataset
    if not own or not (np.isfinite(total) & (total > 0)).all():
        raise CourseError(
            f"{path} does not say the size of a voxel. Write the image again with a scale for each "
            "axis; all settings are lengths in µm."
        )
    for axis in axes[-3:]:
        if axis.get("unit") not in UNITS:
            raise CourseError(
                f"{path}: the unit of axis {axis['name']} is {axis.get('unit')!r}, and must be one "
                f"of {', '.join(UNITS)}. Write the image again with its unit."
            )
    z, y, x = (s * UNITS[a["unit"]] for s, a in zip(total.tolist(), axes[-3:], strict=True))
    return (z, y, x)


def _refuse_other_unit(path: Path, finest: tuple[float, float, float]) -> None:
    """Make sure that voxels are such as `save_image` writes: no nm, mm or m called µm."""
    try:
        lengths(finest, 3, "voxel_size")
    except CourseError as error:
        raise CourseError(f"{path}: {error} Write the image again with its unit.") from None


def _chosen(path: Path, axis: str, n: int, asked: dict[str, int | None]) -> int:
    """Return the index along an axis before z, y, x."""
    names = {"c": "channel", "t": "time"}
    wanted = asked.get(axis)
    if wanted is None and n == 1:
        return 0
    what = names.get(axis, axis)
    if wanted is None:
        raise CourseError(f"{path} has {n} along {what}, and none was chosen. Say which: {what}=0.")
    if not whole(wanted, what, least=0) < n:
        raise CourseError(f"{path} has {n} along {what}, numbered from 0, and no {wanted}.")
    return int(wanted)
