"""A StarDist network in one file that is safe to open and says where it comes from."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deep_learning.normalisation import Normalisation
from gpu_course.deep_learning.stardist import thresholds
from gpu_course.deep_learning.stardist.design import Design
from gpu_course.deep_learning.stardist.model import StarModel, build
from gpu_course.errors import CourseError
from gpu_course.files import write_atomic

KIND = "gpu-course StarDist 1"
LARGEST = 2**28
"""Bytes; a larger file is not one of the course's."""


def save(path: Path | str, model: StarModel, *, half: bool = False) -> Path:
    """Write weights, design, normalisation, thresholds and the record of the training.

    The format is that of `gpu_course.deep_learning.storage`: safetensors, a table of names, shapes
    and places as JSON, then the bare numbers. Keras's own formats can hold code that runs when
    they are opened.

    Parameters
    ----------
    path : Path or str
        By custom ending in ``.safetensors``.
    model : StarModel
        Write whatever else a reader must know into its `record` first.
    half : bool
        Round the weights to 16 bits, which halves the file and hardly changes the result.

    Returns
    -------
    Path

    Raises
    ------
    CourseError
        If the file cannot be written or the record is no JSON.
    """
    from safetensors.numpy import save as to_bytes

    chosen = model.network.thresholds
    try:
        about = json.dumps(
            {
                "kind": KIND,
                "design": dataclasses.asdict(model.design),
                "normalisation": dataclasses.asdict(model.normalisation),
                "thresholds": {"probability": chosen.prob, "overlap": chosen.nms},
                "record": model.record,
            },
            allow_nan=False,
        )
    except (TypeError, ValueError) as error:
        raise CourseError(
            f"The record cannot be written as JSON ({error}). Use texts, finite numbers, lists and "
            "dicts."
        ) from error
    kind = np.float16 if half else np.float32
    arrays = {name: np.ascontiguousarray(w, kind) for name, w in model.weights.items()}
    return write_atomic(path, to_bytes(arrays, metadata={"about": about}))


def load(path: Path | str, *, expected: Design | None = None) -> StarModel:
    """Read a network back, ready to predict.

    Nothing in the file is run, and nothing is believed: every weight must have the name, shape and
    type that the design asks for, and only then is the network built.

    Parameters
    ----------
    path : Path or str
    expected : Design, optional
        Refuse the file if its network is another than this one.

    Returns
    -------
    StarModel

    Raises
    ------
    CourseError
        If the file is missing, damaged, too large, of another format or of another design.
    """
    metadata, arrays = read(path)
    try:
        about = json.loads(metadata.get("about", "{}"))
        if about.get("kind") != KIND:
            raise _damaged(path, "it holds no StarDist network of this course")
        design = Design(**about["design"])
        normalisation = Normalisation(**about["normalisation"])
        chosen = {name: float(about["thresholds"][name]) for name in ("probability", "overlap")}
        record = about["record"]
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise _damaged(path, "what it says about itself cannot be understood") from error
    if not isinstance(record, dict):
        raise _damaged(path, "its record is none")
    _compare(path, design, expected)
    weights = _fitting(path, design, arrays)
    model = build(design, normalisation=normalisation)
    model.weights, model.record = weights, record
    thresholds.apply(model, **chosen)
    return model


def read(path: Path | str) -> tuple[dict[str, str], dict[str, NDArray[Any]]]:
    """Return what a safetensors file says about itself, and its arrays by name.

    Raises
    ------
    CourseError
        If the file is missing, damaged, too large or of another format.
    """
    from safetensors import SafetensorError, safe_open

    try:
        size = Path(path).stat().st_size
        if size > LARGEST:
            raise _damaged(path, f"it has {size / 2**20:.0f} MiB, more than any network here")
        with safe_open(path, framework="numpy") as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except OSError as error:
        raise CourseError(
            f"The weights {path} cannot be read: {error.strerror or error}. Check the path."
        ) from error
    except (SafetensorError, TypeError, AttributeError) as error:
        # NumPy lacks some of the number types that a file may name.
        raise _damaged(path, "it is cut short or of another format") from error


def _compare(path: Path | str, design: Design, expected: Design | None) -> None:
    if expected is None or design == expected:
        return
    theirs, ours = dataclasses.asdict(design), dataclasses.asdict(expected)
    other = [name for name in ours if theirs[name] != ours[name]]
    found = ", ".join(f"{name}={theirs[name]}" for name in other)
    wanted = ", ".join(f"{name}={ours[name]}" for name in other)
    raise CourseError(
        f"The weights in {path} are of another network: {found} where yours has {wanted}. Take the "
        "design of the file, or train anew."
    )


def _fitting(
    path: Path | str, design: Design, arrays: dict[str, NDArray[Any]]
) -> dict[str, NDArray[np.float32]]:
    """Return the weights in 32 bits, after a look whether they are the design's, and numbers."""
    wanted = design.weights
    if set(wanted) != set(arrays):
        raise _damaged(path, "its weights are not those of the network it names")
    fitting = {}
    for name, array in arrays.items():
        if array.shape != wanted[name] or array.dtype not in (np.float16, np.float32):
            raise _damaged(path, f"{name} has the shape or type of another network")
        if not np.isfinite(array).all():
            raise _damaged(path, f"{name} holds values that are no numbers")
        fitting[name] = array.astype(np.float32)
    return fitting


def _damaged(path: Path | str, why: str) -> CourseError:
    return CourseError(f"{path} is no file of weights to be used: {why}. Fetch or train it again.")
