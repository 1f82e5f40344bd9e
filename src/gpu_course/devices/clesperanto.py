"""Which clesperanto computes, on which device, and when it is done: the one place that knows.

``pyclesperanto`` carries the course. It computes through OpenCL, or through CUDA or Metal where the
package of that backend is installed. Its prototype, ``pyclesperanto_prototype``, is the second
choice: ``GPU_COURSE_CLESPERANTO=prototype`` has the course's own functions compute with it.
"""

import importlib
import os
import sys
import warnings
from types import ModuleType
from typing import Any, Literal

from gpu_course.devices import hardware
from gpu_course.devices.device import Device, installed, no_gpu
from gpu_course.errors import CourseError, MachineError

VARIABLE = "GPU_COURSE_CLESPERANTO"
PROTOTYPE, SUCCESSOR = "pyclesperanto_prototype", "pyclesperanto"
LIBRARIES = {"opencl": "OpenCL", "cuda": "CUDA", "metal": "Metal"}
_MIB = 2**20


def clesperanto_choice() -> str:
    """Return what ``GPU_COURSE_CLESPERANTO`` asks for.

    Returns
    -------
    {"", "prototype", "opencl", "cuda", "metal"}
        A backend of ``pyclesperanto``, or the prototype; an empty string where nothing is asked,
        which means ``pyclesperanto`` with the first backend installed, OpenCL before the others.

    Raises
    ------
    gpu_course.errors.CourseError
        If the variable holds anything else.
    """
    asked = os.environ.get(VARIABLE, "").strip().lower()
    if asked not in ("", "prototype", *LIBRARIES):
        raise CourseError(
            f"{VARIABLE} is {asked!r}, which is no clesperanto. "
            f"Set it to prototype, {', '.join(LIBRARIES)}, or not at all."
        )
    return asked


def is_prototype() -> bool:
    """Return whether the course's own functions compute with the prototype."""
    return clesperanto_choice() == "prototype"


def _needs_opencl() -> bool:
    """Return whether ``pyclesperanto`` will compute through OpenCL; CUDA and Metal do without."""
    asked = clesperanto_choice()
    return asked == "opencl" or (not asked and installed(f"{SUCCESSOR}_opencl"))


def successor() -> ModuleType:
    """Import ``pyclesperanto`` with the backend asked for, and return it.

    It looks for drivers when it is imported, and never again in this process.

    Raises
    ------
    gpu_course.errors.CourseError
        If it is not installed, lacks the backend asked for, or finds no driver or no device.
    """
    from gpu_course.devices.no_opencl import cure

    if not installed(SUCCESSOR):
        raise MachineError("pyclesperanto is not installed. Run `pip install pyclesperanto`.")
    if _needs_opencl():
        from gpu_course.devices import drivers

        drivers.require()
    with warnings.catch_warnings():
        # Where there is no device it warns, and then lacks half of its functions: one error of
        # ours says more.
        warnings.filterwarnings("ignore", category=RuntimeWarning)
        module = importlib.import_module(SUCCESSOR)
        backends = module.list_available_backends()
        asked = clesperanto_choice()
        wanted = asked if asked in LIBRARIES else (backends or [""])[0]
        if wanted not in backends:
            raise MachineError(
                f"pyclesperanto has no backend {wanted or 'at all'} here. "
                f"Run `pip install pyclesperanto-{wanted or 'opencl'}`."
            )
        if module.get_backend_name() != wanted:
            module.select_backend(wanted)
        # It has devices, or half of its functions and none; which of them, it knows from now on.
        if not hasattr(module, "list_available_devices") or not module.list_available_devices():
            raise MachineError(f"{LIBRARIES[wanted]} finds no device on this machine. {cure()}")
    return module


def module() -> ModuleType:
    """Return the clesperanto that the course's own functions compute with."""
    if not is_prototype():
        return successor()
    if not installed(PROTOTYPE):
        raise MachineError(
            f"{VARIABLE} asks for the prototype, which is not installed. "
            "Run `pip install --no-deps pyclesperanto-prototype transforms3d toolz`."
        )
    return importlib.import_module(PROTOTYPE)


def wait() -> None:
    """Wait until both clesperantos, where they are imported, are done with what they were given.

    Both keep one queue for a device, which works in the order of the calls, and reading an array
    waits for its turn. So a single number, read back, comes after everything before it.
    """
    for name in (SUCCESSOR, PROTOTYPE):
        if is_loaded(name):
            library = sys.modules[name]
            library.pull(_tiny(library))


def is_loaded(name: str) -> bool:
    """Return whether this program has imported the library of that name, and it found a device."""
    library: Any = sys.modules.get(name)
    # Without a device, pyclesperanto is imported all the same, and lacks half of its functions.
    return getattr(library, "get_device", None) is not None and library.get_device() is not None


_numbers: dict[str, tuple[Any, Any]] = {}  # of each: its device, and a number that lies there


def _tiny(library: ModuleType) -> Any:
    """Return an array of one number on the library's device, made once per device."""
    import numpy as np

    device, number = _numbers.get(library.__name__, (None, None))
    if number is None or device is not library.get_device():
        number = library.push(np.zeros((1, 1), np.float32))
        _numbers[library.__name__] = library.get_device(), number
    return number


# --- devices of pyclesperanto -----------------------------------------------------------------


def _facts(device: Any) -> dict[str, str]:
    """Return what pyclesperanto tells of a device, as name → value: it gives out one text."""
    lines = [line.strip().partition(":") for line in device.info.splitlines()[1:]]
    return {name.strip(): value.strip() for name, _, value in lines}


def _mebibytes(text: str) -> int | None:
    number = text.split()[0] if text else ""
    return int(number) * _MIB if number.isdigit() else None


def describe(device: Any) -> Device:
    """Describe a device of ``pyclesperanto``.

    Parameters
    ----------
    device : pyclesperanto.Device
    """
    facts = _facts(device)
    backend = successor().get_backend_name()
    kind: Literal["GPU", "CPU"] = "CPU" if facts.get("Device Type") == "CPU" else "GPU"
    maker = facts.get("Vendor", "")
    version = facts.get("Driver Version", "")
    # PoCL names its devices after itself, on other drivers the maker is the driver's.
    pocl = backend == "opencl" and device.name.startswith(("pthread", "cpu", "basic"))
    units, one = facts.get("Compute Units", "?"), _mebibytes(facts.get("Maximum Buffer Size", ""))
    note = f"{units} compute units"
    if one is not None:
        note += f", one array at most {one / hardware.GIB:.1f} GiB"
    if pocl:
        note = f"PoCL, OpenCL on the processor's cores; {note}"
    return Device(
        library=LIBRARIES[backend],
        name=device.name.strip(),
        kind=kind,
        memory=_mebibytes(facts.get("Global Memory Size", "")),
        driver=f"{'PoCL' if pocl else maker} {version}".strip(),
        note=note,
    )


def best(name: str | None) -> int:
    """Return the number of the device to select: the GPU with the most memory, or else the CPU.

    Parameters
    ----------
    name : str or None
        A part of its name; without it, ``GPU_COURSE_DEVICE`` decides.

    Raises
    ------
    gpu_course.errors.CourseError
        If there is none of that name or kind, or none at all.
    """
    cle = successor()
    backend = LIBRARIES[cle.get_backend_name()]
    every = cle.list_available_devices()
    name = name or hardware.wanted_name()
    numbers = list(range(len(every)))
    if name is not None:
        numbers = [number for number in numbers if name.lower() in every[number].lower()]
        if not numbers:
            here = ", ".join(one.strip() for one in every)
            raise MachineError(
                f"No {backend} device has {name!r} in its name. Choose one of these: {here}."
            )
    found = {number: describe(cle.select_device(number)) for number in numbers}
    if name is None and hardware.wanted() != "auto":
        kind = hardware.wanted().upper()
        found = {number: device for number, device in found.items() if device.kind == kind}
        if not found and kind == "GPU":
            raise no_gpu(backend)
        if not found:
            from gpu_course.devices.no_opencl import cure

            raise MachineError(
                f"GPU_COURSE_DEVICE asks for the CPU and {backend} has no driver for it. {cure()}"
            )
    # Of two drivers of one device the first is taken, as it stands first in the list.
    return max(found, key=lambda one: (found[one].kind == "GPU", found[one].memory or 0, -one))
