"""Which clesperanto computes, and that its one face speaks for both."""

import subprocess
import sys
import time

import numpy as np
import pytest

from gpu_course import cle, devices
from gpu_course.devices import clesperanto, opencl_device
from gpu_course.devices.device import Device, installed
from gpu_course.errors import CourseError

BOTH = [
    "",
    pytest.param(
        "prototype",
        marks=pytest.mark.skipif(
            not installed("pyclesperanto_prototype"), reason="the prototype is not installed"
        ),
    ),
]


@pytest.fixture(params=BOTH)
def chosen(request, monkeypatch):
    monkeypatch.setenv("GPU_COURSE_CLESPERANTO", request.param)
    devices.use_opencl()
    return request.param


def test_an_unknown_choice_is_answered_with_those_there_are(monkeypatch):
    monkeypatch.setenv("GPU_COURSE_CLESPERANTO", "abacus")
    with pytest.raises(CourseError, match=r"abacus.*prototype, opencl, cuda, metal"):
        clesperanto.clesperanto_choice()


def test_a_backend_that_is_not_installed_is_named_with_its_package(monkeypatch):
    backends = clesperanto.successor().list_available_backends()
    absent = next((one for one in ("cuda", "metal") if one not in backends), None)
    if absent is None:
        pytest.skip("every backend is installed")
    monkeypatch.setenv("GPU_COURSE_CLESPERANTO", absent)
    with pytest.raises(CourseError, match=f"pip install pyclesperanto-{absent}"):
        devices.use_opencl()


def test_the_choice_decides_which_library_computes(chosen):
    name = "pyclesperanto_prototype" if chosen else "pyclesperanto"
    assert clesperanto.module().__name__ == name
    assert cle.is_image(cle.push(np.zeros((2, 3), np.float32)))
    assert not cle.is_image(np.zeros((2, 3), np.float32))


def test_whole_numbers_of_64_bits_are_cut_as_the_page_on_arrays_says(monkeypatch):
    monkeypatch.delenv("GPU_COURSE_CLESPERANTO", raising=False)
    devices.use_opencl()
    for dtype, kept in [(np.int64, np.int32), (np.float64, np.float32), (np.uint16, np.uint16)]:
        assert np.dtype(cle.push(np.zeros((1, 2), dtype)).dtype) == kept
    assert cle.pull(cle.push(np.array([[2**33 + 5]])))[0, 0] == 5


def test_calls_that_differ_are_the_same_through_the_one_face(chosen):
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    np.testing.assert_array_equal(cle.pull(cle.greater_constant(image, scalar=5)), image > 5)
    np.testing.assert_array_equal(cle.pull(cle.smaller_constant(image, scalar=5)), image < 5)
    np.testing.assert_array_equal(cle.pull(cle.equal_constant(image, scalar=5)), image == 5)
    np.testing.assert_allclose(cle.pull(cle.power(image, scalar=2)), image**2, rtol=1e-6)
    labels = np.array([[1, 1, 0, 2]], dtype=np.uint32)
    table = cle.labels_statistics(labels, labels.astype(np.float32) * 3)
    np.testing.assert_array_equal(np.ravel(table["area"]), [2, 1])
    np.testing.assert_array_equal(np.ravel(table["mean_intensity"]), [3, 6])
    found = cle.pull(cle.connected_component_labeling(labels > 0, connectivity="box"))
    assert found.max() == 2


def test_a_kernel_runs_through_the_one_face(chosen, tmp_path):
    file = tmp_path / "twice.cl"
    file.write_text(
        "__kernel void twice(IMAGE_src_TYPE src, IMAGE_dst_TYPE dst, const float by)\n"
        "{ const int i = get_global_id(1) * GET_IMAGE_WIDTH(src) + get_global_id(0);\n"
        "  dst[i] = by * src[i]; }\n"
    )
    src = cle.push(np.arange(6, dtype=np.float32).reshape(2, 3))
    dst = cle.create_like(src)
    cle.execute(
        kernel_source=str(file),
        kernel_name="twice",
        global_size=dst.shape,
        parameters={"src": src, "dst": dst, "by": 2.0},
    )
    np.testing.assert_array_equal(cle.pull(dst), [[0, 2, 4], [6, 8, 10]])


def test_an_unknown_operation_is_an_attribute_error(chosen):
    with pytest.raises(AttributeError):
        cle.abacus  # noqa: B018


def test_waiting_waits(chosen):
    """After a wait the result is there: fetching it takes a small part of the time it took."""
    image = cle.push(np.ones((2048, 2048), np.float32))
    cle.pull(cle.gaussian_blur(image, sigma_x=15, sigma_y=15))
    shares = []
    for _ in range(3):
        started = time.perf_counter()
        result = cle.gaussian_blur(image, sigma_x=15, sigma_y=15)
        clesperanto.wait()
        waited = time.perf_counter()
        cle.pull(result)
        shares.append((time.perf_counter() - waited) / (waited - started))
    assert min(shares) < 0.5


def test_waiting_imports_nothing():
    code = (
        "import sys; from gpu_course import timing; timing.wait()\n"
        "print([m for m in ('pyclesperanto', 'pyclesperanto_prototype') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_opencl_is_made_ready_for_whoever_computes_with_it_and_for_nobody_else(monkeypatch):
    monkeypatch.setattr(clesperanto, "installed", lambda name: name == "pyclesperanto_opencl")
    asked = {}
    for choice in ("", "opencl", "cuda", "metal"):
        monkeypatch.setenv("GPU_COURSE_CLESPERANTO", choice)
        asked[choice] = clesperanto._needs_opencl()
    assert asked == {"": True, "opencl": True, "cuda": False, "metal": False}
    monkeypatch.setattr(clesperanto, "installed", lambda name: name == "pyclesperanto_cuda")
    monkeypatch.setenv("GPU_COURSE_CLESPERANTO", "")
    assert not clesperanto._needs_opencl()


class Shown:
    """A device as PyOpenCL shows it."""

    def __init__(self, name, driver_version):
        self.name, self.driver_version = name, driver_version


@pytest.mark.parametrize(
    ("driver", "number"), [("PoCL 6.0", 1), ("Intel 2026.1", 0), ("NVIDIA CUDA 13", 0)]
)
def test_of_two_drivers_of_one_device_pyopencl_takes_that_of_clesperanto(
    monkeypatch, driver, number
):
    shown = [Shown("CPU ", "2026.1"), Shown("CPU", "6.0"), Shown("GPU", "1")]
    used = Device("OpenCL", "CPU", "CPU", None, driver)
    monkeypatch.setattr(opencl_device, "opencl", lambda: used)
    monkeypatch.setattr(opencl_device, "pyopencl_devices", lambda: shown)
    assert opencl_device.pyopencl_device() is shown[number]
    monkeypatch.setattr(opencl_device, "pyopencl_devices", lambda: shown[2:])
    with pytest.raises(CourseError, match=r"does not show CPU.*doctor"):
        opencl_device.pyopencl_device()
