"""The device of clesperanto: which it is, and how a chapter selects it."""

import importlib
import sys
import warnings
from typing import Any, Literal

from gpu_course.devices import clesperanto, drivers, hardware
from gpu_course.devices.device import Device, no_gpu
from gpu_course.devices.quiet import hush_compiler
from gpu_course.errors import MachineError


def _none(cause: str) -> MachineError:
    """Return the error for a missing driver, with the cure for this system."""
    from gpu_course.devices.no_opencl import cure

    return MachineError(f"{cause}. {cure()}")


def pyopencl_devices() -> list[Any]:
    """Return every ``pyopencl.Device`` of the drivers that work on this machine.

    Raises
    ------
    gpu_course.errors.CourseError
        If there is none, with what to install on this operating system.
    """
    drivers.require()
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
    return every


def _best_opencl(name: str | None) -> Any:
    """Return the ``pyopencl.Device`` to use: the GPU with the most memory, or else the CPU."""
    usable = every = pyopencl_devices()
    import pyopencl as cl

    name = name or hardware.wanted_name()
    if name is not None:
        usable = [device for device in every if name.lower() in device.name.lower()]
        if not usable:
            here = ", ".join(device.name.strip() for device in every)
            raise MachineError(
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


def clesperanto_device() -> Device | None:
    """Return the device that this run's clesperanto has selected, or None; imports neither."""
    name = clesperanto.PROTOTYPE if clesperanto.is_prototype() else clesperanto.SUCCESSOR
    if not clesperanto.is_loaded(name):
        return None
    device = sys.modules[name].get_device()
    return (
        _describe_opencl(device.device)
        if clesperanto.is_prototype()
        else clesperanto.describe(device)
    )


def opencl() -> Device:
    """Return the device that clesperanto uses, or would use.

    Raises
    ------
    gpu_course.errors.CourseError
        If there is none, with what to install on this operating system.
    """
    return clesperanto_device() or use_opencl()


def pyopencl_device() -> Any:
    """Return clesperanto's OpenCL device as a ``pyopencl.Device``, for kernels of one's own.

    Raises
    ------
    gpu_course.errors.CourseError
        If PyOpenCL finds no device of that name.
    """
    used = opencl()
    named = [device for device in pyopencl_devices() if device.name.strip() == used.name]
    if not named:
        raise MachineError(
            f"PyOpenCL does not show {used.name}, where clesperanto computes through "
            f"{used.library}. Run `gpu-course doctor` to see which OpenCL drivers work here."
        )
    # Two drivers may show one device under one name; this one's version is then clesperanto's.
    own = [device for device in named if used.driver.endswith(device.driver_version.strip())]
    return (own or named)[0]


def use_opencl(name: str | None = None) -> Device:
    """Select the device for clesperanto and keep its compiler quiet: a chapter's first line.

    Call it before ``import pyclesperanto``, which looks for drivers as it is imported.

    Parameters
    ----------
    name : str, optional
        A part of the device's name. Without it, the GPU with the most memory is taken, or the CPU
        where there is no GPU; ``GPU_COURSE_DEVICE`` (``cpu``, ``gpu`` or a part of a name)
        restricts that choice. ``GPU_COURSE_CLESPERANTO`` chooses OpenCL, CUDA, Metal or the
        prototype.

    Returns
    -------
    Device
        The device selected. Nothing is computed yet: each kernel still compiles at its first use,
        which takes seconds on a processor, and is kept in the user's cache folder from then on.

    Raises
    ------
    gpu_course.errors.CourseError
        If there is no device, or none of that name or kind.
    """
    hush_compiler()
    if not clesperanto.is_prototype():
        library = clesperanto.successor()
        device = library.select_device(clesperanto.best(name))
        return clesperanto.describe(device)
    return use_prototype(name)


def use_prototype(name: str | None = None) -> Device:
    """Select the prototype's OpenCL device, whichever clesperanto the course computes with.

    Parameters
    ----------
    name : str, optional
        As for :func:`use_opencl`, whose errors it raises too.
    """
    hush_compiler()
    chosen = _best_opencl(name)
    with warnings.catch_warnings():
        # It asks for a package of a few versions ago and says so at each import.
        warnings.filterwarnings("ignore", category=UserWarning, module=r"pkg_resources|.*_tier0.*")
        cle = importlib.import_module(clesperanto.PROTOTYPE)
    cle.select_device(chosen.name)
    return _describe_opencl(chosen)
