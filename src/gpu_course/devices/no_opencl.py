"""What to do where OpenCL finds no device, or not the GPU: it depends on the system."""

import platform
import sys

# PoCL comes as a wheel for Linux on x86-64 only, Intel's runtime for Windows too.
POCL = 'pip install "pyopencl[pocl]"'
INTEL_CPU = "pip install intel-opencl-rt"
NVIDIA_LOADER = "export OCL_ICD_VENDORS=libnvidia-opencl.so.1"


def cure() -> str:
    """Return one sentence: what gives this machine an OpenCL device."""
    if sys.platform == "darwin":
        return (
            "macOS brings OpenCL with it, so reinstall the Python binding with "
            "`pip install --force-reinstall pyopencl`."
        )
    if sys.platform == "win32":
        return (
            "Install the current graphics driver of NVIDIA, AMD or Intel, or, without a GPU, run "
            f"`{INTEL_CPU}` for OpenCL on the processor."
        )
    if platform.machine() not in ("x86_64", "AMD64"):
        return "Install PoCL with `conda install pocl` or `apt install pocl-opencl-icd`."
    return f"Run `{POCL}`, which brings OpenCL for the processor and needs no GPU."


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
