"""The OpenCL device of clesperanto: which it is, and how a chapter selects it."""

import sys
from typing import Any, Literal

from gpu_course.devices import hardware
from gpu_course.devices.device import Device, no_gpu
from gpu_course.devices.quiet import hush_compiler
from gpu_course.errors import CourseError


def clesperanto_choice() -> Any | None:
    """Return the ``pyopencl.Device`` that clesperanto has already settled on, or None."""
    module = sys.modules.get("pyclesperanto_prototype._tier0._device")
    chosen = getattr(getattr(module, "_current_device", None), "_instance", None)
    return getattr(chosen, "device", None)


def _none(cause: str) -> CourseError:
    """Return the error for a missing driver, with the cure for this system."""
    from gpu_course.devices.no_opencl import cure

    return CourseError(f"{cause}. {cure()}")


def _best_opencl(name: str | None) -> Any:
    """Return the ``pyopencl.Device`` to use: the GPU with the most memory, or else the CPU."""
    try:
        import pyopencl as cl
    except ImportError as error:
        raise _none(f"PyOpenCL cannot be imported ({error})") from error
    try:
        every = [device for platform in cl.get_platforms() for device in platform.get_devices()]
    except cl.Error:  # the loader raises where it knows of no driver at all
        every = []
    if not every:
        raise _none("OpenCL finds no device on this machine")
    usable = every
    name = name or hardware.wanted_name()
    if name is not None:
        usable = [device for device in every if name.lower() in device.name.lower()]
        if not usable:
            here = ", ".join(device.name.strip() for device in every)
            raise CourseError(
                f"No OpenCL device has {name!r} in its name. Choose one of these: {here}."
            )
    elif hardware.wanted() == "gpu":
        usable = [device for device in every if device.type & cl.device_type.GPU]
        if not usable:
            raise no_gpu("OpenCL")
    elif hardware.wanted() == "cpu":
        usable = [device for device in every if device.type & cl.device_type.CPU]
        if not usable:
            raise _none("GPU_COURSE_DEVICE asks for the CPU and OpenCL has no driver for it")
    return max(usable, key=lambda one: (one.type & cl.device_type.GPU, one.global_mem_size))


def _describe_opencl(chosen: Any) -> Device:
    """Describe a ``pyopencl.Device``."""
    import pyopencl as cl

    # Drivers on the CPU report as type CPU; anything else that computes is a GPU or works like one.
    kind: Literal["GPU", "CPU"] = "CPU" if chosen.type & cl.device_type.CPU else "GPU"
    pocl = "PoCL, OpenCL on the processor's cores; " if "PoCL" in chosen.version else ""
    platform = "PoCL" if pocl else chosen.platform.name.strip()
    return Device(
        library="OpenCL",
        name=chosen.name.strip(),
        kind=kind,
        memory=int(chosen.global_mem_size),
        driver=f"{platform} {chosen.driver_version.strip()}",
        note=(
            f"{pocl}{chosen.max_compute_units} compute units, one array at most "
            f"{chosen.max_mem_alloc_size / hardware.GIB:.1f} GiB"
        ),
    )


def opencl() -> Device:
    """Return the OpenCL device that pyclesperanto-prototype uses, or would use.

    Raises
    ------
    gpu_course.errors.CourseError
        If there is none, with what to install on this operating system.
    """
    return _describe_opencl(clesperanto_choice() or _best_opencl(None))


def use_opencl(name: str | None = None) -> Device:
    """Select the OpenCL device for clesperanto and keep its compiler quiet: a chapter's first line.

    Parameters
    ----------
    name : str, optional
        A part of the device's name. Without it, the GPU with the most memory is taken, or the CPU
        where there is no GPU; ``GPU_COURSE_DEVICE`` (``cpu``, ``gpu`` or a part of a name)
        restricts that choice.

    Returns
    -------
    Device
        The device selected. Nothing is computed yet: on PoCL each kernel still compiles at its
        first use, for some seconds, and is kept in the user's cache folder from then on.

    Raises
    ------
    gpu_course.errors.CourseError
        If there is no OpenCL device, or none of that name or kind.
    """
    hush_compiler()
    chosen = _best_opencl(name)
    import pyclesperanto_prototype as cle

    cle.select_device(chosen.name)
    return _describe_opencl(chosen)
