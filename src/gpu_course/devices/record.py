"""What a run computed on, for the record of an executed notebook.

The record is written at the end of a run, inside it. It tells of libraries the run imported and
never imports another: a record must not change what it reports.
"""

import importlib.metadata
import platform
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from gpu_course.devices import hardware
from gpu_course.devices.array_device import cupy_computes, cupy_device, numpy_device
from gpu_course.devices.deep_learning import tensorflow, torch
from gpu_course.devices.device import Device, on_cpu
from gpu_course.devices.opencl_device import clesperanto_device

# Module to look for in a run → distribution whose version matters for its results. CuPy's
# distribution carries its CUDA version in its name, so CuPy is asked itself.
PACKAGES = {
    "numpy": "numpy",
    "scipy": "scipy",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "pandas": "pandas",
    "matplotlib": "matplotlib",
    "array_api_compat": "array-api-compat",
    "pyopencl": "pyopencl",
    "pyclesperanto_prototype": "pyclesperanto-prototype",
    "pyclesperanto": "pyclesperanto",
    "torch": "torch",
    "tensorflow": "tensorflow",
    "keras": "keras",
    "stardist": "stardist",
    "csbdeep": "csbdeep",
    "napari": "napari",
    "dask": "dask",
}


def _versions() -> dict[str, str]:
    """Return the versions of the packages that matter and that this run has imported."""
    versions = {}
    for module, distribution in PACKAGES.items():
        if module in sys.modules:
            try:
                versions[distribution] = importlib.metadata.version(distribution)
            except importlib.metadata.PackageNotFoundError:
                continue
    if "cupy" in sys.modules:
        versions["cupy"] = str(sys.modules["cupy"].__version__)
    return versions


def _torch_used() -> Device | None:
    """Return where PyTorch computed: on a CUDA device only if a tensor was ever there.

    A run may import PyTorch for the processor's tensors alone, on a machine with a GPU.
    """
    device = torch()
    if device is None or not device.address.startswith("cuda"):
        return device
    library = sys.modules["torch"]
    if library.cuda.max_memory_allocated():
        return device
    threads = f"{library.get_num_threads()} threads"
    return on_cpu("PyTorch", f"PyTorch {library.__version__}", threads)


def _used() -> list[dict[str, Any]]:
    """Return the devices of the libraries that this run has imported."""
    # PyOpenCL may be imported and unused: a device was selected, or it is none of this run's.
    ask: list[Callable[[], Device | None]] = [clesperanto_device]
    if "cupy" in sys.modules and cupy_computes():
        ask.append(cupy_device)
    if "numpy" in sys.modules:
        ask.append(numpy_device)
    if "torch" in sys.modules:
        ask.append(_torch_used)
    if "tensorflow" in sys.modules:
        ask.append(tensorflow)
    used = []
    for describe in ask:
        try:
            device = describe()
        except Exception:  # a library that fails to describe itself must not lose the whole run
            continue
        if device is not None:
            used.append(asdict(device))
    return used


def _peaks() -> dict[str, int]:
    """Return the most memory used, in bytes, by each library that counts it.

    ``torch`` and ``tensorflow`` report a true peak of the GPU. CuPy's pool keeps what it once
    took unless told to free it, so its size (``cupy_pool``) is near the peak. ``process`` is
    the peak of main memory, which is the device's memory where the processor computed.
    """
    peaks: dict[str, int] = {}
    module = sys.modules.get("torch")
    if module is not None and module.cuda.is_available() and module.cuda.is_initialized():
        peaks["torch"] = int(module.cuda.max_memory_allocated())
    module = sys.modules.get("cupy")
    if module is not None:
        with suppress(Exception):  # CuPy without a GPU
            peaks["cupy_pool"] = int(module.get_default_memory_pool().total_bytes())
    module = sys.modules.get("tensorflow")
    if module is not None:
        with suppress(Exception):  # TensorFlow without a GPU
            info = module.config.experimental.get_memory_info("GPU:0")
            peaks["tensorflow"] = int(info["peak"])
    if sys.platform != "win32":
        import resource

        # Linux counts in KiB, macOS in bytes.
        unit = 1 if sys.platform == "darwin" else 1024
        peaks["process"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return peaks


def device_record() -> dict[str, Any]:
    """Return what this run computed on, ready for JSON, without host name or user's paths.

    Returns
    -------
    dict
        ``os``, ``python``, ``cpu`` (name, cores, memory in bytes),
        ``devices`` (one dict per library used, as :class:`gpu_course.devices.Device`),
        ``packages`` (name to version) and ``peak_memory`` (bytes by library).

    Examples
    --------
    >>> from gpu_course.devices import device_record
    >>> sorted(device_record())
    ['cpu', 'devices', 'os', 'packages', 'peak_memory', 'python']
    """
    return {
        "os": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "cpu": {
            "name": hardware.cpu_name(),
            "cores": hardware.cores(),
            "memory": hardware.ram(),
        },
        "devices": _used(),
        "packages": _versions(),
        "peak_memory": _peaks(),
    }
