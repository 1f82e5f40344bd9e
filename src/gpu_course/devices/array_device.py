"""The array library of the course: CuPy, PyTorch on Apple silicon, or NumPy and SciPy.

Where a library can fail late (CuPy finds a GPU but no compiler for it), it first computes
something here, so that the answer is what works and not what is installed.
"""

import importlib
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from gpu_course.devices import hardware
from gpu_course.devices.device import Device, installed, mps_computes, mps_device, no_gpu, on_cpu

if TYPE_CHECKING:
    import numpy as np


@cache
def cupy_computes() -> bool:
    """Return whether CuPy is installed, finds a GPU and can compile for it."""
    if not installed("cupy"):
        return False
    try:
        import cupy

        return bool(cupy.cuda.runtime.getDeviceCount()) and int((cupy.arange(3) + 1).sum()) == 6
    except Exception:  # CuPy raises many kinds of error where CUDA is absent or broken
        return False


def cupy_device() -> Device:
    """Describe the GPU that CuPy computes on; only where :func:`cupy_computes`."""
    import cupy

    gpu = cupy.cuda.runtime.getDeviceProperties(0)
    version = cupy.cuda.runtime.driverGetVersion()
    return Device(
        library="CuPy",
        name=gpu["name"].decode(),
        kind="GPU",
        memory=int(gpu["totalGlobalMem"]),
        driver=f"CUDA {version // 1000}.{version % 1000 // 10}",
        note=f"{gpu['multiProcessorCount']} multiprocessors",
        address="cuda:0",
    )


def numpy_device() -> Device:
    """Describe the processor as NumPy and SciPy use it."""
    import numpy

    note = f"SciPy's FFT on {hardware.cores()} cores"
    return on_cpu("NumPy and SciPy", f"NumPy {numpy.__version__}", note)


def _array_backend() -> Literal["cupy", "torch", "numpy"]:
    if hardware.wanted() == "cpu":
        return "numpy"
    if cupy_computes():
        return "cupy"
    if mps_computes():
        return "torch"
    if hardware.wanted() == "gpu":
        raise no_gpu("the array library")
    return "numpy"


def array_library() -> Device:
    """Return the array library of the course and its device.

    CuPy where an NVIDIA GPU works, PyTorch on the GPU of Apple silicon, or else NumPy and SciPy
    with every core of the processor.
    """
    backend = _array_backend()
    if backend == "cupy":
        return cupy_device()
    if backend == "torch":
        return mps_device("PyTorch arrays")
    return numpy_device()


def array_namespace() -> ModuleType:
    """Return the array API namespace of the array library: NumPy's, CuPy's or PyTorch's.

    Code written with it runs unchanged on each of them. Make arrays with :func:`to_device`, which
    also puts them in the right memory.

    Examples
    --------
    >>> from gpu_course.devices import array_namespace, to_device
    >>> xp = array_namespace()
    >>> float(xp.sum(to_device([1.0, 2.0])))
    3.0
    """
    return importlib.import_module(f"array_api_compat.{_array_backend()}")


def to_device(array: Any) -> Any:
    """Return an array of the array library, in its device's memory.

    Parameters
    ----------
    array : array_like
        Any shape and dtype. On Apple's GPU float64 becomes float32, which is all it computes, and
        unsigned numbers of 16 bits or more become signed ones of twice as many.

    Examples
    --------
    >>> from gpu_course.devices import to_device, to_numpy
    >>> to_numpy(to_device([1.5, 2.5]) * 2).tolist()
    [3.0, 5.0]
    """
    xp = array_namespace()
    if _array_backend() != "torch":
        return xp.asarray(array)
    if xp.device("mps").type == "mps":
        from gpu_course.devices import apple

        array = apple.storable(array)
        if hasattr(array, "detach") or not array.ndim:
            return xp.asarray(array, device="mps")
    import numpy as np

    values = np.ascontiguousarray(array)
    if values.dtype == np.float64:
        values = values.astype(np.float32)
    return xp.asarray(values, device="mps")


def to_numpy(array: Any) -> "np.ndarray":
    """Return a NumPy array with the values of an array from any library of the course.

    Parameters
    ----------
    array : array
        Of NumPy, CuPy, PyTorch or clesperanto, any shape and dtype, on any device; a list or a
        column of a table too.

    Examples
    --------
    >>> from gpu_course.devices import to_numpy
    >>> to_numpy([[1, 2], [3, 4]]).shape
    (2, 2)
    """
    import numpy as np

    if hasattr(array, "detach"):  # PyTorch
        return np.asarray(array.detach().cpu())
    # CuPy and OpenCL; a table's `get` is another one, and returns a column.
    if hasattr(array, "get") and not hasattr(array, "to_numpy"):
        return np.asarray(array.get())
    return np.asarray(array)
