"""OME-Zarr stores held against the published model of their version."""

from __future__ import annotations

from pathlib import Path

from gpu_course.errors import CourseError
from gpu_course.scaling.reading import needed


def validate(path: Path | str) -> str:
    """Hold a store against the published model of its version of OME-Zarr.

    Parameters
    ----------
    path : Path or str
        Of an image or a label image.

    Returns
    -------
    str
        What it is, such as ``"Image 0.5"``.

    Raises
    ------
    CourseError
        If the model does not accept it.
    """
    needed("ome_zarr_models")
    zarr = needed("zarr")
    group = zarr.open_group(str(path), mode="r")
    attributes = dict(group.attrs)
    said = attributes.get("ome", attributes)
    version = "05" if "ome" in attributes else "04"
    if "multiscales" not in said:
        kind = ("labels", "Labels")
    elif "image-label" in said:
        kind = ("image_label", "ImageLabel")
    else:
        kind = ("image", "Image")
    model = getattr(needed(f"ome_zarr_models.v{version}.{kind[0]}"), kind[1])
    try:
        model.from_zarr(group)
    except ValueError as error:
        raise CourseError(
            f"{path} is no {kind[1]} as OME-Zarr 0.{version[1]} specifies it: "
            f"{_first_fault(error)}. Write it again with an OME-Zarr writer."
        ) from error
    return f"{kind[1]} 0.{version[1]}"


def _first_fault(error: ValueError) -> str:
    """Return where the first fault lies and what it is, of the many lines of a model's report."""
    if not hasattr(error, "errors"):
        return str(error).splitlines()[0].rstrip(".")
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
