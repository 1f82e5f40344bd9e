"""Where does this run? The one place of the course that answers.

>>> from gpu_course import devices
>>> device = devices.use_opencl()  # first line of a chapter that uses clesperanto
>>> device.kind in {"GPU", "CPU"}
True

Importing this package imports none of the libraries it reports on.
"""

from typing import TYPE_CHECKING

from gpu_course import lazy_names

if TYPE_CHECKING:
    from gpu_course.devices.array_device import (
        array_library,
        array_namespace,
        to_device,
        to_numpy,
    )
    from gpu_course.devices.deep_learning import tensorflow, torch
    from gpu_course.devices.device import Device
    from gpu_course.devices.opencl_device import opencl, use_opencl
    from gpu_course.devices.overview import found, table
    from gpu_course.devices.quiet import hush_compiler, quiet_stderr
    from gpu_course.devices.record import device_record

__all__ = [
    "Device",
    "array_library",
    "array_namespace",
    "device_record",
    "found",
    "hush_compiler",
    "opencl",
    "quiet_stderr",
    "table",
    "tensorflow",
    "to_device",
    "to_numpy",
    "torch",
    "use_opencl",
]

__getattr__, __dir__ = lazy_names.attach(
    __name__,
    {
        "array_device": ("array_library", "array_namespace", "to_device", "to_numpy"),
        "deep_learning": ("tensorflow", "torch"),
        "device": ("Device",),
        "opencl_device": ("opencl", "use_opencl"),
        "overview": ("found", "table"),
        "quiet": ("hush_compiler", "quiet_stderr"),
        "record": ("device_record",),
    },
)
