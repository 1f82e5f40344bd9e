"""OpenCL drivers: tried before one is chosen, remembered, and told of."""

import importlib.metadata
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from gpu_course import doctor
from gpu_course.devices import driver_files, driver_trial, drivers, no_opencl
from gpu_course.devices.driver_files import VENDORS, Driver
from gpu_course.devices.driver_trial import Trial
from gpu_course.doctor.driver import opencl_driver
from gpu_course.errors import CourseError, MachineError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems choose themselves")

SAYS_YES = 'print(\'gpu-course-driver:{"kind": "CPU", "fault": ""}\')'
KILLS = "import os; os.kill(os.getpid(), 11)"
HANGS = "import time; time.sleep(60)"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """Give each test an empty cache, and an environment that nobody prepared."""
    monkeypatch.setenv("GPU_COURSE_CACHE", str(tmp_path / "cache"))
    for variable in ("GPU_COURSE_DEVICE", "POCL_DEVICES", VENDORS, "OPENCL_VENDOR_PATH"):
        monkeypatch.setenv(variable, "")  # so that it is put back, whatever the test sets
        monkeypatch.delenv(variable)
    drivers._refuse_failing.cache_clear()
    return tmp_path / "cache" / "opencl"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Pretend a machine's drivers: name → (rank, what came of trying it); count the trials."""
    tried: list[str] = []

    def pretend(**made: tuple[int, str, str]) -> list[str]:
        found = []
        for name, (rank, _, _) in made.items():
            file = tmp_path / f"lib{name}.so"
            file.touch()
            found.append(Driver(name, str(file), rank))

        def try_driver(driver: Driver) -> Trial:
            tried.append(driver.name)
            _, kind, fault = made[driver.name]
            return Trial(driver, kind, fault, lasting="seconds" not in fault)

        monkeypatch.setattr(drivers.driver_files, "candidates", lambda vendors=None: found)
        monkeypatch.setattr(drivers.driver_trial, "try_driver", try_driver)
        return tried

    return pretend


def announced() -> list[str]:
    """Return the names of the libraries that this process's loader would open, in its order."""
    files = sorted(Path(os.environ[VENDORS]).glob("*.icd"))
    return [Path(file.read_text().strip()).name for file in files]


# --- which drivers there are ------------------------------------------------------------------


def test_gpus_come_first_then_intels_runtime_then_pocl(tmp_path, monkeypatch):
    named = ["libpocl.so.2.10.0", "libintelocl.so", "libintelocl_emu.so", "libnvidia-opencl.so.1"]
    for name in named:
        (tmp_path / name).touch()
        (tmp_path / f"{name.split('.')[0]}.icd").write_text(f"{tmp_path / name}\n")
    found = driver_files.candidates(str(tmp_path))
    assert [Path(one.library).name for one in found] == [named[3], named[1], named[0]]
    assert [one.is_pocl for one in found] == [False, False, True]


def test_one_library_that_two_files_announce_is_one_driver(tmp_path):
    (tmp_path / "libpocl.so.2").touch()
    (tmp_path / "libpocl.so").symlink_to("libpocl.so.2")
    (tmp_path / "a.icd").write_text(f"{tmp_path}/libpocl.so\n")
    (tmp_path / "b.icd").write_text(f"{tmp_path}/libpocl.so.2\n")
    (tmp_path / "empty.icd").write_text("\n")
    assert len(driver_files.candidates(str(tmp_path))) == 1
    assert len(driver_files.candidates(str(tmp_path / "a.icd"))) == 1
    assert len(driver_files.candidates(str(tmp_path / "libpocl.so"))) == 1


def test_a_bare_name_is_looked_for_where_the_system_would(tmp_path, monkeypatch):
    (tmp_path / "libmine.so.1").touch()
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    (found,) = driver_files.candidates("libmine.so.1")
    assert found.library == str(tmp_path / "libmine.so.1")
    assert driver_files.candidates("libnowhere.so")[0].library == "libnowhere.so"


def test_the_drivers_of_pip_are_found_without_an_icd_file(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENCL_VENDOR_PATH", str(tmp_path))
    found = {
        Path(one.library).name.split(".")[0].split("-")[0] for one in driver_files.candidates()
    }
    try:
        importlib.metadata.version("intel-opencl-rt")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("intel-opencl-rt is not installed")
    assert "libintelocl" in found
    assert ("libpocl" in found) == (driver_files.pocl_of_wheel() is not None)


# --- which is chosen --------------------------------------------------------------------------


def test_a_failing_driver_put_first_is_passed_over(machine):
    machine(broken=(1, "", "it offers no device"), good=(2, "CPU", ""), spare=(3, "CPU", ""))
    drivers.prepare()
    assert announced() == ["libgood.so"]


def test_every_gpu_stays_and_one_driver_of_the_processor(machine):
    machine(one=(0, "GPU", ""), two=(0, "GPU", ""), intel=(1, "CPU", ""), pocl=(2, "CPU", ""))
    drivers.prepare()
    assert announced() == ["libone.so", "libtwo.so", "libintel.so"]


def test_a_device_asked_for_by_name_may_be_of_any_driver_that_works(machine, monkeypatch):
    monkeypatch.setenv("GPU_COURSE_DEVICE", "pthread")
    machine(intel=(1, "CPU", ""), broken=(2, "", "it offers no device"), pocl=(3, "CPU", ""))
    drivers.prepare()
    assert announced() == ["libintel.so", "libpocl.so"]
    assert "POCL_DEVICES" not in os.environ


def test_the_pocl_of_the_wheel_is_no_second_device_unless_it_is_the_choice(machine):
    machine(intel=(1, "CPU", ""))
    drivers.prepare()
    assert os.environ["POCL_DEVICES"] == "none"
    for variable in ("POCL_DEVICES", VENDORS):
        del os.environ[variable]
    machine(pocl=(2, "CPU", ""))
    drivers.prepare()
    assert "POCL_DEVICES" not in os.environ


def test_what_the_user_set_is_left_alone(machine, monkeypatch):
    tried = machine(good=(1, "CPU", ""))
    monkeypatch.setenv(VENDORS, "/mine")
    drivers.require()
    drivers.require()
    assert os.environ[VENDORS] == "/mine"
    assert tried == ["good"]
    assert drivers.of_user() == "/mine"


def test_what_the_user_set_is_the_cause_where_only_failing_drivers_are_named(machine, monkeypatch):
    machine(broken=(0, "", "it offers no device"), slow=(1, "", "it did not answer in 60 seconds"))
    monkeypatch.setenv(VENDORS, "/mine")
    for _ in range(2):
        with pytest.raises(MachineError) as error:
            drivers.require()
        assert str(error.value) == (
            "OCL_ICD_VENDORS=/mine names no OpenCL driver that works here (broken: it offers no "
            "device; slow: it did not answer in 60 seconds). Unset OCL_ICD_VENDORS, and the "
            "course looks for another one."
        )
    check = opencl_driver()
    assert check.status == "fail"
    assert check.what.startswith("OCL_ICD_VENDORS=/mine names no OpenCL driver that works here")
    assert check.cure.startswith("Unset OCL_ICD_VENDORS")


def test_one_driver_that_works_is_enough_of_those_the_user_named(machine, monkeypatch):
    machine(broken=(0, "", "it offers no device"), good=(1, "CPU", ""))
    monkeypatch.setenv(VENDORS, "/mine")
    drivers.require()
    assert os.environ[VENDORS] == "/mine"


def test_nothing_works_is_one_error_with_cause_and_cure(machine):
    fault = driver_trial.cause("1 error: unknown target CPU 'generic'")
    machine(pocl=(2, "", fault), other=(0, "", "it ended its process (signal SIGSEGV)"))
    with pytest.raises(CourseError) as error:
        drivers.require()
    said = str(error.value)
    assert "the driver is older than the processor" in said
    assert "signal SIGSEGV" in said
    assert said.endswith(no_opencl.cure())
    assert VENDORS not in os.environ


def test_no_driver_at_all_is_another_sentence(machine):
    machine()
    with pytest.raises(CourseError, match="OpenCL has no driver on this machine"):
        drivers.require()


# --- what is remembered -----------------------------------------------------------------------


def test_a_driver_is_tried_once_and_anew_when_it_or_the_processor_changes(machine, monkeypatch):
    tried = machine(good=(1, "CPU", ""))
    first = drivers.examine()
    assert drivers.examine() == first
    assert tried == ["good"]
    Path(first[0].driver.library).write_text("a newer version")
    drivers.examine()
    assert len(tried) == 2
    monkeypatch.setattr(drivers, "_processor", lambda: "another")
    drivers.examine()
    assert len(tried) == 3


@pytest.mark.parametrize("damage", ["", "{", "[1]", '{"a": 1}', '{"a": {"kind": "CPU"}}'])
def test_a_damaged_cache_is_ignored(machine, folder, damage):
    tried = machine(good=(1, "CPU", ""))
    folder.mkdir(parents=True)
    (folder / "trials.json").write_text(damage)
    assert drivers.examine()[0].works
    assert drivers.examine()[0].works
    assert tried == ["good"]
    assert len(json.loads((folder / "trials.json").read_text())) == 1


def test_a_cache_that_cannot_be_written_costs_only_time(machine, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GPU_COURSE_CACHE", str(tmp_path / "file"))
    machine(good=(1, "CPU", ""))
    drivers.require()
    assert announced() == ["libgood.so"]


def test_a_fault_is_remembered_unless_time_alone_was_lacking(machine):
    tried = machine(slow=(0, "", "it did not answer in 60 seconds"), bad=(1, "", "it is broken"))
    drivers.examine()
    drivers.examine()
    assert tried == ["slow", "bad", "slow"]
    drivers.examine(again=True)
    assert tried[3:] == ["slow", "bad"]


# --- the trial itself -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (SAYS_YES, ""),
        (KILLS, "it ended its process (signal SIGSEGV)"),
        (HANGS, "it did not answer in 2 seconds"),
        ("import sys; sys.exit(3)", "it ended its process (status 3)"),
        (f"import sys; print(\"unknown target CPU 'generic'\", file=sys.stderr); {KILLS}",
         driver_trial.cause("unknown target CPU")),
        ('print(\'gpu-course-driver:{"kind": "", "fault": "A. B.\\\\nC"}\')', "A; B"),
    ],
)  # fmt: skip
def test_whatever_a_child_does_is_an_answer(code, fault):
    trial = driver_trial.try_driver(Driver("one", "/lib/one.so", 0), seconds=2, code=code)
    assert trial.fault == fault
    assert trial.works == (not fault)
    assert trial.lasting == ("seconds" not in fault)


def test_a_library_that_is_no_driver_offers_no_device(tmp_path):
    trial = driver_trial.try_driver(Driver("nothing", str(tmp_path / "absent.so"), 0))
    assert trial.fault == "it offers no device"


@pytest.fixture
def compiled(tmp_path):
    """Compile C into a library for the OpenCL loader to open, and return its path."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler on this machine")

    def build(source: str) -> str:
        file, library = tmp_path / "driver.c", tmp_path / "libdriver.so"
        file.write_text(source)
        subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(file)], check=True)
        return str(library)

    return build


def once_open(does: str) -> str:
    """Return a library that does something as soon as it is opened."""
    return (
        "#include <signal.h>\n#include <unistd.h>\n"
        f"__attribute__((constructor)) static void opened(void) {{ {does} }}\n"
    )


# It hands every question on to a driver that works. Of that driver's table of functions, which
# every platform begins with, number 30 is clBuildProgram: the one that is exchanged.
COMPILES_NOTHING = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void *of_driver(const char *name) {
    static void *driver;
    if (!driver) driver = dlopen("DRIVER", RTLD_NOW | RTLD_DEEPBIND);
    return ((void *(*)(const char *))dlsym(driver, "clGetExtensionFunctionAddress"))(name);
}

static int refuse(void) {
    fputs("1 error: unknown target CPU 'generic'\n", stderr);
    return -11;
}

int clIcdGetPlatformIDsKHR(unsigned room, void **found, unsigned *count) {
    int status = ((int (*)(unsigned, void **, unsigned *))of_driver("clIcdGetPlatformIDsKHR"))(
        room, found, count);
    long size = sysconf(_SC_PAGESIZE);
    for (unsigned i = 0; found && i < room; i++) {
        void **table = *(void ***)found[i];
        mprotect((void *)((uintptr_t)(table + 30) & -size), size, PROT_READ | PROT_WRITE);
        table[30] = refuse;
    }
    return status;
}

int clGetPlatformInfo(void *platform, unsigned what, size_t size, void *value, size_t *got) {
    return ((int (*)(void *, unsigned, size_t, void *, size_t *))(*(void ***)platform)[1])(
        platform, what, size, value, got);
}

void *clGetExtensionFunctionAddress(const char *name) {
    if (!strcmp(name, "clIcdGetPlatformIDsKHR")) return clIcdGetPlatformIDsKHR;
    if (!strcmp(name, "clGetPlatformInfo")) return clGetPlatformInfo;
    return of_driver(name);
}
"""


def test_a_driver_that_shows_a_device_and_compiles_nothing_is_passed_over(
    compiled, tmp_path, monkeypatch
):
    """What PoCL 3.0 does on a processor of 2024: put first, nothing of it is left in view."""
    if not (works := working()):
        pytest.skip("no OpenCL driver works on this machine")
    library = compiled(COMPILES_NOTHING.replace("DRIVER", works[0].library))
    for name, one in {"a": library, "b": works[0].library}.items():
        (tmp_path / f"{name}.icd").write_text(f"{one}\n")
    monkeypatch.setenv("OPENCL_VENDOR_PATH", str(tmp_path))
    first, *_ = drivers.examine()
    assert first.driver.library == library
    assert first.fault == driver_trial.cause("unknown target CPU")
    check = opencl_driver()
    assert check.status == "ok"
    assert f"passed over: libdriver: {first.fault}" in check.what
    assert "libdriver.so" not in announced()


def test_a_real_driver_that_compiles_nothing_is_refused_though_the_user_named_it(
    compiled, monkeypatch
):
    if not (works := working()):
        pytest.skip("no OpenCL driver works on this machine")
    library = compiled(COMPILES_NOTHING.replace("DRIVER", works[0].library))
    monkeypatch.setenv(VENDORS, library)
    with pytest.raises(MachineError, match="names no OpenCL driver that works") as error:
        drivers.require()
    assert f"{VENDORS}={library} " in str(error.value)
    assert driver_trial.cause("unknown target CPU") in str(error.value)
    monkeypatch.setenv(VENDORS, works[0].library)
    drivers.require()


def test_a_real_library_that_kills_its_process(compiled):
    trial = driver_trial.try_driver(Driver("killer", compiled(once_open("raise(SIGILL);")), 0))
    assert trial.fault == "it ended its process (signal SIGILL)"


def test_a_real_library_that_never_comes_back(compiled):
    trial = driver_trial.try_driver(
        Driver("sleeper", compiled(once_open("for (;;) pause();")), 0), seconds=6
    )
    assert trial.fault == "it did not answer in 6 seconds"


# --- the drivers of this machine --------------------------------------------------------------


@cache
def working() -> list[Driver]:
    """Return the drivers of this machine that work, each tried once for all tests below."""
    trials = map(driver_trial.try_driver, driver_files.candidates())
    return [trial.driver for trial in trials if trial.works]


def test_the_choice_is_the_device_that_clesperanto_gets():
    if not (works := [trial for trial in drivers.examine() if trial.works]):
        pytest.skip("no OpenCL driver works on this machine")
    code = (
        "from gpu_course.devices import drivers; drivers.require()\n"
        "from gpu_course import devices; devices.use_opencl()\n"
        "import pyclesperanto_prototype as cle; print(cle.get_device().device.platform.version)\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYOPENCL_HOME"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    # PoCL says its version there, Intel's runtime the system's name.
    best = next((one for one in works if one.kind == "GPU"), works[0])
    assert ("PoCL" in done.stdout) == best.driver.is_pocl


TOGETHER = """
import importlib, os, sys
def other(): importlib.import_module(sys.argv[2])
def opencl():
    from gpu_course.devices import driver_trial, drivers
    drivers.require()
    import pyopencl
    os.environ["PYOPENCL_HOME"] = "/nowhere"  # this driver alone
    print(*driver_trial._compute())
(opencl(), other(), opencl()) if sys.argv[1] == "first" else (other(), opencl())
if "tensorflow" in sys.modules:
    sys.modules["tensorflow"].reduce_sum(sys.modules["tensorflow"].ones((8, 8)))
if "torch" in sys.modules:
    sys.modules["torch"].ones((8, 8)) @ sys.modules["torch"].ones((8, 8))
print("both live", flush=True)
"""


@pytest.mark.parametrize("order", ["first", "last"])
@pytest.mark.parametrize("library", ["tensorflow", "torch", "PyQt6.QtWidgets"])
@pytest.mark.parametrize("rank", [0, 1, 2, 3])
def test_opencl_lives_with_other_libraries_in_one_process(rank, library, order, tmp_path):
    of_rank = [driver for driver in working() if driver.rank == rank]
    if not of_rank:
        pytest.skip("this machine has no such driver that works")
    if importlib.util.find_spec(library.split(".")[0]) is None:
        pytest.skip(f"{library} is not installed")
    (tmp_path / "one.icd").write_text(f"{of_rank[0].library}\n")
    environment = {**os.environ, VENDORS: str(tmp_path), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-c", TOGETHER, order, library],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (of_rank[0], done.stderr[-500:])
    assert done.stdout.splitlines()[-1] == "both live"
    assert done.stdout.split()[0] in ("CPU", "GPU"), done.stdout


# --- the doctor -------------------------------------------------------------------------------


def test_the_doctor_tells_the_choice_and_what_it_passed_over(machine):
    old = driver_trial.cause("unknown target CPU")
    machine(intel=(1, "CPU", ""), debian=(2, "CPU", ""), wheel=(3, "", old))
    check = opencl_driver()
    assert check.status == "ok"
    assert check.what == (
        f"intel (tried on this processor); works too: debian; passed over: wheel: {old}"
    )
    assert announced() == ["libintel.so"]


def test_the_doctor_says_that_nothing_works_with_the_cure(machine):
    machine(killer=(0, "", "it ended its process (signal SIGSEGV)"))
    check = opencl_driver()
    assert check.status == "fail"
    assert (
        check.what == "No OpenCL driver works here (killer: it ended its process (signal SIGSEGV))."
    )
    assert check.cure == no_opencl.cure()
    machine()
    assert opencl_driver().what == "OpenCL has no driver on this machine."


def test_the_doctor_names_the_variable_that_the_user_set(machine, monkeypatch):
    monkeypatch.setenv(VENDORS, "/mine")
    machine(good=(0, "GPU", ""))
    assert opencl_driver().what == "good, as OCL_ICD_VENDORS=/mine says"


def test_elsewhere_the_systems_loader_decides(machine, monkeypatch):
    tried = machine(good=(1, "CPU", ""))
    monkeypatch.setattr(sys, "platform", "darwin")
    drivers.require()
    assert VENDORS not in os.environ
    assert tried == []
    assert "system's own loader" in opencl_driver().what
    assert "OpenCL driver" in doctor._PARTS
