"""Run one probe in a process of its own, so that a library that crashes ends only that.

A graphics driver that does not match its library, or a window system without its plug-in, ends
the whole process without a Python error. The doctor must live to tell.
"""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict

from gpu_course.doctor.check import Check
from gpu_course.errors import CourseError

_MARK = "gpu-course-check:"
_CODE = "import sys; from gpu_course.doctor.child import answer; answer(*sys.argv[1:])"

# Nearly every chapter needs these two; without any other part most of the course still runs.
_ESSENTIAL = ("opencl", "images")

_ASK_US = "Paste the output of `gpu-course doctor --report` on forum.image.sc."

# What most often ends the process, where one thing does.
_CRASH_CURES = {
    "napari": (
        "On Debian and Ubuntu: sudo apt install libxcb-cursor0 libxkbcommon-x11-0 libxcb-icccm4 "
        "libxcb-keysyms1 libxcb-render-util0 libxcb-image0 libgl1"
    )
}


def trouble(probe: str, name: str, what: str, cure: str = _ASK_US) -> Check:
    """Return the check of a probe that did not come to its end."""
    return Check(name, "fail" if probe in _ESSENTIAL else "warn", what, cure)


def answer(probe: str, name: str) -> None:
    """Run one function of `probes` and print its check: what the process of its own does.

    The check is called `name` if the probe raises.
    """
    try:
        from gpu_course.doctor import probes

        check: Check = getattr(probes, probe)()
    except CourseError as error:  # its first sentence is the cause, the rest the cure
        what, _, cure = str(error).partition(". ")
        check = trouble(probe, name, f"{what.rstrip('.')}.", cure)
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        check = trouble(probe, name, what[:300])
    print("\n" + _MARK + json.dumps(asdict(check)), flush=True)
    # Skip the libraries' own tidying up: some crash there, after all went well.
    os._exit(0)


def ask(probe: str, name: str, *, timeout: float = 180, code: str = _CODE) -> Check:
    """Run a probe, a function of :mod:`gpu_course.doctor.probes`, in a process of its own.

    Return its check, or one of that `name` if the probe does not live to answer within `timeout`
    seconds; PoCL's first compilation takes some. `code` is the program, with both names as
    arguments.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", code, probe, name],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        # Qt and TensorFlow print much; all of it is kept, and its last line tells if they crash.
        printed, complained = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        return trouble(probe, name, f"No answer in {timeout:g} seconds.", f"Try again. {_ASK_US}")
    finally:
        _end(process)
    for line in printed.splitlines():
        if line.startswith(_MARK):
            return Check(**json.loads(line.removeprefix(_MARK)))
    end, last = process.returncode, (complained.strip().splitlines() or ["no message"])[-1]
    how = f"signal {signal.Signals(-end).name}" if end < 0 else f"status {end}"
    what = f"The library ended its process ({how}): {last[:200]}"
    return trouble(probe, name, what, _CRASH_CURES.get(probe, _ASK_US))


def _end(process: "subprocess.Popen[str]") -> None:
    """End a probe and whatever it started, such as a virtual screen that outlived a crash."""
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):  # nothing is left, as it should be
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    process.wait()
