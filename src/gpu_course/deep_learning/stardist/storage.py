"""A StarDist network in one file that is safe to open and says where it comes from."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_course.deep_learning import safetensors_file
from gpu_course.deep_learning.normalisation import scale_of
from gpu_course.deep_learning.stardist import thresholds
from gpu_course.deep_learning.stardist.design import Design
from gpu_course.deep_learning.stardist.model import StarModel, build
from gpu_course.errors import CourseError

if TYPE_CHECKING:
    from gpu_course.deep_learning.stardist.prepared import Prepared

KIND = "gpu-course StarDist 1"
LARGEST = 2**28
"""Bytes; a larger file is not one of the course's."""


def save(path: Path | str, model: StarModel, *, half: bool = False) -> Path:
    """Write weights, design, normalisation, thresholds and the record of the training.

    The format is that of `gpu_course.deep_learning.storage`: safetensors.

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
    chosen = model.network.thresholds
    about = {
        "kind": KIND,
        "design": dataclasses.asdict(model.design),
        "normalisation": dataclasses.asdict(model.normalisation),
        "thresholds": {"probability": chosen.prob, "overlap": chosen.nms},
        "record": model.record,
    }
    if model.prepared is not None:
        about["prepared"] = dataclasses.asdict(model.prepared)
    kind = np.float16 if half else np.float32
    arrays = {name: np.ascontiguousarray(w, kind) for name, w in model.weights.items()}
    return safetensors_file.write(path, arrays, about)


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
    metadata, arrays = safetensors_file.read(path, largest=LARGEST)
    about = safetensors_file.about(path, metadata, kind=KIND, what="StarDist network")
    with safetensors_file.understood(path):
        design = Design(**about["design"])
        normalisation = scale_of(about["normalisation"])
        prepared = _prepared(about)
        chosen = {name: float(about["thresholds"][name]) for name in ("probability", "overlap")}
    _compare(path, design, expected)
    wanted = {name: (shape, np.float32) for name, shape in design.weights.items()}
    weights = safetensors_file.fitting(path, arrays, wanted)
    model = build(design, normalisation=normalisation, prepared=prepared)
    model.weights, model.record = weights, about["record"]
    thresholds.apply(model, **chosen)
    return model


def _prepared(about: dict[str, Any]) -> Prepared | None:
    if "prepared" not in about:
        return None
    from gpu_course.deep_learning.stardist.prepared import Prepared

    return Prepared(**about["prepared"])


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
