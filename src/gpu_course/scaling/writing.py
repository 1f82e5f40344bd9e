"""OME-Zarr images written: several resolutions, chunks in explicit shards, one writer a shard."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution.arrays import known
from gpu_course.deconvolution.units import lengths, wholes
from gpu_course.devices import to_numpy
from gpu_course.errors import CourseError
from gpu_course.scaling.cutting import Block, blocks
from gpu_course.scaling.output import appearing, disk_full, put
from gpu_course.scaling.reading import folder_of, needed

Version = Literal["0.4", "0.5"]
Shape = tuple[int, ...]

CHUNKS = (16, 64, 64)
"""What a viewer reads at a time, (z, y, x): about 130 KB of 16-bit voxels."""

SMALLEST = 64
"""No coarser resolution is made of one whose longest edge is this or less."""


@dataclasses.dataclass(frozen=True)
class Level:
    """One resolution of an image.

    Attributes
    ----------
    shape, chunks, block : (z, y, x)
        Of the array, its chunks, and of what one task writes: one shard.
    factor : (z, y, x)
        By which it is coarser than the one before.
    voxel_size : (z, y, x)
        In µm.
    """

    shape: Shape
    chunks: Shape
    block: Shape
    factor: Shape
    voxel_size: tuple[float, ...]


def levels(
    shape: Shape, block: Shape, voxel_size: Sequence[float], chunks: Shape = CHUNKS
) -> list[Level]:
    """Return a plan of the resolutions of an image, the finest first.

    An axis is halved once its voxels are no longer than those of any other, so that voxels become
    cubes on the way.

    Parameters
    ----------
    shape, block : (z, y, x)
        Of the image, and of what one task writes.
    voxel_size : (z, y, x)
        In µm.
    chunks : (z, y, x)

    Raises
    ------
    CourseError
        If a shape is not of whole numbers, or the edge of a voxel is none.

    Examples
    --------
    >>> from gpu_course.scaling import levels
    >>> [level.shape for level in levels((64, 256, 256), (64, 128, 128), (0.5, 0.25, 0.25))]
    [(64, 256, 256), (64, 128, 128), (32, 64, 64)]
    """
    shape, block = wholes(shape, 3, "shape"), wholes(block, 3, "block")
    chunks = wholes(chunks, 3, "chunks")
    edges = np.asarray(lengths(voxel_size, 3, "the voxel size"))
    factor: Shape = (1,) * len(shape)
    found = []
    while True:
        inside = tuple(min(c, n) for c, n in zip(chunks, shape, strict=True))
        # A shard holds whole chunks, also where it ends beyond the image.
        whole = tuple(-(-min(b, n) // c) * c for b, n, c in zip(block, shape, inside, strict=True))
        found.append(Level(shape, inside, whole, factor, tuple(edges.tolist())))
        if max(shape) <= SMALLEST:
            return found
        finest = min(e for e, n in zip(edges, shape, strict=True) if n > 1)
        factor = tuple(
            2 if e < 1.5 * finest and n > 1 else 1 for e, n in zip(edges, shape, strict=True)
        )
        edges = edges * factor
        shape = tuple(-(-n // f) for n, f in zip(shape, factor, strict=True))


def create(
    group: Any,
    plan: Sequence[Level],
    dtype: Any,
    *,
    version: Version = "0.5",
    name: str = "image",
    labels: bool = False,
) -> None:
    """Create the empty arrays of an image, and say what they are.

    The group is of Zarr format 2 for version 0.4, which has no shards (a task then writes several
    chunks), and 3 for 0.5; the plan is that of :func:`levels`. `labels` says whether coarser
    resolutions take every second voxel and not the mean, which decides where their first voxel
    lies.
    """
    writer, formats = needed("ome_zarr.writer"), needed("ome_zarr.format")
    fmt = formats.FormatV05() if version == "0.5" else formats.FormatV04()
    axes = [{"name": n, "type": "space", "unit": "micrometer"} for n in "zyx"]
    datasets = []
    for number, level in enumerate(plan):
        if version == "0.5":
            # Bytes of one rank side by side, as Zarr 2 does it of itself: numbers pack much better.
            pack = needed("zarr").codecs.BloscCodec(cname="zstd", clevel=3, shuffle="shuffle")
            how: dict[str, Any] = {"shards": level.block, "dimension_names": list("zyx")}
            how["compressors"] = [pack]
        else:
            how = {"chunk_key_encoding": {"name": "v2", "separator": "/"}}
        group.create_array(str(number), shape=level.shape, chunks=level.chunks, dtype=dtype, **how)
        steps: list[dict[str, Any]] = [{"type": "scale", "scale": list(level.voxel_size)}]
        first = np.asarray(plan[0].voxel_size)
        shift = (np.asarray(level.voxel_size) - first) / 2
        if shift.any() and not labels:
            steps.append({"type": "translation", "translation": shift.tolist()})
        datasets.append({"path": str(number), "coordinateTransformations": steps})
    writer.write_multiscales_metadata(group, datasets, fmt=fmt, axes=axes, name=name)


def create_labels(group: Any, plan: Sequence[Level], *, version: Version, name: str) -> Any:
    """Create an empty label image of this name below an image's group, and return its group."""
    writer, formats = needed("ome_zarr.writer"), needed("ome_zarr.format")
    fmt = formats.FormatV05() if version == "0.5" else formats.FormatV04()
    parent = group.require_group("labels")
    own = parent.require_group(name)
    create(own, plan, np.int32, version=version, name=name, labels=True)
    writer.write_label_metadata(parent, name, fmt=fmt, source={"image": "../../"})
    if version == "0.5":  # which the specification asks for, and the writer leaves out
        writer.add_metadata(parent, {"version": version}, fmt=fmt)
    return own


def open_for_writing(path: Path | str, version: Version) -> Any:
    """Return the root group of a store in a folder; it is made if need be.

    Raises
    ------
    CourseError
        If the version is neither of the two.
    """
    known("version", version, "0.4", "0.5")
    zarr = needed("zarr")
    return zarr.open_group(str(path), mode="a", zarr_format=3 if version == "0.5" else 2)


def coarser(group: Any, number: int, plan: Sequence[Level], block: Block, *, labels: bool) -> None:
    """Write one block of resolution `number` of an image's group from the one before it.

    For `labels` every second voxel is taken, and not the mean: numbers have no mean.
    """
    level, source = plan[number], group[str(number - 1)]
    box = tuple(
        slice(i.start * f, min(i.stop * f, n))
        for i, f, n in zip(block.inner, level.factor, source.shape, strict=True)
    )
    values = np.asarray(source[box])
    if labels:
        made = values[tuple(slice(None, None, f) for f in level.factor)]
    else:
        made = _means(values, level.factor)
    put(group[str(number)], block.inner, made)


def _means(values: NDArray[Any], factor: Shape) -> NDArray[Any]:
    """Return means of boxes; boxes at the far border may hold fewer voxels."""
    sums: NDArray[Any] = values.astype(np.float64)
    counts: NDArray[Any] = np.ones([1] * values.ndim)
    for axis, f in enumerate(factor):
        starts = np.arange(0, values.shape[axis], f)
        sums = np.add.reduceat(sums, starts, axis)
        line = np.diff([*starts, values.shape[axis]])
        counts = counts * line.reshape([-1 if a == axis else 1 for a in range(values.ndim)])
    means = sums / counts
    return (np.rint(means) if values.dtype.kind in "ui" else means).astype(values.dtype)


def _sliceable(image: Any) -> Any:
    """Return an image of which blocks become arrays of NumPy: lists and arrays of a GPU do not."""
    known_dtype = hasattr(image, "shape") and hasattr(image, "dtype")
    if known_dtype and not (hasattr(image, "detach") or hasattr(image, "get")):
        return image
    try:
        return to_numpy(image)
    except (TypeError, ValueError) as error:  # rows of unequal length; PyTorch's bfloat16
        raise CourseError(
            f"The image is of type {getattr(image, 'dtype', type(image).__name__)}, which makes no "
            "array of NumPy. Give whole or real numbers, in rows of equal length."
        ) from error


def save_image(
    path: Path | str,
    image: Any,
    voxel_size: Sequence[float],
    *,
    version: Version = "0.5",
    chunks: Shape = CHUNKS,
    block: Shape | None = None,
) -> Path:
    """Write a volume as an OME-Zarr image with all its resolutions, and return its path.

    Parameters
    ----------
    path : Path or str
        Must not exist; it appears when all is written.
    image : array (z, y, x)
        Of NumPy, PyTorch or CuPy, or one of Dask, which is computed block by block.
    voxel_size : (z, y, x)
        In µm, from 0.001 up to below 20. A larger number is taken for nm and refused: a
        microscope's metadata often are in nm, and nothing that is done here with a volume, such as
        finding nuclei of some µm, could be done at 20 µm.
    version : {"0.5", "0.4"}
    chunks : (z, y, x)
        What a viewer reads at a time.
    block : (z, y, x), optional
        What is written at a time, and with 0.5 one shard: a file. Unless given, four chunks along
        each axis.

    Raises
    ------
    CourseError
        If `path` exists, the image has not three axes of real numbers, the voxel size is none in
        µm, the version is unknown, or the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> from gpu_course.scaling import open_image, save_image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save_image(f"{folder}/a.zarr", np.ones((8, 96, 96)), (0.5, 0.25, 0.25))
    ...     opened = open_image(path, level=1)
    >>> opened.shape, opened.voxel_size
    ((8, 48, 48), (0.5, 0.5, 0.5))
    """
    known("version", version, "0.4", "0.5")
    # Dask knows what is masked once it has computed it; its kind of array it knows before.
    if np.ma.is_masked(image) or isinstance(getattr(image, "_meta", None), np.ma.MaskedArray):
        raise CourseError(
            "The image is a masked array, and a store keeps no mask. Fill it first: "
            "image.filled(value), or dask.array.ma.filled(image, value)."
        )
    image = _sliceable(image)
    if len(image.shape) != 3 or 0 in image.shape or np.size(voxel_size) not in (1, 3):
        raise CourseError(
            f"The image has shape {tuple(image.shape)} and voxels {voxel_size}. "
            "Give a volume with the axes (z, y, x), and an edge in µm for each."
        )
    if np.dtype(image.dtype).kind not in "uif":
        raise CourseError(
            f"The image is of type {image.dtype}, and a volume must hold whole or real numbers: a "
            "mask is one with image.astype(np.uint8)."
        )
    voxel_size = lengths(voxel_size, 3, "voxel_size")
    chunks = wholes(chunks, 3, "chunks")
    wanted = block or tuple(4 * c for c in chunks)
    plan = levels(tuple(image.shape), wanted, voxel_size, chunks)
    path = folder_of(path)
    with appearing(path) as folder, disk_full(path):
        group = open_for_writing(folder, version)
        create(group, plan, image.dtype, version=version)
        for number, level in enumerate(plan):
            for each in blocks(level.shape, level.block):
                if number == 0:
                    put(group["0"], each.inner, np.asarray(image[each.inner]))
                else:
                    coarser(group, number, plan, each, labels=False)
    return path
