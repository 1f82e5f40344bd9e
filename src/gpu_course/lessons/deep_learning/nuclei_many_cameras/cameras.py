"""The same nuclei as other cameras would show them, made by hand: the answer is known."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import object_size
from gpu_course.images import Sample


def as_other_cameras(half: Sample) -> dict[str, tuple[NDArray[Any], NDArray[np.integer[Any]]]]:
    """Return a labelled image as four cameras would show it.

    Parameters
    ----------
    half : Sample
        Image (Y, X) with labels.

    Returns
    -------
    dict
        Name → (image, labels): as it is; a fifth as bright, on a background of 400; with pixels
        half as wide; with pixels twice as wide.
    """
    image, labels = np.asarray(half.image, np.float32), np.asarray(half.labels)
    cameras: dict[str, tuple[NDArray[Any], NDArray[np.integer[Any]]]]
    cameras = {"as it is": (image, labels), "dim, on 400": (image / 5 + 400, labels)}
    for name, factor in (("fine pixels", 2.0), ("coarse pixels", 0.5)):
        other = object_size.to_diameter(image, 1.0, factor)
        cameras[name] = other, object_size.labels_back(labels, (other.shape[0], other.shape[1]))
    return cameras
