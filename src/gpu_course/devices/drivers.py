"""The OpenCL driver that the course computes with: tried before it is chosen.

A machine may have several drivers for one processor, and a driver that is older than the processor
compiles nothing on it. So each is tried once (:mod:`gpu_course.devices.driver_trial`), the answer
is kept, and the environment variable ``OCL_ICD_VENDORS`` names a folder of the course's own that
announces the ones that work. All of this is for Linux: on macOS and Windows the system's loader
knows the drivers, and the course leaves the choice to it.
"""

import hashlib
import importlib.metadata
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

from gpu_course import paths
from gpu_course.devices import driver_files, driver_trial, hardware, no_opencl
from gpu_course.devices.driver_files import VENDORS, Driver
from gpu_course.devices.driver_trial import Trial
from gpu_course.errors import CourseError, MachineError
from gpu_course.files import write_atomic

_POCL_DEVICES = "POCL_DEVICES"


def _folder() -> Path:
    """Return the course's own folder for answers and announcements."""
    return paths.cache() / "opencl"


def _processor() -> str:
    """Return the processor's name and abilities: what a driver compiles for."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = ("flags", "Features")
    abilities = next((line for line in lines if line.split("\t")[0].strip() in named), "")
    return f"{hardware.cpu_name()} {abilities}"


def _key(driver: Driver) -> str | None:
    """Return what an answer belongs to: this file, this processor, this trial; None if unknown."""
    try:
        file = os.stat(driver.library)
    except OSError:  # a bare name that the system's loader resolves, or nothing
        return None
    trial = Path(driver_trial.__file__).read_bytes()
    parts = (
        driver.library,
        str(file.st_size),
        str(file.st_mtime_ns),
        _processor(),
        importlib.metadata.version("pyopencl"),
        hashlib.sha256(trial).hexdigest(),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _remembered(file: Path) -> dict[str, dict[str, str]]:
    """Return the answers kept; none where the file is absent or damaged."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return {key: {"kind": one["kind"], "fault": one["fault"]} for key, one in kept.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def of_user() -> str | None:
    """Return what the user set ``OCL_ICD_VENDORS`` to; None where it is unset or the course's."""
    named = os.environ.get(VENDORS)
    return None if not named or _folder() in Path(named).parents else named


def examine(*, again: bool = False) -> list[Trial]:
    """Return what came of every driver on this machine, the preferred first.

    Those that did not work are tried anew with `again`, whatever is remembered. Empty where there
    is no driver, no PyOpenCL, or another system than Linux.
    """
    if not sys.platform.startswith("linux"):
        return []
    try:
        importlib.metadata.version("pyopencl")
    except importlib.metadata.PackageNotFoundError:
        return []
    file = _folder() / "trials.json"
    kept = _remembered(file)
    trials, learned = [], {}
    for driver in driver_files.candidates(of_user()):
        key = _key(driver)
        known = kept.get(key or "")
        if known and not (again and known["fault"]):
            trials.append(Trial(driver, kind=known["kind"], fault=known["fault"]))
            continue
        trial = driver_trial.try_driver(driver)
        trials.append(trial)
        if key and trial.lasting:
            learned[key] = {name: asdict(trial)[name] for name in ("kind", "fault")}
    if learned:
        _keep(file, json.dumps(kept | learned, indent=1) + "\n")
    return trials


def _keep(file: Path, text: str) -> bool:
    """Write a file of the cache and return whether that succeeded; the course runs without."""
    try:
        write_atomic(file, text)
    except CourseError:
        return False
    return True


def chosen(trials: Sequence[Trial]) -> list[Driver]:
    """Return the drivers to compute with: all of GPUs that work, and the best for the processor.

    A second driver of one processor would be a second device of nearly the same name. Where
    ``GPU_COURSE_DEVICE`` asks for a device by its name, every driver that works stays.
    """
    works = [trial for trial in trials if trial.works]
    if hardware.wanted_name() is not None:
        return [trial.driver for trial in works]
    gpus = [trial.driver for trial in works if trial.kind == "GPU"]
    return gpus + [trial.driver for trial in works if trial.kind == "CPU"][:1]


def _announce(drivers: Sequence[Driver]) -> None:
    """Announce these drivers, in this order, to this process and those it starts."""
    # Each choice has a folder of its own, so that two environments never change one under another.
    digest = hashlib.sha256("\n".join(one.library for one in drivers).encode()).hexdigest()
    folder = _folder() / f"vendors-{digest[:16]}"
    # Loaders read the files in the order of their names.
    files = {f"{number:02}.icd": f"{one.library}\n" for number, one in enumerate(drivers)}
    if not all(_keep(folder / name, text) for name, text in files.items()):
        # A cache that cannot be written must not cost the drivers that work.
        folder = Path(tempfile.mkdtemp(prefix="gpu-course-opencl-"))
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    os.environ[VENDORS] = str(folder)
    if not any(driver.is_pocl for driver in drivers):
        # PyOpenCL's loader adds the PoCL of its wheel; without devices it is no second choice.
        os.environ[_POCL_DEVICES] = "none"


def prepare() -> None:
    """Announce the drivers that work to this process and those it starts.

    To be called before anything asks OpenCL for its platforms. What the user set
    ``OCL_ICD_VENDORS`` to stays, and nothing is done where no driver works.
    """
    if VENDORS not in os.environ and (drivers := chosen(examine())):
        _announce(drivers)


def require() -> None:
    """Make OpenCL ready in this process: :func:`prepare`, and open PoCL apart from other LLVMs.

    Raises
    ------
    gpu_course.errors.CourseError
        If no driver works, or none of those that the user named, with the cause and the cure.
    """
    if not sys.platform.startswith("linux"):
        return
    prepare()
    named = os.environ.get(VENDORS)
    if not named:
        raise MachineError(none_works(examine()))
    if of_user():  # the course's own announcement holds only drivers that were tried
        _refuse_failing(named)
    for driver in driver_files.candidates(named):
        if driver.is_pocl:
            driver_trial.open_apart(driver.library)


@cache  # whoever asks again in this process is not kept waiting for another trial
def _refuse_failing(named: str) -> None:
    """Raise a MachineError if the user named drivers, and none of them works."""
    trials = examine()
    # Where nothing was named, the loader may still find PoCL in PyOpenCL's wheel.
    if trials and not any(trial.works for trial in trials):
        raise MachineError(none_works(trials))


def passed_over(trials: Sequence[Trial]) -> str:
    """Return the drivers that do not work, each with its fault; empty where all do."""
    return "; ".join(f"{one.driver.name}: {one.fault}" for one in trials if not one.works)


def none_works(trials: Sequence[Trial]) -> str:
    """Return the cause and the cure where no driver works: what the user set may be the cause."""
    if trials and (named := of_user()):
        return (
            f"{VENDORS}={named} names no OpenCL driver that works here ({passed_over(trials)}). "
            f"Unset {VENDORS}, and the course looks for another one."
        )
    if not trials:
        return f"OpenCL has no driver on this machine. {no_opencl.cure()}"
    return f"No OpenCL driver works here ({passed_over(trials)}). {no_opencl.cure()}"
