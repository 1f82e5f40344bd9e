"""Checks that need no library: Python, versions, disk, display, size."""

import importlib.metadata
import os
import re
import shutil
import sys
from pathlib import Path

from gpu_course import paths, sizes, writable
from gpu_course.devices import hardware
from gpu_course.doctor.check import Check


def allowed_python() -> str:
    """Return the range of Python versions that the course was installed for, of pyproject.toml."""
    return str(importlib.metadata.metadata("gpu-course")["Requires-Python"])


def python(version: tuple[int, ...] = tuple(sys.version_info[:3]), allowed: str = "") -> Check:
    """Check this or another version of Python against what the installed package allows."""
    what = "Python " + ".".join(map(str, version))
    ends = dict(re.findall(r"(>=|<)\s*3\.(\d+)", allowed or allowed_python()))
    first, last = (3, int(ends[">="])), (3, int(ends["<"]) - 1)
    tested = f"3.{first[1]} to 3.{last[1]}"
    cure = f"Make a new environment with Python {tested}; the setup chapter has the commands."
    if version[:2] < first:
        return Check("Python", "fail", f"{what} is too old for the course.", cure)
    if version[:2] > last:
        return Check("Python", "warn", f"{what} is newer than the course was tested with.", cure)
    return Check("Python", "ok", what)


def numpy(version: str | None = None) -> Check:
    """Check that NumPy is not older than 2, with which the course is tested."""
    cure = 'pip install "numpy>=2"'
    if version is None:
        try:
            version = importlib.metadata.version("numpy")
        except importlib.metadata.PackageNotFoundError:
            return Check("NumPy", "fail", "NumPy is not installed.", cure)
    if int(version.split(".")[0]) < 2:
        what = f"NumPy {version} is too old for the course."
        return Check("NumPy", "fail", what, f"{cure}, then restart Python")
    return Check("NumPy", "ok", f"NumPy {version}")


def size() -> Check:
    """Check which problem size the chapters will use."""
    chosen = sizes.current()
    why = "by GPU_COURSE_SIZE" if os.environ.get("GPU_COURSE_SIZE") else "by the memory found"
    return Check("problem size", "ok", f"{chosen}, chosen {why}")


def _opencl_cache() -> Path:
    """Return the folder where PoCL and PyOpenCL keep compiled kernels."""
    named = os.environ.get("POCL_CACHE_DIR")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def folder(name: str, path: Path, *, need: float, purpose: str, variable: str) -> Check:
    """Check that a folder for some `purpose` can be written to and has room for `need` GiB.

    It need not exist: then the nearest parent that does is tried. `name` is what the check is
    called, `variable` the environment variable that names another folder.
    """
    move = f"Set {variable} to a folder on another disk"
    if error := writable.refused(path):
        what = f"{path} cannot be written to ({error.strerror}): {purpose}."
        return Check(name, "warn", what, f"{move} that you may write to.")
    free = shutil.disk_usage(writable.nearest(path)).free / hardware.GIB
    if free < need:
        what = f"{path} has {free:.1f} GiB left, of {need:g} GiB needed: {purpose}."
        return Check(name, "warn", what, f"Free some room, or s{move[1:]}.")
    return Check(name, "ok", f"{path}, {free:.0f} GiB free")


def image_folder() -> Check:
    """Check the folder for fetched photographs."""
    purpose = "real photographs are kept there"
    variable = "GPU_COURSE_CACHE"
    return folder("image cache", paths.cache(), need=1, purpose=purpose, variable=variable)


def kernel_folder() -> Check:
    """Check the folder for compiled OpenCL kernels."""
    purpose = "without it every kernel is compiled anew in each session"
    variable = "XDG_CACHE_HOME"
    return folder("kernel cache", _opencl_cache(), need=0.2, purpose=purpose, variable=variable)


def display() -> Check:
    """Check that windows can be opened, as napari needs."""
    name = "display"
    if not sys.platform.startswith("linux"):
        return Check(name, "ok", f"the windows of {sys.platform}")
    for variable in ("WAYLAND_DISPLAY", "DISPLAY"):
        if os.environ.get(variable):
            return Check(name, "ok", f"{variable} is set")
    if shutil.which("Xvfb"):
        return Check(name, "ok", "no screen; Xvfb can stand in for one")
    what = "No screen, and no Xvfb to stand in for one: chapters that open napari need either."
    return Check(name, "warn", what, "sudo apt install xvfb (or sit at the machine itself)")
