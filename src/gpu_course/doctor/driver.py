"""The doctor's word on OpenCL drivers: which one was chosen, which were passed over, and why."""

import sys

from gpu_course.devices import clesperanto, drivers
from gpu_course.devices.device import installed
from gpu_course.doctor.check import Check, Status

_NAME = "OpenCL driver"


def weight() -> Status:
    """Return how much a missing OpenCL weighs: little where another backend was asked for."""
    return "warn" if clesperanto.clesperanto_choice() in ("cuda", "metal") else "fail"


def no_binding(name: str) -> Check | None:
    """Return the check of a machine without PyOpenCL, through which drivers are tried, or None.

    Parameters
    ----------
    name : str
        What to call the check.
    """
    if installed("pyopencl"):
        return None
    return Check(name, weight(), "PyOpenCL is not installed.", "pip install pyopencl")


def opencl_driver() -> Check:
    """Try every OpenCL driver and announce the ones that work to the checks that follow."""
    if lacking := no_binding(_NAME):
        return lacking
    if not sys.platform.startswith("linux"):
        return Check(_NAME, "ok", "The system's own loader chooses it.")
    trials = drivers.examine(again=True)
    working = [trial for trial in trials if trial.works]
    if not working:
        what, _, cure = drivers.none_works(trials).partition(". ")
        return Check(_NAME, weight(), f"{what}.", cure)
    if named := drivers.of_user():
        found = f"{', '.join(one.driver.name for one in working)}, as OCL_ICD_VENDORS={named} says"
    else:
        drivers.prepare()
        chosen = drivers.chosen(trials)
        found = f"{', '.join(one.name for one in chosen)} (tried on this processor)"
        if spare := [one.driver.name for one in working if one.driver not in chosen]:
            found += f"; works too: {', '.join(spare)}"
    if faults := drivers.passed_over(trials):
        found += f"; passed over: {faults}"
    return Check(_NAME, "ok", found)
