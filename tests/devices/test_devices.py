"""Where each library runs, what happens where it cannot, and what the record says."""

import ctypes
import getpass
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gpu_course import devices
from gpu_course.devices import (
    array_device,
    deep_learning,
    hardware,
    no_opencl,
    overview,
    record,
)
from gpu_course.devices.device import Device, installed
from gpu_course.errors import CourseError
from gpu_course.html_table import Rows

linux = pytest.mark.skipif(sys.platform != "linux", reason="simulates Linux's OpenCL loader")


@pytest.fixture(autouse=True)
def _nothing_asked(monkeypatch):
    monkeypatch.delenv("GPU_COURSE_DEVICE", raising=False)


def python(code: str, **environment: str) -> subprocess.CompletedProcess:
    """Run code in a Python of its own."""
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        # An earlier test may have hushed the compiler for this process and its children.
        env={
            **os.environ,
            "GPU_COURSE_SIZE": "small",
            "PYOPENCL_BUILD_OPTIONS": "",
            **environment,
        },
    )


# --- OpenCL -----------------------------------------------------------------------------------


def test_use_opencl_selects_the_device_that_it_describes():
    device = devices.use_opencl()
    import pyclesperanto as cle

    assert device == devices.opencl()
    assert device.name == cle.get_device().name.strip()
    assert device.kind in ("GPU", "CPU")
    assert device.memory is not None
    assert device.memory > 2**28
    assert "compute units" in device.note


def test_pocl_is_described_as_a_cpu():
    device = devices.opencl()
    if not device.driver.startswith("PoCL"):
        pytest.skip("another OpenCL driver is in use")
    assert device.kind == "CPU"
    assert device.note.startswith("PoCL, OpenCL on the processor")


def test_opencl_reports_what_clesperanto_has_chosen(monkeypatch):
    devices.use_opencl()
    import pyclesperanto as cle

    monkeypatch.setattr(
        "gpu_course.devices.clesperanto.best", lambda name: pytest.fail("asked anew")
    )
    assert devices.opencl().name == cle.get_device().name.strip()


def test_an_unknown_device_name_is_answered_with_the_names_there_are():
    here = devices.opencl().name
    with pytest.raises(CourseError, match="abacus") as error:
        devices.use_opencl("abacus")
    assert here in str(error.value)


def test_a_part_of_the_name_selects_a_device(monkeypatch):
    name = devices.opencl().name
    assert devices.use_opencl(name[:6].upper()).name == name
    monkeypatch.setenv("GPU_COURSE_DEVICE", name[:6])
    assert devices.use_opencl().name == name
    monkeypatch.setenv("GPU_COURSE_DEVICE", "abacus")
    with pytest.raises(CourseError, match="abacus"):
        devices.use_opencl()


SAYS = (
    "from gpu_course import devices\n"
    "from gpu_course.errors import CourseError\n"
    "try: {call}\n"
    "except CourseError as error: print(error)\n"
)


@linux
def test_no_opencl_driver_is_one_clear_error(tmp_path):
    # PyOpenCL's wheel tells the loader where its own PoCL is, at import: take that away after.
    hide = "import os, pyopencl; os.environ['PYOPENCL_HOME'] = '/nowhere'\n"
    done = python(hide + SAYS.format(call="devices.use_opencl()"), OCL_ICD_VENDORS=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"OpenCL finds no device on this machine. {no_opencl.cure()}\n"


@linux
def test_a_driver_without_devices_is_the_same_error(tmp_path):
    done = python(
        SAYS.format(call="devices.opencl()"), POCL_DEVICES="none", OCL_ICD_VENDORS=str(tmp_path)
    )
    assert done.stdout.startswith("OpenCL finds no device on this machine. "), done.stderr


@linux
def test_the_other_devices_are_found_without_opencl(tmp_path):
    code = "from gpu_course import devices; print(*[d.library for d in devices.found()], sep=', ')"
    done = python(code, POCL_DEVICES="none", OCL_ICD_VENDORS=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "OpenCL" not in done.stdout
    assert done.stdout.strip()


@pytest.mark.parametrize(
    ("system", "conda", "machine", "cure"),
    [
        ("linux", False, "x86_64", "pip install intel-opencl-rt intel-cmplr-lib-rt"),
        ("linux", False, "aarch64", "apt install pocl-opencl-icd"),
        ("linux", True, "x86_64", "conda install -c conda-forge pocl-cpu"),
        ("darwin", False, "arm64", "--force-reinstall pyopencl"),
        ("win32", False, "AMD64", "graphics driver"),
    ],
)
def test_the_cure_fits_the_system(monkeypatch, system, conda, machine, cure):
    monkeypatch.setattr(no_opencl.sys, "platform", system)
    monkeypatch.setattr(no_opencl.platform, "machine", lambda: machine)
    monkeypatch.setattr(no_opencl, "_in_conda", lambda: conda)
    assert cure in no_opencl.cure()


def test_the_cure_for_a_hidden_gpu_fits_its_maker(monkeypatch):
    monkeypatch.setattr(no_opencl.sys, "platform", "linux")
    cures = [no_opencl.gpu_cure(vendor) for vendor in ("nvidia", "amd", "intel", "")]
    assert "libnvidia-opencl.so.1" in cures[0]
    assert len(set(cures)) == 4


# --- the compiler's chatter -------------------------------------------------------------------

BLUR = (
    "import numpy as np, pyclesperanto_prototype as cle\n"
    "from gpu_course import devices\n"
    "{first}\n"
    "cle.pull(cle.gaussian_blur(np.ones((5, 6), 'f4'), sigma_x=1, sigma_y=1))\n"
)


def _first_use(tmp_path: Path, first: str) -> str:
    """Return what a first use of a kernel, with empty caches, writes to the error stream."""
    if not devices.opencl().driver.startswith("PoCL"):
        pytest.skip("only PoCL's compiler chatters")
    done = python(
        BLUR.format(first=first), POCL_CACHE_DIR=str(tmp_path), XDG_CACHE_HOME=str(tmp_path)
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_the_compiler_chatters_if_let(tmp_path):
    assert "generated" in _first_use(tmp_path, "cle.get_device()")


def test_use_opencl_keeps_the_compiler_quiet(tmp_path):
    assert _first_use(tmp_path, "devices.use_opencl()") == ""


def test_the_compilers_other_options_stay(monkeypatch):
    monkeypatch.setenv("PYOPENCL_BUILD_OPTIONS", "-D N=3")
    for _ in range(2):
        devices.hush_compiler()
        assert os.environ["PYOPENCL_BUILD_OPTIONS"] == "-D N=3 -w"


def test_quiet_stderr_hides_what_compiled_code_writes(capfd):
    with devices.quiet_stderr():
        os.write(2, b"chatter\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_quiet_stderr_shows_all_of_it_with_an_error(capfd):
    def fail():
        os.write(2, b"the reason\n")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), devices.quiet_stderr():
        fail()
    assert capfd.readouterr().err == "the reason\n"


# --- arrays -----------------------------------------------------------------------------------


def test_an_array_goes_to_the_device_and_comes_back():
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    there = devices.to_device(image)
    assert devices.array_namespace().sum(there) == 66
    np.testing.assert_array_equal(devices.to_numpy(there), image)


def test_arrays_of_clesperanto_and_torch_come_back():
    torch = pytest.importorskip("torch")

    from gpu_course import cle

    devices.use_opencl()
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    np.testing.assert_array_equal(devices.to_numpy(cle.push(image)), image)
    np.testing.assert_array_equal(
        devices.to_numpy(torch.from_numpy(image).requires_grad_(True)), image
    )


def test_the_array_library_follows_what_works(monkeypatch):
    choose = array_device._array_backend
    monkeypatch.setattr(array_device, "cupy_computes", lambda: False)
    monkeypatch.setattr(array_device, "mps_computes", lambda: False)
    assert choose() == "numpy"
    monkeypatch.setenv("GPU_COURSE_DEVICE", "gpu")
    with pytest.raises(CourseError, match="doctor"):
        choose()
    monkeypatch.setattr(array_device, "mps_computes", lambda: True)
    assert choose() == "torch"
    monkeypatch.setattr(array_device, "cupy_computes", lambda: True)
    assert choose() == "cupy"
    monkeypatch.setenv("GPU_COURSE_DEVICE", "cpu")
    assert choose() == "numpy"
    assert devices.array_library().kind == "CPU"


def test_torch_computes_where_it_says():
    torch = pytest.importorskip("torch")
    device = devices.torch()
    assert device is not None
    assert float(torch.ones(3, device=device.address).sum()) == 3


def test_a_library_that_is_absent_has_no_device(monkeypatch):
    monkeypatch.setattr(deep_learning, "installed", lambda module: False)
    assert devices.torch() is None
    assert devices.tensorflow() is None


@pytest.mark.skipif(not installed("tensorflow"), reason="needs TensorFlow")
def test_tensorflow_is_imported_quietly_and_with_keras_3():
    code = (
        "from gpu_course import devices\n"
        "device = devices.tensorflow()\n"
        "import tensorflow as tf\n"
        "print(device.address, tf.keras.Model.__module__)\n"
    )
    done = python(code)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    address, keras = done.stdout.split()
    assert address in ("/CPU:0", "/GPU:0")
    assert keras.startswith("keras.")


# --- hardware ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "kind", "name"),
    [("", "auto", None), ("Auto", "auto", None), (" CPU ", "cpu", None), ("gpu", "gpu", None),
     ("RTX 4070", "auto", "RTX 4070")],
)  # fmt: skip
def test_the_environment_asks_for_a_kind_or_a_name(monkeypatch, asked, kind, name):
    monkeypatch.setenv("GPU_COURSE_DEVICE", asked)
    assert (hardware.wanted(), hardware.wanted_name()) == (kind, name)


def test_the_processor_has_a_name_cores_and_memory():
    assert hardware.cpu_name()
    assert 1 <= hardware.cores() <= (os.cpu_count() or 1)
    assert hardware.ram() > 2**29


class Driver:
    """Stands in for NVIDIA's driver library with one GPU."""

    fails = 0

    def cuInit(self, flags):
        return self.fails

    def cuDeviceGetCount(self, count):
        count._obj.value = 1
        return 0

    def cuDriverGetVersion(self, version):
        version._obj.value = 12040
        return 0

    def cuDeviceGet(self, device, index):
        return 0

    def cuDeviceGetName(self, text, length, device):
        text.value = b"NVIDIA Pretend 4000"
        return 0

    def cuDeviceTotalMem_v2(self, memory, device):
        memory._obj.value = 6 * 2**30
        return 0


def test_the_nvidia_driver_is_asked_for_its_gpus(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Driver())
    assert hardware.cuda_gpus() == [
        hardware.Gpu("NVIDIA Pretend 4000", 6 * 2**30, "CUDA 12.4", shared=False)
    ]
    monkeypatch.setattr(Driver, "fails", 100)  # the driver is there, the GPU is not
    assert hardware.cuda_gpus() == []


def test_no_nvidia_driver_is_no_error(monkeypatch):
    def absent(name):
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", absent)
    assert hardware.cuda_gpus() == []


def test_the_maker_of_the_graphics_card_is_read_from_linux(tmp_path):
    assert hardware.pci_vendor(tmp_path) == ""
    for card, vendor in {"card0": "0x1a03", "card1": "0x8086", "card2": "0x1002"}.items():
        (tmp_path / card / "device").mkdir(parents=True)
        (tmp_path / card / "device" / "vendor").write_text(vendor + "\n")
    assert hardware.pci_vendor(tmp_path) == "amd"


# --- tables -----------------------------------------------------------------------------------


def test_the_table_has_a_row_for_each_device_and_memory_in_gib(monkeypatch):
    unknown = devices.Device("A", "a", "GPU", None, "1")
    known = devices.Device("B", "b", "CPU", 3 * 2**29, "2")
    rows = overview.table([unknown, known])
    assert [row["memory"] for row in rows] == ["", "1.5 GiB"]
    assert rows[0]["library"] == "A"


def test_rows_show_every_text_whole_and_escaped():
    long = "long " * 40
    rows = Rows([{"part": "<b>", "text": long}], label="a label")
    html = rows._repr_html_()
    assert long in html
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert 'tabindex="0"' in html
    assert 'aria-label="a label"' in html
    assert repr(rows).splitlines()[0].split() == ["part", "text"]
    assert Rows([], label="empty")._repr_html_().count("<td>") == 0


# --- the record -------------------------------------------------------------------------------

HEAVY = (
    "{'pyclesperanto', 'pyclesperanto_prototype', 'scipy', 'cupy', 'torch', 'tensorflow', 'napari',"
    " 'stardist'}"
)


def test_the_record_imports_nothing_and_tells_what_was_imported():
    code = (
        "import sys, json, numpy\n"
        "from gpu_course import devices\n"
        "record = devices.device_record()\n"
        f"print(json.dumps([record, sorted({HEAVY} & set(sys.modules))]))"
    )
    done = python(code)
    assert done.returncode == 0, done.stderr
    told, imported = json.loads(done.stdout)
    assert imported == []
    assert [device["library"] for device in told["devices"]] == ["NumPy and SciPy"]
    assert told["packages"] == {"numpy": np.__version__}
    assert told["cpu"]["cores"] >= 1


@pytest.mark.skipif(not installed("torch"), reason="needs PyTorch")
def test_the_record_tells_of_each_library_used():
    code = (
        "import json, torch\n"
        "from gpu_course import devices\n"
        "devices.use_opencl()\n"
        "print(json.dumps(devices.device_record()))"
    )
    done = python(code)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [device["library"] for device in told["devices"]] == [
        "OpenCL",
        "NumPy and SciPy",
        "PyTorch",
    ]
    assert {"torch", "pyclesperanto"} <= set(told["packages"])
    assert told["peak_memory"].get("process", 2**26) >= 2**26


@pytest.mark.skipif(not installed("torch"), reason="needs PyTorch")
@pytest.mark.parametrize(("peak", "kind"), [(0, "CPU"), (2**20, "GPU")])
def test_a_gpu_that_held_no_tensor_is_not_where_the_run_computed(monkeypatch, peak, kind):
    import torch

    gpu = Device("PyTorch", "a card", "GPU", memory=2**33, driver="CUDA 13.0", address="cuda:0")
    monkeypatch.setattr(record, "torch", lambda: gpu)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda: peak)
    (used,) = (one for one in record.device_record()["devices"] if one["library"] == "PyTorch")
    assert used["kind"] == kind
    assert ("card" in used["name"]) is bool(peak)


def test_the_record_names_neither_the_host_nor_the_user():
    text = json.dumps(devices.device_record())
    assert socket.gethostname() not in text
    assert str(Path.home()) not in text
    if getpass.getuser() != "root":
        assert getpass.getuser() not in text


def test_a_library_that_cannot_be_described_does_not_lose_the_record(monkeypatch):
    def broken():
        raise RuntimeError("driver")

    monkeypatch.setattr(record, "numpy_device", broken)
    monkeypatch.setattr(record, "torch", broken)
    libraries = [device["library"] for device in devices.device_record()["devices"]]
    assert "NumPy and SciPy" not in libraries


def test_a_column_of_a_table_is_an_array():
    import pandas as pd

    table = pd.DataFrame({"area": [1.0, 2.5]})
    assert devices.to_numpy(table["area"]).tolist() == [1.0, 2.5]
    assert devices.to_numpy(table).shape == (2, 1)
