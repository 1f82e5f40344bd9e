"""All devices together."""

from contextlib import suppress

from gpu_course.devices.array_device import array_library
from gpu_course.devices.deep_learning import tensorflow, torch
from gpu_course.devices.device import Device
from gpu_course.devices.hardware import GIB
from gpu_course.devices.opencl_device import opencl
from gpu_course.errors import CourseError
from gpu_course.html_table import Rows


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


def table(devices: list[Device]) -> Rows:
    """Return devices as a table for a notebook, one row each, with memory in GiB.

    Examples
    --------
    >>> from gpu_course.devices import Device, table
    >>> table([Device("CuPy", "a card", "GPU", 8 * 2**30, "13.0")])[0]["memory"]
    '8.0 GiB'
    """
    return Rows(
        [
            {
                "library": device.library,
                "kind": device.kind,
                "runs on": device.name,
                "memory": "" if device.memory is None else f"{device.memory / GIB:.1f} GiB",
                "driver": device.driver,
                "note": device.note,
            }
            for device in devices
        ],
        label="Devices found on this machine",
    )
