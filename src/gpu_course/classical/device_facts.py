"""Facts about compute devices: what the drivers say, and what follows from it.

:mod:`gpu_course.devices` answers *where does this run?* in one line for each library. Here are the
numbers behind the answer, for every device that OpenCL, CUDA and Metal show, used or not.
"""

import ctypes
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from gpu_course.devices import hardware
from gpu_course.errors import CourseError
from gpu_course.html_table import Rows

GIB = hardware.GIB


#: The share of a device's memory that a job may plan with. The driver, the screen and other
#: programs live there too, and memory that is nearly full falls into pieces.
USABLE = 0.8


#: Attributes of a device in CUDA's driver interface (``CUdevice_attribute`` in ``cuda.h``).
_CUDA = {
    "clock": 13,  # kHz
    "units": 16,
    "integrated": 18,
    "memory_clock": 36,  # kHz
    "bus_width": 37,  # bits
}


@dataclass(frozen=True)
class Facts:
    """What a driver says about one device.

    Attributes
    ----------
    through : str
        How it is reached: ``"OpenCL"``, ``"CUDA"`` or ``"Metal"``. One chip can appear under
        several.
    name : str
        The device's own name.
    kind : {"GPU", "CPU"}
        What it is.
    compute_units : int or None
        Independent processors on the chip: cores of a CPU, streaming multiprocessors of an NVIDIA
        GPU. None where the driver does not say, here and below.
    clock : float or None
        Highest clock in GHz.
    memory : int
        Bytes of memory the device can use.
    max_allocation : int
        Bytes of the largest single array. OpenCL alone has such a limit below `memory`.
    bandwidth : float or None
        Bytes a second between the chip and its memory, as the data sheet promises.
    float64 : bool or None
        Whether it computes in double precision.
    shared : bool
        Whether its memory is the computer's main memory.
    """

    through: str
    name: str
    kind: Literal["GPU", "CPU"]
    compute_units: int | None
    clock: float | None
    memory: int
    max_allocation: int
    bandwidth: float | None = None
    float64: bool | None = None
    shared: bool = False


def opencl_facts() -> list[Facts]:
    """Return the facts of every OpenCL device on this machine; empty where there is none."""
    from gpu_course.devices.opencl_device import pyopencl_devices

    try:
        found = pyopencl_devices()
    except CourseError:  # no PyOpenCL, no driver, or none that works: nothing to list
        return []
    import pyopencl as cl

    return [
        Facts(
            through="OpenCL",
            name=device.name.strip(),
            kind="CPU" if device.type & cl.device_type.CPU else "GPU",
            compute_units=int(device.max_compute_units),
            clock=device.max_clock_frequency / 1000 or None,  # MHz; 0 where it is not known
            memory=int(device.global_mem_size),
            max_allocation=int(device.max_mem_alloc_size),
            float64="cl_khr_fp64" in device.extensions,
            shared=bool(device.host_unified_memory),
        )
        for device in found
    ]


def cuda_facts() -> list[Facts]:
    """Return the facts of every GPU that NVIDIA's driver shows, asked without CuPy or PyTorch."""
    facts = []
    for index, gpu in enumerate(hardware.cuda_gpus()):
        say = _cuda_attributes(index)
        # Memory chips answer twice in a tick; the bus is as many bits wide as it says.
        bandwidth = 2 * say["memory_clock"] * 1000 * say["bus_width"] / 8
        facts.append(
            Facts(
                through="CUDA",
                name=gpu.name,
                kind="GPU",
                compute_units=say["units"] or None,
                clock=say["clock"] / 1e6 or None,
                memory=gpu.memory,
                max_allocation=gpu.memory,
                bandwidth=bandwidth or None,
                float64=True,
                shared=bool(say["integrated"]),
            )
        )
    return facts


def _cuda_attributes(index: int) -> dict[str, int]:
    """Return attributes of a CUDA device from the driver itself; 0 where it does not answer."""
    say = dict.fromkeys(_CUDA, 0)
    try:
        cuda = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return say
    device = ctypes.c_int()
    if cuda.cuDeviceGet(ctypes.byref(device), index):
        return say
    for name, number in _CUDA.items():
        value = ctypes.c_int()
        if not cuda.cuDeviceGetAttribute(ctypes.byref(value), number, device):
            say[name] = value.value
    return say


def mps_facts() -> list[Facts]:
    """Return the facts of the GPU of Apple silicon, as PyTorch's backend MPS uses it, if any."""
    if sys.platform != "darwin":
        return []
    from gpu_course.devices.device import mps_computes, mps_device

    if not mps_computes():
        return []
    gpu = mps_device("PyTorch")
    # Metal tells neither cores nor clock, and computes in 32 bits at most.
    memory = gpu.memory or hardware.ram()
    return [Facts("Metal", gpu.name, "GPU", None, None, memory, memory, float64=False, shared=True)]


def all_facts() -> list[Facts]:
    """Return the facts of every device that OpenCL, CUDA and Metal show."""
    return opencl_facts() + cuda_facts() + mps_facts()


def facts_in_use() -> Facts:
    """Return the facts of the OpenCL device that clesperanto uses, or would use.

    Raises
    ------
    gpu_course.errors.CourseError
        If there is no OpenCL device.
    """
    from gpu_course.devices import opencl

    used = opencl()
    for facts in opencl_facts():
        # pyclesperanto tells memory in MiB.
        if facts.name == used.name and abs(facts.memory - (used.memory or 0)) < 2**20:
            return facts
    raise CourseError(f"OpenCL no longer shows {used.name}. Restart the notebook's kernel.")


def facts_table(devices: Sequence[Facts]) -> Rows:
    """Return facts as a table, one column a device; “–” where the driver is silent.

    A column a device, because devices are few, facts are many, and phones are narrow.

    Examples
    --------
    >>> from gpu_course.classical import Facts, facts_table
    >>> card = Facts("CUDA", "a card", "GPU", 40, 1.5, memory=2**33, max_allocation=2**31)
    >>> facts_table([card])[2]
    {'fact': 'compute units', 'a card': '40'}
    """

    def said(value: float | None, unit: str, scale: float = 1) -> str:
        if value is None:
            return "–"
        number = value / scale
        return f"{number:.0f} {unit}" if number >= 100 else f"{number:.3g} {unit}"

    def yes(value: bool | None) -> str:
        return {True: "yes", False: "no", None: "–"}[value]

    def number(position: int, one: Facts) -> str:
        same = [i for i, other in enumerate(devices) if other.name == one.name]
        return f"{one.name} ({same.index(position) + 1})" if len(same) > 1 else one.name

    facts: dict[str, Callable[[Facts], str]] = {
        "through": lambda one: one.through,
        "kind": lambda one: one.kind,
        "compute units": lambda one: "–" if one.compute_units is None else str(one.compute_units),
        "clock": lambda one: said(one.clock, "GHz"),
        "memory": lambda one: said(one.memory, "GiB", GIB),
        "one array at most": lambda one: said(one.max_allocation, "GiB", GIB),
        "bandwidth": lambda one: said(one.bandwidth, "GB/s", 1e9),
        "float64": lambda one: yes(one.float64),
        "shares main memory": lambda one: yes(one.shared),
    }
    return Rows(
        [
            {"fact": name} | {number(i, one): tell(one) for i, one in enumerate(devices)}
            for name, tell in facts.items()
        ],
        label="Facts about devices",
    )
