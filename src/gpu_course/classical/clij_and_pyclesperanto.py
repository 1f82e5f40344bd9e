"""The prototype of clesperanto in Python and its successor, side by side.

``pyclesperanto_prototype`` calls OpenCL through PyOpenCL. ``pyclesperanto``, its successor, is a
library in C++ with a thin layer of Python, so it brings an OpenCL loader of its own and has to be
told separately where a driver is.
"""

import importlib
import importlib.util
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpu_course import devices

_VENDORS = "OCL_ICD_VENDORS"


def _pocl_library() -> Path | None:
    """Return PoCL's driver inside PyOpenCL's wheel, or None where the wheel has none."""
    found = importlib.util.find_spec("pyopencl")
    if found is None or found.origin is None:
        return None
    return next(iter(sorted(Path(found.origin).parent.glob(".libs/libpocl*"))), None)


@contextmanager
def announce_pocl() -> Iterator[None]:
    """Announce the PoCL of PyOpenCL's wheel to other OpenCL programs, inside the block only.

    PyOpenCL's own loader knows the PoCL in its wheel; every other loader looks for files that end
    in ``.icd``, each holding the path of one driver, in the folder ``/etc/OpenCL/vendors`` or the
    one named by ``OCL_ICD_VENDORS``. So such a folder is made, for as long as a loader needs it.
    Nothing is done where the variable is set already or the course computes on another driver.
    """
    library = _pocl_library()
    needed = devices.opencl().driver.startswith("PoCL")
    if library is None or not needed or _VENDORS in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="opencl-vendors-") as folder:
        (Path(folder) / "pocl.icd").write_text(f"{library}\n", encoding="utf-8")
        os.environ[_VENDORS] = folder
        try:
            yield
        finally:
            del os.environ[_VENDORS]


@cache
def successor() -> ModuleType | None:
    """Return ``pyclesperanto`` on the course's OpenCL device, or None, having said why.

    Returns
    -------
    module or None
        None where it is not installed or finds no device.
    """
    if importlib.util.find_spec("pyclesperanto") is None:
        print(
            "pyclesperanto is not installed (`pip install pyclesperanto`): only the prototype runs."
        )
        return None
    with announce_pocl():
        try:
            module = importlib.import_module("pyclesperanto")
            names = module.list_available_devices()  # the loader looks for drivers here, once
        except Exception as error:  # it raises many kinds where drivers are absent or broken
            print(f"pyclesperanto cannot be used here ({error}): only the prototype runs.")
            return None
    if not names:
        print("pyclesperanto finds no OpenCL device here: only the prototype runs.")
        return None
    own = devices.opencl().name
    module.select_device(next((name for name in names if own in name or name in own), names[0]))
    return module


def disagreement(first: ArrayLike, second: ArrayLike) -> NDArray[np.bool_]:
    """Return where two label images assign a pixel to different objects, whatever their numbers.

    Parameters
    ----------
    first, second : array of integer, YX or ZYX, of one shape
        0 is background in both, and every other number one object.

    Returns
    -------
    array of bool
        True where the label in `second` is not the one that most pixels of the object in `first`
        have there.
    """
    one, two = np.asarray(first), np.asarray(second)
    pairs, sizes = np.unique(np.stack([one.ravel(), two.ravel()]), axis=1, return_counts=True)
    partner = np.zeros(int(one.max()) + 1, dtype=two.dtype)
    for number in np.argsort(sizes):  # the largest overlap of each object is written last
        partner[pairs[0, number]] = pairs[1, number]
    return partner[one] != two


def spots(image: ArrayLike, cle: Any) -> Any:
    """Translate the macro of the exercise: objects that rise above their surroundings.

    Parameters
    ----------
    image : array, YX
        Any real dtype.
    cle : module
        ``pyclesperanto_prototype``.

    Returns
    -------
    label image
        In the device's memory.
    """
    difference = cle.difference_of_gaussian(
        image, sigma1_x=2, sigma1_y=2, sigma1_z=0, sigma2_x=12, sigma2_y=12, sigma2_z=0
    )
    mask = cle.greater_constant(difference, constant=10)
    labels = cle.connected_components_labeling_box(mask)
    inner = cle.exclude_labels_on_edges(labels)
    return cle.exclude_labels_outside_size_range(inner, minimum_size=200, maximum_size=600)
