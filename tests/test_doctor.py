"""What the doctor finds, on a healthy machine and on broken ones."""

import io
import socket
import sys
import tempfile
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from gpu_course import doctor
from gpu_course.devices import Device, hardware
from gpu_course.devices.device import installed
from gpu_course.devices.hardware import GIB, Gpu
from gpu_course.doctor import Check, driver, machine, probes, wording
from gpu_course.doctor.child import ask
from gpu_course.errors import CourseError

posix = pytest.mark.skipif(sys.platform == "win32", reason="uses signals")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for variable in ("SIZE", "DEVICE", "CACHE", "CLESPERANTO"):
        monkeypatch.delenv(f"GPU_COURSE_{variable}", raising=False)


# --- the machine ------------------------------------------------------------------------------


PROJECT = tomllib.loads(
    (Path(__file__).resolve().parents[1] / "pyproject.toml").read_text(encoding="utf-8")
)["project"]


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ((3, 10, 5), "fail"),
        ((3, 11, 0), "ok"),
        ((3, 13, 9), "ok"),
        ((3, 14, 0), "warn"),
        ((4, 0, 0), "warn"),
    ],
)
def test_python_is_neither_too_old_nor_too_new(version, status):
    check = machine.python(version, PROJECT["requires-python"])
    assert check.status == status
    assert bool(check.cure) == (status != "ok")


def test_the_range_of_python_is_what_the_installed_package_states(monkeypatch):
    package = {"Requires-Python": "<3.9,>=3.7"}  # in the order in which hatchling writes it
    monkeypatch.setattr(machine.importlib.metadata, "metadata", lambda name: package)
    assert [machine.python(v).status for v in [(3, 6), (3, 7, 1), (3, 8, 2), (3, 9, 0)]] == [
        "fail",
        "ok",
        "ok",
        "warn",
    ]
    assert "Python 3.7 to 3.8" in machine.python((3, 9, 0)).cure


def test_numpy_1_is_refused_with_the_pip_line():
    assert machine.numpy("2.4.6").status == "ok"
    check = machine.numpy("1.26.4")
    assert check.status == "fail"
    (needed,) = [line for line in PROJECT["dependencies"] if line.startswith("numpy")]
    assert f'pip install "{needed}"' in check.cure


def _folder(path: Path, need: float = 0.001) -> Check:
    return machine.folder("cache", path, need=need, purpose="files are kept", variable="WHERE")


def test_a_folder_that_does_not_exist_yet_is_fine(tmp_path):
    check = _folder(tmp_path / "not" / "yet")
    assert check.status == "ok"
    assert list(tmp_path.iterdir()) == []  # and looking left nothing behind


def test_a_full_disk_is_a_warning_that_names_the_variable(tmp_path):
    check = _folder(tmp_path, need=1e9)
    assert check.status == "warn"
    assert "WHERE" in check.cure


def test_a_folder_that_cannot_be_written_is_a_warning(tmp_path, monkeypatch):
    def refuse(dir):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    check = _folder(tmp_path)
    assert check.status == "warn"
    assert "Permission denied" in check.what
    assert "WHERE" in check.cure


def test_the_caches_are_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("GPU_COURSE_CACHE", str(tmp_path / "images"))
    monkeypatch.setenv("POCL_CACHE_DIR", str(tmp_path / "kernels"))
    assert str(tmp_path / "images") in machine.image_folder().what
    assert str(tmp_path / "kernels") in machine.kernel_folder().what


@pytest.mark.parametrize(
    ("screen", "xvfb", "status"),
    [("WAYLAND_DISPLAY", None, "ok"), ("DISPLAY", None, "ok"), (None, "Xvfb", "ok"),
     (None, None, "warn")],
)  # fmt: skip
def test_a_display_is_real_or_virtual(monkeypatch, screen, xvfb, status):
    monkeypatch.setattr(machine.sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    if screen:
        monkeypatch.setenv(screen, ":1")
    monkeypatch.setattr(machine.shutil, "which", lambda name: xvfb)
    assert machine.display().status == status


def test_the_size_is_reported_with_its_reason(monkeypatch):
    monkeypatch.setenv("GPU_COURSE_SIZE", "small")
    assert "small, chosen by GPU_COURSE_SIZE" in machine.size().what
    monkeypatch.setenv("GPU_COURSE_SIZE", "enormous")
    check = doctor._examine("problem size", machine.size)
    assert check.status == "fail"
    assert check.cure == "Set it to one of small, laptop, large, or unset it."


# --- the probes -------------------------------------------------------------------------------


@pytest.fixture
def hidden_nvidia(monkeypatch):
    """Pretend that the driver finds an NVIDIA GPU that the libraries do not use."""

    def pretend(driver: str = "CUDA 12.4") -> None:
        gpu = Gpu("NVIDIA Pretend 4000", 6 * GIB, driver)
        monkeypatch.setattr(hardware, "cuda_gpus", lambda: [gpu])

    return pretend


@pytest.fixture
def no_gpu(monkeypatch):
    """Let every library compute on the processor, and find no other GPU."""
    monkeypatch.setenv("GPU_COURSE_DEVICE", "auto")
    monkeypatch.setattr(hardware, "cuda_gpus", list)
    monkeypatch.setattr(hardware, "pci_vendor", lambda: "")
    if probes.devices.opencl().kind == "GPU":
        pytest.skip("OpenCL has a GPU here")


def test_opencl_computes_rightly():
    assert probes.opencl().status in ("ok", "warn")


def test_a_wrong_result_of_opencl_is_a_failure(monkeypatch):
    import pyclesperanto as cle

    monkeypatch.setattr(cle, "gaussian_blur", lambda image, **sigmas: cle.push(image))
    check = probes.opencl()
    assert check.status == "fail"
    assert "computes wrongly" in check.what


def test_pocl_is_fine_where_there_is_no_gpu(no_gpu):
    assert probes.opencl().status == "ok"


def test_a_gpu_that_opencl_does_not_see_is_a_warning(no_gpu, hidden_nvidia, monkeypatch):
    hidden_nvidia()
    check = probes.opencl()
    assert check.status == "warn"
    assert "NVIDIA Pretend 4000" in check.what
    assert check.cure
    monkeypatch.setattr(hardware, "cuda_gpus", list)
    monkeypatch.setattr(hardware, "pci_vendor", lambda: "intel")
    assert "intel" in probes.opencl().what
    monkeypatch.setenv("GPU_COURSE_DEVICE", "cpu")  # the CPU was asked for: nothing to warn of
    assert probes.opencl().status == "ok"


@pytest.mark.parametrize(("driver", "extra"), [("CUDA 12.4", "cuda12"), ("CUDA 13.0", "cuda13")])
def test_cupy_is_named_for_the_cuda_of_the_driver(no_gpu, hidden_nvidia, driver, extra):
    hidden_nvidia(driver)
    if probes.devices.array_library().kind == "GPU":
        pytest.skip("the array library has a GPU here")
    check = probes.arrays()
    assert check.status == "warn"
    (needed,) = map(Requirement, PROJECT["optional-dependencies"][extra])
    # Without [ctk] CuPy is installed, and has nothing to compile with where no toolkit is.
    assert f'pip install "{needed.name}[ctk]' in check.cure
    assert Requirement(check.cure.split('"')[1]).specifier == needed.specifier
    # CUDA 13 knows no card older than Turing, whatever the driver says.
    assert ("cupy-cuda12x on a card older" in check.cure) == (extra == "cuda13")


def test_a_wrong_transform_is_a_failure(monkeypatch):
    from scipy import fft

    monkeypatch.setenv("GPU_COURSE_DEVICE", "cpu")
    monkeypatch.setattr(fft, "fftn", lambda image, workers: image)
    assert probes.arrays().status == "fail"


def test_a_missing_library_is_a_warning_with_its_pip_line(monkeypatch):
    monkeypatch.setattr(probes.devices, "torch", lambda: None)
    monkeypatch.setattr(probes, "installed", lambda module: False)
    for probe, line in {
        probes.torch: "pip install torch",
        probes.tensorflow: "pip install tensorflow stardist",
        probes.napari: "pip install",
    }.items():
        check = probe()
        assert check.status == "warn"
        assert line in check.cure
        assert check.what.endswith(("need it.", "need them.", "scripted twin)."))
    assert probes.opencl().status == "fail"  # without clesperanto there is no course


def hides(monkeypatch, *modules):
    """Pretend that some modules are not installed."""
    for module in (probes, driver):
        monkeypatch.setattr(
            module, "installed", lambda name: name not in modules and installed(name)
        )


@pytest.mark.parametrize(
    ("absent", "probe", "said"),
    [
        ("monai", "torch", "Not installed: monai; the deep-learning chapters on roots and"),
        ("safetensors", "torch", "Not installed: safetensors; the deep-learning chapters"),
        ("safetensors", "tensorflow", "Not installed: safetensors; the chapters on StarDist"),
        ("stardist", "tensorflow", "Not installed: stardist; the chapters on StarDist need it."),
    ],
)
def test_a_library_without_its_companions_is_a_warning(monkeypatch, absent, probe, said):
    """A row that is well promises that its chapters find all that they import."""
    for library in ("torch", "tensorflow", "stardist"):
        pytest.importorskip(library) if library != absent else None
    hides(monkeypatch, absent)
    check = getattr(probes, probe)()
    assert (check.status, check.cure) == ("warn", f"pip install {absent}")
    assert check.what.startswith(said)


def test_a_machine_without_pyopencl_is_told_so_and_not_that_it_lacks_a_driver(monkeypatch):
    hides(monkeypatch, "pyopencl")
    for check in (driver.opencl_driver(), probes.opencl()):
        assert check.status == "fail"
        assert (check.what, check.cure) == ("PyOpenCL is not installed.", "pip install pyopencl")
    monkeypatch.setenv("GPU_COURSE_CLESPERANTO", "cuda")  # which computes without OpenCL
    assert driver.opencl_driver().status == "warn"


def test_no_opencl_driver_is_no_failure_where_another_backend_was_asked_for(monkeypatch):
    monkeypatch.setattr(driver.sys, "platform", "linux")
    monkeypatch.setattr(driver.drivers, "examine", lambda again: [])
    assert driver.opencl_driver().status == "fail"
    monkeypatch.setenv("GPU_COURSE_CLESPERANTO", "cuda")
    check = driver.opencl_driver()
    assert (check.status, check.what) == ("warn", "OpenCL has no driver on this machine.")


def test_the_prototype_is_installed_without_what_it_asks_for(monkeypatch):
    hides(monkeypatch, "pyclesperanto_prototype")
    monkeypatch.setenv("GPU_COURSE_CLESPERANTO", "prototype")
    assert probes.opencl().cure == "pip install --no-deps pyclesperanto-prototype"


def test_a_torch_that_cannot_use_the_gpu_is_a_warning(monkeypatch, hidden_nvidia):
    pytest.importorskip("torch")
    hidden_nvidia()
    on_cpu = Device("PyTorch", "processor", "CPU", None, "PyTorch", address="cpu")
    monkeypatch.setattr(probes.devices, "torch", lambda: on_cpu)
    assert probes.torch().status == "warn"
    monkeypatch.setattr(hardware, "cuda_gpus", list)
    assert probes.torch().status == "ok"


# --- a process of its own ---------------------------------------------------------------------


@posix
def test_a_library_that_crashes_is_a_finding():
    code = "import os, sys; print('last words', file=sys.stderr, flush=True); os.abort()"
    check = ask("torch", "PyTorch", code=code)
    assert (check.name, check.status) == ("PyTorch", "warn")
    assert "SIGABRT" in check.what
    assert "last words" in check.what
    assert check.cure


def test_a_library_that_ends_python_is_a_finding():
    assert "status 3" in ask("torch", "PyTorch", code="import os; os._exit(3)").what


def test_an_essential_part_that_crashes_is_a_failure():
    assert ask("opencl", "OpenCL", code="raise SystemExit(1)").status == "fail"


@posix
def test_a_library_that_hangs_is_ended_with_all_it_started():
    code = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "time.sleep(600)"
    )  # the grandchild holds the pipes open: without ending it, `ask` would wait for ten minutes
    check = ask("torch", "PyTorch", timeout=2, code=code)
    assert check.status == "warn"
    assert "No answer in 2 seconds" in check.what


def test_an_error_in_a_probe_is_told_by_its_message():
    check = ask("no_such_probe", "nothing")
    assert check.status == "warn"
    assert "no_such_probe" in check.what


def test_an_error_for_the_user_is_split_into_cause_and_cure(monkeypatch):
    monkeypatch.setenv("GPU_COURSE_DEVICE", "quantum")
    check = ask("opencl", "OpenCL")
    assert check.status == "fail"
    assert check.what == "No OpenCL device has 'quantum' in its name."
    assert check.cure.startswith("Choose one of these: ")


# --- all of it, in words ----------------------------------------------------------------------

FINDINGS = [Check("a", "ok", "good"), Check("b", "warn", "half <good>", "do this")]


def test_only_a_failure_fails():
    assert not doctor.failed(FINDINGS)
    assert doctor.failed([*FINDINGS, Check("c", "fail", "bad")])


def test_a_check_that_raises_does_not_end_the_doctor(monkeypatch):
    def broken():
        raise RuntimeError("no luck")

    parts = {"first": broken, "second": lambda: Check("second", "ok", "fine")}
    monkeypatch.setattr(doctor, "_PARTS", parts)
    started: list[str] = []
    checks = doctor.examine(started.append)
    assert started == ["first", "second"]
    assert [check.status for check in checks] == ["warn", "ok"]
    assert "no luck" in checks[0].what


def test_a_check_that_tells_the_user_something_is_split_into_cause_and_cure():
    def refuses():
        raise CourseError("GPU_COURSE_SIZE is 'x', which is no size. Set it to small.")

    check = doctor._examine("size", refuses)
    assert check == Check(
        "size", "fail", "GPU_COURSE_SIZE is 'x', which is no size.", "Set it to small."
    )


def test_the_terminal_shows_status_finding_and_cure():
    from rich.console import Console

    console = Console(width=60, record=True, file=io.StringIO())
    console.print(doctor.render(FINDINGS))
    text = console.export_text()
    assert "half <good>" in text
    assert "→ do this" in text
    assert "warn" in text


def test_the_report_is_plain_text_with_cures_and_versions():
    text = doctor.report(FINDINGS)
    assert "[warn] b: half <good>\n       cure: do this" in text
    assert "numpy 2." in text
    assert "Python 3." in text


def test_the_report_names_nobody(monkeypatch):
    monkeypatch.setattr(wording.getpass, "getuser", lambda: "on")
    monkeypatch.setattr(wording.socket, "gethostname", lambda: "lab7")
    monkeypatch.setattr(wording.Path, "home", lambda: Path("/home/on"))
    check = Check(
        "a", "ok", "/home/on/.cache on lab7, lab7.uni.org, /scratch/on/x and /scratch/one"
    )
    assert "~/.cache on host, host.uni.org, /scratch/user/x and /scratch/one" in doctor.report(
        [check]
    )
    assert "/home/on" not in repr(doctor.table([check]))


def test_this_machine_is_examined_whole():
    checks = doctor.examine()
    assert [check.name for check in checks] == list(doctor._PARTS)
    assert not doctor.failed(checks), doctor.report(checks)
    assert all(check.cure for check in checks if check.status != "ok")
    assert str(Path.home()) not in doctor.report(checks)
    assert socket.gethostname() not in doctor.report(checks)
