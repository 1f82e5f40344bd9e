"""The figures of ``deep-learning/your-own-images``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import display, picture_files
from gpu_course.own_images.pictures import listed, read, truth_beside


def judged(folder: Path | str, results: Path | str, name: str) -> NDArray[np.uint8]:
    """Return a picture of a folder with what was found in it: matched, missed, invented."""
    file = listed(folder)[name]
    image = read(file, None)
    found = picture_files.read(Path(results) / "labels" / f"{name}.tif", numbers=True).array
    truth: Any = truth_beside(folder, file, image.shape)
    return display.errors_overlay(truth, found.astype(np.int32), image, in_pieces=True)
