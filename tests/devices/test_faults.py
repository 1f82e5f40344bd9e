"""Whose fault an error is: asked of errors as the libraries raise them, and of this machine."""

import sys
import types

import pytest

from gpu_course import devices
from gpu_course.devices import clesperanto, faults
from gpu_course.errors import CourseError, MachineError

NOT_BUILT = "clBuildProgram failed: BUILD_PROGRAM_FAILURE"


def raised_by(library, text):
    """Return an error of a class that the library defines."""
    return type("Error", (Exception,), {"__module__": f"{library}._core"})(text)


@pytest.fixture(params=["prototype", "opencl"])
def library(request, monkeypatch):
    """Compute with either clesperanto."""
    if request.param == "prototype":
        pytest.importorskip("pyclesperanto_prototype")
    monkeypatch.setenv(clesperanto.VARIABLE, request.param)
    devices.use_opencl()


def test_a_driver_that_works_leaves_the_fault_to_the_program(library):
    assert faults.opencl_computes()
    assert not faults.is_of_machine(RuntimeError(NOT_BUILT))
    assert not faults.is_of_machine(raised_by("pyopencl", NOT_BUILT))


def test_a_driver_that_fails_on_a_right_kernel_too_is_at_fault(library, monkeypatch):
    monkeypatch.setattr(faults, "KNOWN_GOOD", "__kernel void known_good() { nonsense }")
    assert faults.is_of_machine(RuntimeError(NOT_BUILT))
    assert faults.is_of_machine(raised_by("pyopencl", NOT_BUILT))


def test_a_driver_that_computes_wrongly_is_at_fault(library, monkeypatch):
    monkeypatch.setattr(faults, "KNOWN_GOOD", faults.KNOWN_GOOD.replace("value + 1", "value + 2"))
    assert faults.is_of_machine(RuntimeError(NOT_BUILT))


def test_a_driver_that_is_missing_is_at_fault(monkeypatch):
    def missing():
        raise MachineError("OpenCL has no driver on this machine.")

    monkeypatch.setattr(clesperanto, "module", missing)
    assert faults.is_of_machine(RuntimeError(NOT_BUILT))


@pytest.mark.parametrize("computes", [True, False])
def test_an_error_of_cuda_asks_the_library_that_is_in_use(monkeypatch, computes):
    def arange(n):
        return types.SimpleNamespace(sum=lambda: 3 if computes else 4)

    monkeypatch.setitem(sys.modules, "cupy", types.SimpleNamespace(arange=arange))
    assert faults.is_of_machine(raised_by("cupy_backends", "no kernel image")) is not computes
    assert faults.is_of_machine(RuntimeError("CUDA error: no kernel image")) is not computes


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        raised_by("pyopencl", "create_buffer failed: MEM_OBJECT_ALLOCATION_FAILURE"),
        raised_by("cupy", "Out of memory allocating 2 bytes"),
        raised_by("tensorflow", "OOM when allocating tensor"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 2 bytes"),
    ],
    ids=str,
)
def test_memory_that_does_not_suffice_is_the_machines(error):
    assert faults.is_of_machine(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("Provide at least one OpenCL image."),
        RuntimeError("The arrays do not fit."),
        CourseError("There is no image set of that name."),
        raised_by("tensorflow", "Incompatible shapes"),
    ],
    ids=str,
)
def test_other_errors_are_the_programs(error):
    assert not faults.is_of_machine(error)
