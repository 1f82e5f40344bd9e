"""What the machine has, asked without importing any numerical library.

Everything here answers in milliseconds, so that choosing a problem size or printing a help text
never waits for PyTorch or TensorFlow to load.
"""

import ctypes
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

GIB = 1024**3


@dataclass(frozen=True)
class Gpu:
    """A graphics processor as its driver describes it."""

    name: str  # the driver's name of it
    memory: int  # bytes that programs may use
    driver: str  # its version
    shared: bool = False  # whether it has no memory of its own and borrows the computer's


def wanted() -> str:
    """Return the kind of device that ``GPU_COURSE_DEVICE`` asks for: ``auto``, ``cpu`` or ``gpu``.

    Any other value is a part of an OpenCL device's name (see :func:`wanted_name`), and leaves the
    choice to every library but OpenCL.
    """
    answer = os.environ.get("GPU_COURSE_DEVICE", "").strip().lower()
    return answer if answer in ("cpu", "gpu") else "auto"


def wanted_name() -> str | None:
    """Return the part of an OpenCL device's name that ``GPU_COURSE_DEVICE`` asks for, or None."""
    answer = os.environ.get("GPU_COURSE_DEVICE", "").strip()
    return None if answer.lower() in ("", "auto", "cpu", "gpu") else answer


def cpu_name() -> str:
    """Return the processor's name as its maker writes it."""
    if sys.platform.startswith("linux"):
        try:
            lines = Path("/proc/cpuinfo").read_text().splitlines()
        except OSError:
            lines = []
        for line in lines:
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    if sys.platform == "darwin":
        asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)
        if answer.stdout.strip():
            return answer.stdout.strip()
    return platform.processor() or platform.machine()


def cores() -> int:
    """Return the number of processor cores this process may use.

    A cluster's scheduler often grants fewer cores than the machine has; the mask of the process
    knows, the machine's total does not.
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def ram() -> int:
    """Return the main memory in bytes that this process may use.

    In a container or a cluster job the limit of the control group counts, where it is lower than
    what the machine has.
    """
    total = int(psutil.virtual_memory().total)
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            total = min(total, int(Path(limit).read_text()))
        except (OSError, ValueError):  # absent here, or the word "max": no limit
            continue
    return total


def cuda_gpus() -> list[Gpu]:
    """Return NVIDIA's GPUs, asked of the driver itself.

    The driver library answers without any CUDA package, honours ``CUDA_VISIBLE_DEVICES``, and
    gives the memory of the slice where a large GPU is shared out in slices. An empty list means
    that there is no driver or no GPU.
    """
    try:
        name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
        cuda = ctypes.CDLL(name)
    except OSError:
        return []
    count, version = ctypes.c_int(), ctypes.c_int()
    if cuda.cuInit(0) or cuda.cuDeviceGetCount(ctypes.byref(count)):
        return []
    cuda.cuDriverGetVersion(ctypes.byref(version))
    driver = f"CUDA {version.value // 1000}.{version.value % 1000 // 10}"
    gpus = []
    for index in range(count.value):
        device, memory = ctypes.c_int(), ctypes.c_size_t()
        text = ctypes.create_string_buffer(256)
        if cuda.cuDeviceGet(ctypes.byref(device), index):
            continue
        cuda.cuDeviceGetName(text, len(text), device)
        cuda.cuDeviceTotalMem_v2(ctypes.byref(memory), device)
        gpus.append(Gpu(text.value.decode(errors="replace"), int(memory.value), driver))
    return gpus


def opencl_gpus() -> list[Gpu]:
    """Return the GPUs that OpenCL sees, of any vendor; an empty list where there is none."""
    try:
        import pyopencl as cl

        return [
            Gpu(
                device.name.strip(),
                int(device.global_mem_size),
                device.driver_version.strip(),
                bool(device.host_unified_memory),
            )
            for platform_ in cl.get_platforms()
            for device in platform_.get_devices()
            if device.type & cl.device_type.GPU
        ]
    except Exception:  # no pyopencl, no platform, or a driver that fails: no GPU to count on
        return []


def pci_vendor(devices: Path = Path("/sys/class/drm")) -> str:
    """Return whose GPU is in this machine, asked of Linux itself and not of any driver.

    ``"nvidia"``, ``"amd"``, ``"intel"``, or an empty string where no such card is listed in
    `devices` (as on macOS and Windows, in most containers, and on servers with a plain console
    card).
    """
    makers = {"0x10de": "nvidia", "0x1002": "amd", "0x8086": "intel"}
    here = set()
    for vendor in devices.glob("card*/device/vendor"):
        try:
            here.add(makers.get(vendor.read_text().strip(), ""))
        except OSError:  # pragma: no cover - a card that disappears while it is read
            continue
    return next((maker for maker in makers.values() if maker in here), "")


def gpus() -> list[Gpu]:
    """Return the GPUs the course may use, by CUDA and by OpenCL, the largest memory first.

    The same NVIDIA GPU can appear twice, once for each way to reach it. Setting
    ``GPU_COURSE_DEVICE`` to ``cpu`` leaves none.
    """
    if wanted() == "cpu":
        return []
    return sorted(cuda_gpus() + opencl_gpus(), key=lambda gpu: gpu.memory, reverse=True)
