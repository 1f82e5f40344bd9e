"""Say whether the course runs here, where, and what to do about what does not.

``examine`` answers with a list of :class:`Check`; ``render``, ``table`` and ``report`` put it into
words for the terminal, a notebook and the forum.
"""

from collections.abc import Callable, Sequence

from gpu_course.doctor import machine
from gpu_course.doctor.check import Check
from gpu_course.doctor.child import ask
from gpu_course.doctor.driver import opencl_driver
from gpu_course.doctor.wording import anonymous, describe, render, table
from gpu_course.errors import CourseError

__all__ = [
    "Check",
    "anonymous",
    "examine",
    "examine_with_progress",
    "failed",
    "render",
    "report",
    "table",
]

# What to call the part → how to check it. Names in quotes are probes run in a process of their own.
_PARTS: dict[str, Callable[[], Check] | str] = {
    "Python": machine.python,
    "NumPy": machine.numpy,
    "OpenCL driver": opencl_driver,
    "OpenCL (clesperanto)": "opencl",
    "arrays (CuPy or NumPy)": "arrays",
    "PyTorch": "torch",
    "TensorFlow and StarDist": "tensorflow",
    "display": machine.display,
    "napari": "napari",
    "images without a network": "images",
    "image cache": machine.image_folder,
    "kernel cache": machine.kernel_folder,
    "problem size": machine.size,
}


def _examine(name: str, how: Callable[[], Check] | str) -> Check:
    """Return one check, whatever happens."""
    if isinstance(how, str):
        return ask(how, name)
    try:
        return how()
    except CourseError as error:  # its first sentence is the cause, the rest the cure
        what, _, cure = str(error).partition(". ")
        return Check(name, "fail", f"{what.rstrip('.')}.", cure)
    except Exception as error:  # the doctor goes on, and says what happened
        return Check(name, "warn", f"The check itself failed: {type(error).__name__}: {error}")


def examine(on_start: Callable[[str], None] | None = None) -> list[Check]:
    """Check this machine and installation; half a minute at first, some seconds later on.

    Parameters
    ----------
    on_start : callable, optional
        Called with the name of each part before it is checked, to show progress.

    Returns
    -------
    list of Check
        One for each part, in a fixed order. A library that crashes gives a check like any other.
    """
    checks = []
    for name, how in _PARTS.items():
        if on_start is not None:
            on_start(name)
        checks.append(_examine(name, how))
    return checks


def examine_with_progress() -> list[Check]:
    """Check this machine and show on the terminal's error stream what is being checked."""
    from rich.console import Console

    with Console(stderr=True).status("Checking this machine") as status:
        return examine(lambda name: status.update(f"Checking {name} …"))


def failed(checks: Sequence[Check]) -> bool:
    """Return whether any check says that the course cannot run here."""
    return any(check.status == "fail" for check in checks)


def report(checks: Sequence[Check] | None = None) -> str:
    """Return a plain text block for the forum, without user name, host name or home folder.

    Parameters
    ----------
    checks : sequence of Check, optional
        The findings; the machine is examined if they are not given.
    """
    return describe(examine() if checks is None else checks)
