"""Tell what this machine lacks from a mistake in a program, by the error that came of it.

A driver refuses a wrong kernel and a right one that it cannot compile in the same words. So where
a driver complains, it is given something that is known to be right: only if that works, the program
is at fault.
"""

import re
import sys
import tempfile
from pathlib import Path

from gpu_course.devices import clesperanto
from gpu_course.errors import MachineError

KNOWN_GOOD = """
__constant sampler_t sampler = CLK_NORMALIZED_COORDS_FALSE | CLK_ADDRESS_CLAMP_TO_EDGE;

__kernel void known_good(IMAGE_src_TYPE src, IMAGE_dst_TYPE dst)
{
    const int x = get_global_id(0);
    const int y = get_global_id(1);
    const float value = READ_src_IMAGE(src, sampler, POS_src_INSTANCE(x, y, 0, 0)).x;
    WRITE_dst_IMAGE(dst, POS_dst_INSTANCE(x, y, 0, 0), CONVERT_dst_PIXEL_TYPE(value + 1));
}
"""
"""Source of a right kernel ``known_good(src, dst)``: it adds 1 to a float32 image."""

_CUDA = {"cupy", "cupy_backends"}
_DRIVERS = _CUDA | {"pyopencl"}
_DRIVER = re.compile(r"\bCL_[A-Z]+|\bcl[A-Z]\w+ failed|OpenCL|\bCUDA\b|cuDNN")
_MEMORY = re.compile(
    r"out of (host )?memory|allocate memory|OOM when|MEM_OBJECT_ALLOCATION_FAILURE"
    r"|OUT_OF_(HOST_MEMORY|RESOURCES)",
    re.IGNORECASE,
)


def is_of_machine(error: BaseException) -> bool:
    """Return whether an error says what the machine lacks, and not that the program is wrong.

    So do a package that is missing or does not load, memory that does not suffice, a
    :class:`gpu_course.errors.MachineError`, and an error of a driver that fails on what is known to
    be right, too. Where a driver raised it, the driver is tried, which may take a second.
    """
    if isinstance(error, MachineError | MemoryError):
        return True
    if isinstance(error, ImportError):
        # A name that is absent from a module that loads, or from the course, was mistyped.
        mistyped = str(error).startswith("cannot import name")
        return not mistyped and (error.name or "").split(".")[0] != "gpu_course"
    library = type(error).__module__.split(".")[0]
    if not (isinstance(error, RuntimeError) or library in _DRIVERS | {"tensorflow"}):
        return False
    if _MEMORY.search(str(error)):
        return True
    if library in _CUDA or "CUDA" in str(error):
        return not cuda_computes()
    return bool(library in _DRIVERS or _DRIVER.search(str(error))) and not opencl_computes()


def opencl_computes() -> bool:
    """Return whether clesperanto's device compiles and runs :data:`KNOWN_GOOD` rightly."""
    import numpy as np

    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    try:
        library = clesperanto.module()
        src, dst = library.push(image), library.push(0 * image)
        with tempfile.TemporaryDirectory(prefix="kernel-") as folder:
            file = Path(folder) / "known_good.cl"
            # Its place makes this source another at each call: no cache answers for the compiler.
            file.write_text(f"// {folder}\n{KNOWN_GOOD}", encoding="utf-8")
            parameters = {"src": src, "dst": dst}
            # By position, since the two clesperantos name the second parameter differently.
            if clesperanto.is_prototype():
                library.execute(None, str(file), "known_good", image.shape, parameters)
            else:
                library.execute(None, str(file), "known_good", image.shape, parameters=parameters)
        return bool(np.array_equal(library.pull(dst), image + 1))
    except Exception:  # whatever it is, the device does not compute
        return False


def cuda_computes() -> bool:
    """Return whether the CUDA library that this program has imported adds two numbers."""
    try:
        if (cupy := sys.modules.get("cupy")) is not None:
            return int(cupy.arange(3).sum()) == 3
        if (torch := sys.modules.get("torch")) is not None:
            return float(torch.ones(3, device="cuda").sum()) == 3
    except Exception:  # whatever it is, the device does not compute
        return False
    return False
