"""All devices together."""

from contextlib import suppress
from typing import TYPE_CHECKING

from gpu_course.devices import hardware
from gpu_course.devices.array_device import array_library
from gpu_course.devices.deep_learning import tensorflow, torch
from gpu_course.devices.device import Device
from gpu_course.devices.opencl_device import opencl
from gpu_course.errors import CourseError

if TYPE_CHECKING:
    import pandas as pd


def found(*, with_tensorflow: bool = False) -> list[Device]:
    """Return the device of every library installed here.

    Parameters
    ----------
    with_tensorflow : bool, default False
        Whether to ask TensorFlow too, which takes several seconds to import.
    """
    answers: list[Device | None] = []
    with suppress(CourseError):  # the other libraries still work; `opencl` itself says the cure
        answers.append(opencl())
    answers += [array_library(), torch()]
    if with_tensorflow:
        answers.append(tensorflow())
    return [device for device in answers if device is not None]


def table(devices: list[Device]) -> "pd.DataFrame":
    """Return devices as a table, one row each, with memory in GiB."""
    import pandas as pd

    rows = [
        {
            "library": device.library,
            "runs on": device.name,
            "kind": device.kind,
            "memory (GiB)": None if device.memory is None else device.memory / hardware.GIB,
            "driver": device.driver,
            "note": device.note,
        }
        for device in devices
    ]
    return pd.DataFrame(rows).set_index("library").round(1)
