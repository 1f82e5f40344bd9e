"""Facts about devices: each driver's answers, and the table of them."""

import ctypes
from types import SimpleNamespace

import pytest

from gpu_course import devices
from gpu_course.classical import device_facts
from gpu_course.classical.device_facts import GIB, Facts
from gpu_course.devices import hardware
from gpu_course.errors import CourseError


def test_opencl_facts_are_those_of_the_driver():
    import pyopencl as cl

    chosen = devices.use_opencl()
    facts = device_facts.facts_in_use()
    driver = next(
        one
        for platform in cl.get_platforms()
        for one in platform.get_devices()
        if one.name.strip() == chosen.name
    )
    assert facts in device_facts.opencl_facts()
    assert facts.compute_units == driver.max_compute_units > 0
    assert facts.memory == driver.global_mem_size >= facts.max_allocation > 0
    assert facts.kind == chosen.kind


def test_no_opencl_is_an_empty_list_and_not_an_error(monkeypatch):
    import pyopencl as cl

    def fail():
        raise cl.LogicError("clGetPlatformIDs failed: PLATFORM_NOT_FOUND_KHR")

    monkeypatch.setattr(cl, "get_platforms", fail)
    assert device_facts.opencl_facts() == []


def test_a_device_that_went_away_is_said(monkeypatch):
    monkeypatch.setattr(device_facts, "opencl_facts", list)
    with pytest.raises(CourseError, match="Restart"):
        device_facts.facts_in_use()


def fake_cuda(answers):
    """Return a stand-in for NVIDIA's driver that answers `answers` by attribute number."""

    def get(device, index):
        device._obj.value = 40 + index
        return 0

    def attribute(value, number, device):
        assert device.value == 41  # the handle that cuDeviceGet gave for device 1
        if number not in answers:
            return 1  # CUDA_ERROR_INVALID_VALUE
        value._obj.value = answers[number]
        return 0

    return SimpleNamespace(cuDeviceGet=get, cuDeviceGetAttribute=attribute)


def test_cuda_attributes_are_asked_of_the_right_device(monkeypatch):
    cuda = fake_cuda({13: 1_980_000, 16: 132, 18: 0, 36: 2_619_000, 37: 5120})
    monkeypatch.setattr(ctypes, "CDLL", lambda name: cuda)
    say = device_facts._cuda_attributes(1)
    assert say == {
        "clock": 1_980_000,
        "units": 132,
        "integrated": 0,
        "memory_clock": 2_619_000,
        "bus_width": 5120,
    }


def test_cuda_facts_compute_the_bandwidth_of_the_data_sheet(monkeypatch):
    gpu = hardware.Gpu("NVIDIA H100 80GB HBM3", 85 * 10**9, "CUDA 12.8")
    say = {"clock": 1_980_000, "units": 132, "integrated": 0}
    say |= {"memory_clock": 2_619_000, "bus_width": 5120}
    monkeypatch.setattr(hardware, "cuda_gpus", lambda: [gpu])
    monkeypatch.setattr(device_facts, "_cuda_attributes", lambda index: say)
    (facts,) = device_facts.cuda_facts()
    assert facts.bandwidth == pytest.approx(3.35e12, rel=0.01)
    assert (facts.compute_units, facts.clock) == (132, 1.98)
    assert facts.max_allocation == facts.memory == gpu.memory


def test_what_cuda_does_not_say_is_unknown_and_not_zero(monkeypatch):
    monkeypatch.setattr(hardware, "cuda_gpus", lambda: [hardware.Gpu("X", GIB, "CUDA 13.0")])
    monkeypatch.setattr(ctypes, "CDLL", lambda name: fake_cuda({}))
    monkeypatch.setattr(
        device_facts, "_cuda_attributes", lambda index: dict.fromkeys(device_facts._CUDA, 0)
    )
    (facts,) = device_facts.cuda_facts()
    assert (facts.bandwidth, facts.clock, facts.compute_units) == (None, None, None)
    said = {row["fact"]: row["X"] for row in device_facts.facts_table([facts])}
    assert (said["bandwidth"], said["clock"], said["compute units"]) == ("–", "–", "–")


def test_metal_has_no_float64(monkeypatch):
    from gpu_course.devices import device

    monkeypatch.setattr(device_facts.sys, "platform", "darwin")
    monkeypatch.setattr(device, "mps_computes", lambda: True)
    apple = device.Device("PyTorch", "Apple M3", "GPU", 12 * GIB, "Metal (MPS)")
    monkeypatch.setattr(device, "mps_device", lambda library: apple)
    (facts,) = device_facts.mps_facts()
    assert (facts.through, facts.float64, facts.memory) == ("Metal", False, 12 * GIB)


def test_table_writes_large_and_small_numbers_plainly():
    described = [
        Facts("OpenCL", "small", "GPU", 24, 1.5, 4 * GIB, GIB, 190e9, True),
        Facts("OpenCL", "large", "GPU", 108, 1.4, 40 * GIB, 10 * GIB, 1500e9, True),
        Facts("OpenCL", "slow", "CPU", 16, 2.4, 64 * GIB, 32 * GIB, 60e9, True, True),
    ]
    rows = {row.pop("fact"): row for row in device_facts.facts_table(described)}
    assert list(rows["bandwidth"].values()) == ["190 GB/s", "1500 GB/s", "60 GB/s"]
    assert rows["memory"]["small"] == "4 GiB"


def test_two_devices_of_one_name_keep_a_column_each():
    twin = Facts("CUDA", "X", "GPU", 1, 1.0, GIB, GIB)
    rows = device_facts.facts_table([twin, twin, Facts("OpenCL", "Y", "CPU", 1, 1.0, GIB, GIB)])
    assert list(rows[0]) == ["fact", "X (1)", "X (2)", "Y"]


def test_a_device_of_which_much_is_unknown_can_be_described():
    silent = Facts("Metal", "Apple", "GPU", None, None, GIB, GIB)
    assert "–" in str(device_facts.facts_table([silent]))
