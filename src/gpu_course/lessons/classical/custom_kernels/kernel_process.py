"""Run an OpenCL kernel in a process of its own, which it may kill or keep busy without end.

Nothing guards a kernel on the processor: an index outside an array or a division by zero ends the
process that it runs in, and a notebook with it. So the checks of the exercises hand the source to
a child. The child first runs a kernel that is known to be right: only what fails after that is put
down to the student's kernel. The two sides talk through files in a temporary folder.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.devices.faults import KNOWN_GOOD
from gpu_course.errors import CourseError, MachineError
from gpu_course.lessons.classical.custom_kernels.compiler import compiler_messages, save

START_LIMIT = 180.0
"""Seconds for the imports and the first compilation; a cold disk makes them slow."""

KERNEL_LIMIT = 30.0
"""Seconds for compiling and running the student's kernel."""

UNTOUCHED = -1.0
"""What the result holds where the kernel wrote nothing."""

_MEANING = {
    "SIGSEGV": "It read or wrote outside an array: check that every index stays inside.",
    "SIGBUS": "It read or wrote outside an array: check that every index stays inside.",
    "SIGFPE": "It divided a whole number by zero: check what you divide by.",
}
_ONLY_OPTIMISED = (
    "Compiled without optimisation it comes to its end. Either it leaves an array in a way that "
    "only shows by chance, or this driver's compiler is at fault: check every index, and give each "
    "loop a fixed number of rounds."
)
_ANY_END = "Check every index and every division, and keep private arrays small."


class _Crash(CourseError):
    """The kernel ended its process; the message says how."""


def run(
    source: str,
    name: str,
    image: NDArray[Any],
    *,
    device: str | None = None,
    limit: float = KERNEL_LIMIT,
    **parameters: float,
) -> NDArray[np.float32]:
    """Compile `source` in a child process, run its kernel on `image` and return the result.

    Parameters
    ----------
    source : str
        OpenCL C with clesperanto's names in capitals.
    name : str
        Of the kernel, whose first two parameters are ``src`` and ``dst``.
    image : ndarray (rows, columns)
        Handed over as float32.
    device : str, optional
        As for :func:`gpu_course.devices.use_opencl`.
    limit : float
        Seconds for the kernel alone, from when the child has tried the device.
    **parameters : int or float
        The kernel's other parameters, in its order.

    Returns
    -------
    ndarray (rows, columns) of float32
        :data:`UNTOUCHED` where the kernel wrote nothing.

    Raises
    ------
    gpu_course.errors.CourseError
        If the kernel does not compile, ends its process or runs longer than `limit`.
    gpu_course.errors.MachineError
        If this machine cannot run even the kernel that is known to be right.
    """
    request = {"source": source, "name": name, "device": device, "parameters": parameters}
    try:
        return _attempt(image, request | {"options": ""}, limit)
    except _Crash as crash:
        how = str(crash)
    # A right kernel crashes where the compiler is wrong. Its author should not search in vain.
    hint = _ONLY_OPTIMISED
    try:
        _attempt(image, request | {"options": "-cl-opt-disable"}, limit)
    except CourseError:
        hint = _MEANING.get(how, _ANY_END)
    raise CourseError(f"Your kernel ended its process ({how}). {hint}")


def _attempt(image: NDArray[Any], request: dict[str, Any], limit: float) -> NDArray[np.float32]:
    """Run one child; raise :class:`_Crash` if the kernel ended it."""
    with tempfile.TemporaryDirectory(prefix="kernel-", ignore_cleanup_errors=True) as at:
        folder = Path(at)
        np.save(folder / "image.npy", np.asarray(image, dtype=np.float32))
        (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
        _judge(folder, _wait(folder, limit), limit)
        return np.load(folder / "result.npy")


def _command(folder: Path) -> list[str]:
    return [sys.executable, "-m", __name__, str(folder)]


def _wait(folder: Path, limit: float) -> int | None:
    """Start the child and return its exit code, or None if its time ran out."""
    # The child finds the package as this process did, from a checkout too.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with (folder / "says.txt").open("wb") as says:
        child = subprocess.Popen(
            _command(folder),
            stdin=subprocess.DEVNULL,
            stdout=says,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    try:
        ready, end = False, time.monotonic() + START_LIMIT
        while child.poll() is None:
            if not ready and (folder / "ready").exists():
                ready, end = True, time.monotonic() + limit
            if time.monotonic() > end:
                return None
            time.sleep(0.02)
        return child.returncode
    finally:
        # Also where the student interrupts the cell. A kernel on a GPU may outlive the signal.
        child.kill()
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=5)


def _judge(folder: Path, code: int | None, limit: float) -> None:
    """Raise unless the child left a result."""
    answer_file = folder / "answer.json"
    if answer_file.exists():
        fault = json.loads(answer_file.read_text(encoding="utf-8"))["fault"]
        if fault:
            # What fails before the known kernel has run is no fault of the student's.
            raise (CourseError if (folder / "ready").exists() else MachineError)(fault)
    elif not (folder / "ready").exists():
        says = (folder / "says.txt").read_text(encoding="utf-8", errors="replace").split("\n")
        last = next((line.strip() for line in reversed(says) if line.strip()), "")
        how = "took too long" if code is None else f"ended its process ({_how(code)})"
        raise MachineError(not_here(f"a kernel known to be right {how}. {last}".strip()))
    elif code is None:
        raise CourseError(
            f"Your kernel did not end within {limit:g} seconds and was stopped. Look for a loop "
            "whose condition never becomes false."
        )
    else:
        raise _Crash(_how(code))


def _how(code: int) -> str:
    """Return what ended a process: a signal's name, or the exit code."""
    with suppress(ValueError):
        return signal.Signals(-code).name
    # Windows has no signals; its codes for a crash are known by their hexadecimal form.
    return f"exit code {code & 0xFFFFFFFF:#x}" if abs(code) > 255 else f"exit code {code}"


def not_here(cause: str) -> str:
    """Return the sentence for where the machine, and not the student's kernel, is at fault."""
    return (
        f"Your kernel is not the reason: {cause.rstrip('.')}. "
        "Run `gpu-course doctor` to see what this machine lacks."
    )


def serve(folder: Path) -> None:
    """Do what the child does: try the device, then run the kernel that `folder` asks for.

    It writes ``ready`` once the kernel known to be right has run, ``result.npy``, and last
    ``answer.json`` with the fault, or an empty string.
    """
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    image = np.load(folder / "image.npy")
    fault = _try_device(request.pop("device"))
    if not fault:
        (folder / "ready").touch()
        result, fault = _execute(image=image, **request)
        np.save(folder / "result.npy", result)
    # Renamed when complete, so that half an answer is never read.
    (folder / "answer.part").write_text(json.dumps({"fault": fault}), encoding="utf-8")
    (folder / "answer.part").rename(folder / "answer.json")


def _try_device(device: str | None) -> str:
    """Select the device and run the kernel known to be right; return why that failed, or ''."""
    from gpu_course import devices

    try:
        devices.use_opencl(device)
    except CourseError as error:
        return not_here(str(error))
    probe = np.arange(12, dtype=np.float32).reshape(3, 4)
    found, fault = _execute(KNOWN_GOOD, "known_good", probe, {}, "")
    if fault:
        return not_here(f"a kernel known to be right fails, too ({fault})")
    if not np.array_equal(found, probe + 1):
        return not_here("a kernel known to be right gives a wrong result")
    return ""


def _execute(
    source: str, name: str, image: NDArray[Any], parameters: dict[str, float], options: str
) -> tuple[NDArray[Any], str]:
    """Run one kernel on the device selected; return its result, and its fault or ''."""
    from gpu_course import cle

    src = cle.push(image)
    dst = cle.push(np.full(image.shape, UNTOUCHED, dtype=np.float32))
    file = save(source, name)
    ran = False
    try:
        with compiler_messages(file, show=False, options=options) as messages:
            cle.execute(
                kernel_source=file,
                kernel_name=name,
                global_size=dst.shape,
                parameters={"src": src, "dst": dst, **parameters},
            )
            ran = True
        found = np.asarray(cle.pull(dst))
    except Exception as error:  # whatever the driver refuses, such as other parameters
        fault = f"The driver stopped with {type(error).__name__}: {error}."
        return image, f"{fault} Compare your kernel's head with that of the exercise."
    if not ran:
        return image, "It does not compile. " + "; ".join(messages[:3])
    return found, ""


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
    # The answer is complete. Some drivers stumble when they are unloaded; nobody needs that.
    os._exit(0)
