"""What the set-up cell installs on a machine that is not ours, with pip replaced by a notebook."""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from gpu_course import devices, paths
from gpu_course.book import set_up
from gpu_course.errors import CourseError


class Package:
    def __init__(self, name, version, requires):
        self.metadata, self.version, self.requires = {"Name": name}, version, requires


@pytest.fixture
def machine(monkeypatch):
    """Return what is installed, name → Package; a test adds to it and changes it."""
    here = {}

    def add(name, version="1.0", requires=()):
        here[name] = Package(name, version, list(requires))

    def find(name):
        if name not in here:
            raise importlib.metadata.PackageNotFoundError(name)
        return here[name]

    monkeypatch.setattr(importlib.metadata, "distributions", lambda: list(here.values()))
    monkeypatch.setattr(importlib.metadata, "version", lambda name: find(name).version)
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: find(name).requires)
    add("numpy", "2.3.5")
    add("ipython", "7.34.0")
    add("gpu-course", "0.1.0", REQUIRES)
    return add


REQUIRES = [
    "ipython>=8.20",
    "numpy>=2",
    "pyopencl>=2024.1",
    "toolz>=0.12",
    "elsewhere>=1; sys_platform == 'never'",
    'cupy-cuda12x>=14; extra == "cuda12"',
    'intel-opencl-rt>=2026.2; extra == "cpu-opencl"',
    'torch>=2.8; extra == "deep-learning"',
]


@pytest.fixture
def pip(monkeypatch):
    """Return the commands given to pip and the constraints of each; a test sets the answers."""
    calls, answers = [], []

    def run(command, **options):
        file = Path(command[command.index("--constraint") + 1])
        arguments = command[command.index("--constraint") + 2 :]
        calls.append((arguments, file.read_text().split()))
        return subprocess.CompletedProcess(command, *(answers.pop(0) if answers else (0, "", "")))

    monkeypatch.setattr(subprocess, "run", run)
    calls_and_answers = (calls, answers)
    return calls_and_answers


def names(requirements):
    return [each.name for each in requirements]


def test_without_a_gpu_the_processor_gets_a_driver_and_cupy_stays_away(machine):
    wanted = names(set_up.wanted(["cuda12", "deep-learning"], gpu=False))
    base = ["numpy", "pyopencl", "toolz"]
    assert wanted == [*base, "intel-opencl-rt", "torch", "pyclesperanto-prototype"]
    wanted = names(set_up.wanted(["cuda12"], gpu=True))
    assert wanted == [*base, "cupy-cuda12x", "pyclesperanto-prototype"]


def test_only_what_is_missing_or_too_old_is_installed_and_the_rest_is_held(machine, pip):
    machine("toolz", "0.1")
    machine("Scikit_Image", "0.26.0")
    set_up.install(set_up.missing(set_up.wanted([], gpu=True)))
    (full, held), (bare, nothing) = pip[0]
    assert full == ["--no-warn-conflicts", "pyopencl>=2024.1", "toolz>=0.12"]
    assert held == [
        "numpy==2.3.5",
        "ipython==7.34.0",
        "gpu-course==0.1.0",
        "scikit-image==0.26.0",
    ]
    assert (bare, nothing) == (["--no-deps", set_up.PROTOTYPE], [])


def test_nothing_missing_calls_no_pip(machine, pip):
    for name, version in {"pyopencl": "2026.1", "toolz": "1"}.items():
        machine(name, version)
    machine("pyclesperanto-prototype", "0.24.6")
    set_up.install(set_up.missing(set_up.wanted([], gpu=True)))
    assert pip[0] == []


def test_extra_of_a_package_that_is_here_is_missed(machine):
    machine("pyopencl", "2026.1", ['pocl; extra == "pocl"', "pytools"])
    wanted = [Requirement("pyopencl[pocl]>=2024.1")]
    assert names(set_up.missing(wanted)) == ["pyopencl"]
    machine("pocl")
    assert set_up.missing(wanted) == []


def test_where_all_cannot_be_held_the_large_ones_are(machine, pip):
    pip[1].append((1, "", "ERROR: ResolutionImpossible"))
    set_up.install([Requirement("toolz>=0.12")])
    assert [held for _, held in pip[0]][1] == ["numpy==2.3.5"]


def test_failure_of_pip_is_one_sentence_behind_its_own_words(machine, pip, capsys):
    pip[1].extend([(1, "", "ERROR: No network here.\n")] * 2)
    with pytest.raises(CourseError, match=r"could not install .*: No network here\. Check"):
        set_up.install([Requirement("toolz>=0.12")])
    assert "ERROR: No network here." in capsys.readouterr().out


def test_numpy_is_never_exchanged(machine, pip):
    machine("numpy", "1.26.4")
    with pytest.raises(CourseError, match=r"NumPy 1\.26\.4 is installed here .* needs >=2"):
        set_up.missing(set_up.wanted([], gpu=True))
    assert pip[0] == []


def test_nvidia_driver_is_shown_to_opencl_once(tmp_path):
    vendors = tmp_path / "OpenCL" / "vendors"
    set_up.show_nvidia_to_opencl(vendors)
    file = vendors / "nvidia.icd"
    assert file.read_text() == "libnvidia-opencl.so.1\n"
    file.rename(vendors / "nvidia-560.icd")
    set_up.show_nvidia_to_opencl(vendors)
    assert [each.name for each in vendors.iterdir()] == ["nvidia-560.icd"]


@pytest.mark.parametrize("gpu", [True, False])
def test_ends_with_the_devices_and_says_how_to_switch_a_gpu_on(
    machine, pip, monkeypatch, capsys, gpu
):
    shown = []
    monkeypatch.setattr(set_up, "has_nvidia_gpu", lambda: gpu)
    monkeypatch.setattr(set_up, "show_nvidia_to_opencl", lambda: shown.append("nvidia"))
    device = devices.Device("NumPy", "a processor", "CPU", None, "", "")
    monkeypatch.setattr(devices, "found", lambda: [device])
    assert "a processor" in str(set_up.here()._repr_html_())
    assert ("Change runtime type" in capsys.readouterr().out) != gpu
    assert shown == ["nvidia"] * gpu


def test_package_renewed_below_a_running_session_asks_for_a_restart(machine, monkeypatch):
    machine("packaging", "1.0")
    monkeypatch.setattr(set_up, "install", lambda lacking: machine("packaging", "2.0"))
    monkeypatch.setattr(set_up, "has_nvidia_gpu", lambda: False)
    modules = {"packaging": ["packaging"]}
    monkeypatch.setattr(importlib.metadata, "packages_distributions", lambda: modules)
    assert "packaging" in sys.modules
    with pytest.raises(CourseError, match="still runs an older packaging"):
        set_up.here()


def test_machine_without_nvidia_has_no_gpu(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not set_up.has_nvidia_gpu()
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    assert set_up.has_nvidia_gpu()


def test_prototype_is_the_one_that_the_course_is_tested_with():
    files = [paths.root() / f"requirements{kind}.txt" for kind in ("", "-no-deps")]
    pins = [line for file in files if file.is_file() for line in file.read_text().splitlines()]
    assert set_up.PROTOTYPE in pins
