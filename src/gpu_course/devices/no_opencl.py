"""What to do where OpenCL finds no device, or not the GPU: it depends on the system."""

import platform
import sys
from pathlib import Path

NVIDIA_LOADER = "export OCL_ICD_VENDORS=libnvidia-opencl.so.1"


def _in_conda() -> bool:
    return Path(sys.prefix, "conda-meta").is_dir()


def cure() -> str:
    """Return a sentence: what gives this machine an OpenCL device.

    Intel's runtime serves any x86-64 processor, AMD's too. The PoCL in PyOpenCL's wheel is of 2022
    and compiles nothing on processors that are newer, so it is no cure.
    """
    if _in_conda():
        return (
            "Run `conda install -c conda-forge pocl-cpu` for OpenCL on the processor; for a GPU, "
            "install its driver and, on Linux, `conda install -c conda-forge ocl-icd-system`."
        )
    if sys.platform == "darwin":
        return (
            "macOS brings OpenCL with it, so reinstall the Python binding with "
            "`pip install --force-reinstall pyopencl`."
        )
    if sys.platform == "win32":
        return (
            "Install the current graphics driver of NVIDIA, AMD or Intel; without a GPU, use a "
            "conda environment with `conda install -c conda-forge pocl-cpu`."
        )
    if platform.machine() != "x86_64":
        return "Install PoCL, with `apt install pocl-opencl-icd` on Debian and Ubuntu."
    return (
        "Run `pip install intel-opencl-rt intel-cmplr-lib-rt`, which brings OpenCL for any x86-64 "
        "processor, or, on Debian and Ubuntu, `apt install pocl-opencl-icd`."
    )


def gpu_cure(vendor: str) -> str:
    """Return one sentence: what makes a vendor's GPU visible to OpenCL.

    Parameters
    ----------
    vendor : {"nvidia", "amd", "intel", ""}
        Whose GPU it is; an empty string where that is not known.
    """
    if sys.platform == "win32":
        return "Install the graphics driver from the maker's own site: it contains OpenCL."
    if sys.platform == "darwin":
        return "macOS brings the GPU's OpenCL driver with it: update macOS."
    known = {
        "nvidia": (
            f"Try `{NVIDIA_LOADER}` before starting Python; for good, an administrator writes "
            "libnvidia-opencl.so.1 into the file /etc/OpenCL/vendors/nvidia.icd."
        ),
        "amd": "Install AMD's ROCm OpenCL (`apt install rocm-opencl-icd` or `mesa-opencl-icd`).",
        "intel": "Install Intel's driver with `apt install intel-opencl-icd`.",
    }
    anyone = "Install the OpenCL driver of the GPU's maker; `clinfo -l` lists what OpenCL sees."
    return known.get(vendor, anyone)
