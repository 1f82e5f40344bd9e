"""Let one OpenCL driver compile and compute something small, in a process of its own.

A driver may answer every question about itself and still compile nothing; it may end its process,
or never come back. So the question is put in a child, with that driver alone in view.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gpu_course.devices.driver_files import VENDORS, Driver

SECONDS = 60.0
"""How long a driver may take for one line of OpenCL; the first compilation takes a few seconds."""

_MARK = "gpu-course-driver:"
_CODE = "from gpu_course.devices.driver_trial import answer; answer()"
_LIBRARY = "GPU_COURSE_TRIED_DRIVER"

# exp and sin come from the driver's library of functions, which is compiled for the processor too.
_KERNEL = """
__kernel void tried(__global float *values) {
    const int i = get_global_id(0);
    values[i] = exp(-0.01f * values[i]) + sin(values[i]);
}
"""


@dataclass(frozen=True)
class Trial:
    """What came of trying a driver."""

    driver: Driver
    kind: str = ""  # what it computes on, "GPU" or "CPU"; empty where it does not work
    fault: str = ""  # why it does not work, as the end of a sentence; empty where it does
    lasting: bool = True  # whether the same driver can be expected to answer the same again

    @property
    def works(self) -> bool:
        """Whether the driver computed the right numbers."""
        return not self.fault


def open_apart(library: str) -> None:
    """Open a driver so that it uses its own LLVM, whatever this process has opened before.

    TensorFlow carries an LLVM as well and shows its names to all libraries opened later. PoCL
    would call functions of that other version and end the process. The loader finds the driver
    open already and takes it as it is.
    """
    with suppress(OSError):  # the OpenCL loader will not open it either, and passes it over
        ctypes.CDLL(library, mode=os.RTLD_LAZY | os.RTLD_DEEPBIND)


def try_driver(driver: Driver, *, seconds: float = SECONDS, code: str = _CODE) -> Trial:
    """Try a driver in a process of its own, with no other driver in view.

    Whatever happens in the child within so many seconds is an answer. `code` is the Python program
    that tries the driver and prints the answer.
    """
    with tempfile.TemporaryDirectory(prefix="opencl-trial-") as folder:
        Path(folder, "tried.icd").write_text(f"{driver.library}\n", encoding="utf-8")
        environment = {
            **os.environ,
            VENDORS: folder,
            _LIBRARY: driver.library if driver.is_pocl else "",
            # A kernel that an earlier driver left in a cache would hide that none is compiled.
            "PYOPENCL_NO_CACHE": "1",
            "POCL_CACHE_DIR": f"{folder}/pocl",
        }
        environment.pop("POCL_DEVICES", None)
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=environment,
            start_new_session=True,
        )
        try:
            printed, complained = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            fault = f"it did not answer in {seconds:g} seconds"
            return Trial(driver, fault=fault, lasting=False)
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    for line in printed.splitlines():
        if line.startswith(_MARK):
            said = json.loads(line.removeprefix(_MARK))
            fault = said["fault"] and cause(f"{said['fault']}\n{complained}")
            return Trial(driver, kind=said["kind"], fault=fault)
    if "unknown target CPU" in complained:
        return Trial(driver, fault=cause(complained))
    end = process.returncode
    how = f"signal {signal.Signals(-end).name}" if end < 0 else f"status {end}"
    return Trial(driver, fault=f"it ended its process ({how})")


def cause(text: str) -> str:
    """Return what a driver's message means, as the end of a sentence."""
    if "unknown target CPU" in text:
        return (
            "its compiler does not know this processor (“unknown target CPU”): the driver is older "
            "than the processor"
        )
    first = next((line.strip() for line in text.splitlines() if line.strip()), "no message")
    return first[:200].rstrip(".").replace(". ", "; ")  # it goes into one sentence


def answer() -> None:
    """Try the only driver in view and print what came of it: what the child does."""
    kind = fault = ""
    try:
        if library := os.environ[_LIBRARY]:
            open_apart(library)
        import pyopencl  # noqa: F401 - it sets the variable when it is imported

        # PyOpenCL's loader would add the PoCL of its own wheel.
        os.environ["PYOPENCL_HOME"] = os.environ[VENDORS]
        kind, fault = _compute()
    except Exception as error:
        fault = f"{type(error).__name__}: {error}"
    print("\n" + _MARK + json.dumps({"kind": kind, "fault": fault}), flush=True)
    # Skip the libraries' own tidying up: some crash there, after all went well.
    os._exit(0)


def _compute() -> tuple[str, str]:
    """Return the kind of the first device and the fault found, one of them empty."""
    import numpy as np
    import pyopencl as cl

    try:
        found = [device for platform in cl.get_platforms() for device in platform.get_devices()]
    except cl.Error:  # the loader raises where no driver can be opened
        found = []
    if not found:
        return "", "it offers no device"
    device = found[0]
    context = cl.Context([device])
    queue = cl.CommandQueue(context)
    values = np.arange(1000, dtype=np.float32)
    expected = np.exp(-0.01 * values.astype(float)) + np.sin(values.astype(float))
    flags = cl.mem_flags.READ_WRITE | cl.mem_flags.COPY_HOST_PTR
    buffer = cl.Buffer(context, flags, hostbuf=values)
    cl.Program(context, _KERNEL).build().tried(queue, values.shape, None, buffer)
    cl.enqueue_copy(queue, values, buffer)
    difference = float(abs(values - expected).max())
    if not difference < 1e-4:  # not a number is wrong too
        return "", f"it computes wrongly: off by {difference:.2g} from the processor"
    return ("CPU" if device.type & cl.device_type.CPU else "GPU"), ""
