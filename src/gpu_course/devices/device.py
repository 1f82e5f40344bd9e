"""What is said about a device, and the two answers every library shares."""

import importlib.util
import sys
from dataclasses import dataclass
from functools import cache
from typing import Literal

from gpu_course.devices import hardware
from gpu_course.errors import MachineError


@dataclass(frozen=True)
class Device:
    """Where one library computes.

    Attributes
    ----------
    library : str
        Name of the library.
    name : str
        The device's own name.
    kind : {"GPU", "CPU"}
        What it is. PoCL, OpenCL on the processor's cores, is a CPU.
    memory : int or None
        Bytes that programs may use, as the driver reports them; None where it does not.
    driver : str
        Name or version of the driver.
    note : str
        What else is worth knowing, in a few words.
    address : str
        What the library calls the device in code, as in ``model.to("cuda:0")``.

    Examples
    --------
    >>> from gpu_course.devices import Device
    >>> Device("CuPy", "a card", "GPU", memory=8 * 2**30, driver="13.0").kind
    'GPU'
    """

    library: str
    name: str
    kind: Literal["GPU", "CPU"]
    memory: int | None
    driver: str
    note: str = ""
    address: str = ""


def installed(module: str) -> bool:
    """Return whether a module could be imported, without importing it."""
    return module in sys.modules or importlib.util.find_spec(module) is not None


def on_cpu(library: str, driver: str, note: str = "", address: str = "cpu") -> Device:
    """Describe a library that computes on the processor."""
    return Device(
        library, hardware.cpu_name(), "CPU", hardware.ram(), driver, note=note, address=address
    )


def no_gpu(library: str) -> MachineError:
    """Return the error for a GPU that was asked for and is not there."""
    return MachineError(
        f"GPU_COURSE_DEVICE asks for a GPU and {library} finds none. "
        "Run `gpu-course doctor` to see why, or unset the variable."
    )


@cache
def mps_computes() -> bool:
    """Return whether PyTorch can compute on the GPU of Apple silicon."""
    if sys.platform != "darwin" or not installed("torch"):
        return False
    import torch

    return bool(torch.backends.mps.is_available())


def mps_device(library: str) -> Device:
    """Describe the GPU of Apple silicon as PyTorch uses it, for the library named."""
    import torch

    memory = int(torch.mps.recommended_max_memory())
    note = "shares the computer's memory"
    return Device(
        library, hardware.cpu_name(), "GPU", memory, "Metal (MPS)", note=note, address="mps"
    )
