"""The wheel in clean environments, away from the checkout, as on Colab.

The tests of one environment, of the Python that runs the tests, are thorough; those of the other
Pythons of the package, as far as this machine has them, say that installing needs no compiler, that
those fast tests pass in which arrays are computed with (on the newest, which is Colab's), and that
a chapter of each of the first three sections runs on one of them. Section 4 needs gigabytes: the
workflow of the site runs every test with all packages on each Python.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import fast
import nbformat
import pytest

from gpu_course import paths
from gpu_course.book import chapters
from gpu_course.deep_learning import weights

pytestmark = pytest.mark.install

WITH_CODE = [name for name in chapters.names() if chapters.read(name).code_cells]
PROJECT = tomllib.loads(
    (Path(__file__).resolve().parents[1] / "pyproject.toml").read_text(encoding="utf-8")
)["project"]
FIRST, END = map(int, re.findall(r"3\.(\d+)", PROJECT["requires-python"]))
OTHERS = [f"3.{n}" for n in range(FIRST, END) if n != sys.version_info.minor]
# That of section 1 also runs on Python 3.13, in an environment like Colab's: see test_colab.py.
CHAPTERS = {
    OTHERS[0]: ["classical/segmentation"],
    OTHERS[-1]: ["deconvolution/convolution", "pixel-classification/introduction"],
}
# Of the fast tests, what says the same on every Python: drivers, commands and what they print.
NOT_OF_PYTHON = ("tests/devices", "tests/test_cli.py", "tests/test_doctor.py")
# What the prototype's metadata say of NumPy 2, with which it runs: the one known disagreement.
KNOWN = re.compile(
    r"pyclesperanto-prototype \S+ has requirement numpy\S*<2\.0\.0, but you have numpy 2"
)
OFFLINE = re.compile(r"NewConnectionError|Temporary failure in name resolution|ProxyError")


@dataclass(frozen=True)
class Installed:
    """A clean environment with the course in it, and an empty folder to work in."""

    python: str
    wheel: Path
    programs: Path
    folder: Path

    def run(self, program, *arguments, **environment):
        # Nothing of the environment that runs the tests may help.
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
        (self.folder / "empty").mkdir(exist_ok=True)
        settings = {
            "PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONNOUSERSITE": "1",
            "GPU_COURSE_SIZE": "small",
            "GPU_COURSE_MIRROR": str(self.folder / "empty"),
            "GPU_COURSE_CACHE": str(self.folder / "cache"),
        }
        return subprocess.run(
            [self.programs / program, *map(str, arguments)],
            cwd=self.folder,
            env={**kept, **settings, **environment},
            capture_output=True,
            text=True,
            check=False,
        )


def pip(python, *arguments):
    command = [python, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and OFFLINE.search(done.stderr):
        pytest.skip("installing needs the package registry, and it cannot be reached")
    assert done.returncode == 0, done.stderr[-2000:]


def version_of(python: Path | str) -> str:
    """Return a version such as 3.12, or nothing for a Python that makes no environments."""
    code = "import sys, ensurepip; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def interpreter(version: str) -> str:
    """Return a Python of this version, from PATH or from pyenv; skip where there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    places = [shutil.which(f"python{version}"), *sorted(pyenv.glob(f"{version}.*/bin/python"))]
    for place in filter(None, places):
        # A shim of pyenv is on PATH for versions that are not switched on, too.
        if version_of(place) == version:
            return str(place)
    pytest.skip(f"no Python {version} on this machine")


def environment(python: str, wheel: Path, folder: Path, *more: str) -> Installed:
    """Install the wheel, in the tested versions and from wheels alone, into a fresh environment."""
    subprocess.run([python, "-m", "venv", folder / "environment"], check=True)
    programs = folder / "environment" / ("Scripts" if os.name == "nt" else "bin")
    root = paths.root()
    install = (programs / "python", "install", "--no-compile", "--only-binary=:all:")
    pip(*install, "--constraint", root / "requirements.txt", f"{wheel}[cpu-opencl]", *more)
    pip(*install, "--no-deps", "--requirement", root / "requirements-no-deps.txt")
    work = folder / "work"
    work.mkdir()
    return Installed(version_of(python), wheel, programs, work)


def remove_meanwhile(folder: Path) -> None:
    """Remove an environment while the next tests run: its thousands of files take a minute.

    pytest keeps the folders of three runs, and an environment has more than a gigabyte.
    """
    threading.Thread(target=shutil.rmtree, args=(folder,), kwargs={"ignore_errors": True}).start()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Build the wheel of the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", folder, paths.root())
    (built,) = folder.glob("gpu_course-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Iterator[Installed]:
    """Install for the Python that runs the tests."""
    folder = tmp_path_factory.mktemp("installed")
    yield environment(sys.executable, wheel, folder)
    remove_meanwhile(folder)


@pytest.fixture(scope="module", params=OTHERS)
def other(request, wheel, tmp_path_factory) -> Iterator[Installed]:
    """Install for another Python of the package, with what the fast tests need."""
    python = interpreter(request.param)
    folder = tmp_path_factory.mktemp("other")
    yield environment(python, wheel, folder, *fast.NEEDS)
    remove_meanwhile(folder)


def test_wheel_carries_the_course_and_nothing_else(installed):
    with zipfile.ZipFile(installed.wheel) as archive:
        names = set(archive.namelist())
    shipped = "gpu_course/_shipped"
    assert f"{shipped}/data/registry.csv" in names
    assert {f"{shipped}/book/{name}.md" for name in chapters.names()} <= names
    assert {f"{shipped}/ci/outputs/{name}.ipynb" for name in WITH_CODE} <= names
    assert {f"{shipped}/data/weights/{name}.safetensors" for name in weights.shipped()} <= names
    assert {n.split("/")[0] for n in names if ".dist-info" not in n} == {"gpu_course"}
    unwanted = re.compile(r"__pycache__|\.pyc$|\.ipynb_checkpoints|tests/|\.(jpe?g|db|rsml)$")
    assert [name for name in names if unwanted.search(name)] == []
    assert installed.wheel.stat().st_size < 35e6  # 14 MB are two more trainings of each network


def test_package_comes_from_the_wheel(installed):
    code = "import gpu_course.paths as p, sys; print(p.root()); print(*sys.path, sep='\\n')"
    root, *places = installed.run("python", "-c", code).stdout.strip().splitlines()
    assert Path(root).is_relative_to(installed.programs.parent)
    checkout = paths.root()
    assert not [place for place in places if place and Path(place).is_relative_to(checkout)]


def test_version(installed):
    done = installed.run("gpu-course", "--version")
    assert done.returncode == 0, done.stderr
    assert installed.wheel.name.split("-")[1] == done.stdout.strip()


def test_doctor_finds_a_working_installation(installed):
    done = installed.run("gpu-course", "doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "OpenCL" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_images_list(installed):
    done = installed.run("gpu-course", "images", "list")
    assert done.returncode == 0, done.stderr
    assert "nuclei" in done.stdout


def test_scores_are_those_of_the_checkout(installed):
    done = installed.run("gpu-course", "scores", "--json")
    assert done.returncode == 0, done.stderr
    files = (paths.data() / "scores").rglob("*.json")
    stored = [s for f in files for s in json.loads(f.read_text(encoding="utf-8"))["scores"]]
    # Those of validation scenes stay on their page.
    wanted = [score for score in stored if score.get("split", "test") == "test"]
    assert wanted
    assert len(json.loads(done.stdout)) == len(wanted)


@pytest.mark.parametrize("kind", ["student", "solved", "colab"])
def test_notebooks_are_written(installed, kind):
    done = installed.run("gpu-course", "notebooks", kind, "--kind", kind)
    assert done.returncode == 0, done.stderr
    folder = installed.folder / kind
    found = {str(p.relative_to(folder).with_suffix("")) for p in folder.rglob("*.ipynb")}
    assert found == set(WITH_CODE)


def runs_the_student_notebook(environment: Installed, name: str) -> None:
    folder = f"run-{name.replace('/', '-')}"
    assert environment.run("gpu-course", "notebooks", folder).returncode == 0
    done = environment.run("jupyter-execute", "--inplace", f"{folder}/{name}.ipynb")
    assert done.returncode == 0, done.stderr[-3000:]
    notebook = nbformat.read(environment.folder / folder / f"{name}.ipynb", as_version=4)
    assert any(cell.get("outputs") for cell in notebook.cells)


@pytest.mark.parametrize("name", [n for n in WITH_CODE if n in {"index", "start/introduction"}])
def test_student_notebook_runs_where_it_was_written(installed, name):
    runs_the_student_notebook(installed, name)


def test_run_a_chapter(installed):
    done = installed.run("gpu-course", "run", "deconvolution/convolution", "--size", "small")
    assert done.returncode == 0, done.stderr[-2000:]
    notebook = nbformat.read(installed.folder / "convolution.ipynb", as_version=4)
    assert any(cell.get("outputs") for cell in notebook.cells)
    warned = [
        o.text for c in notebook.cells for o in c.get("outputs", []) if o.get("name") == "stderr"
    ]
    assert warned == []


def disagreements(installed: Installed) -> list[str]:
    done = installed.run("python", "-m", "pip", "--disable-pip-version-check", "check")
    said = [line for line in done.stdout.splitlines() if line.strip()]
    return [] if said == ["No broken requirements found."] else said


def test_dependencies_agree_with_one_another(installed):
    # All but the prototype, whose authors will not change what it says: see KNOWN.
    said = disagreements(installed)
    assert [line for line in said if not KNOWN.match(line)] == []
    assert len(said) == 1, "the prototype agrees now, so requirements-no-deps.txt is not needed"


def test_another_python_installs_without_a_compiler_and_its_doctor_is_content(other):
    assert [line for line in disagreements(other) if not KNOWN.match(line)] == []
    done = other.run("gpu-course", "doctor", COLUMNS="200")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"ok\s+Python\s+Python 3\.", done.stdout), done.stdout
    assert re.search(r"ok\s+NumPy\s+NumPy 2\.", done.stdout), done.stdout


@pytest.mark.timeout(3600)
def test_another_python_passes_the_fast_tests_with_the_wheel(other):
    if other.python != OTHERS[-1]:
        pytest.skip(f"Python {OTHERS[-1]} runs them")
    # Minutes, although without those of the lessons, which the workflow runs. Whatever they write
    # goes to the environment's own folder.
    # Not --ignore: the script names these places, and what is named is not ignored.
    options = ("-q", "-p", "no:cacheprovider", "--basetemp", other.folder / "fast")
    options += ("-k", "not lessons", *(f"--deselect={place}" for place in NOT_OF_PYTHON))
    script = paths.root() / "ci" / "fast.py"
    done = other.run("python", script, *options, PYTHONDONTWRITEBYTECODE="1")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 1000
    assert not any(place in done.stdout for place in NOT_OF_PYTHON)


def test_another_python_runs_student_notebooks(other):
    names = CHAPTERS[other.python]
    assert names
    for name in names:
        runs_the_student_notebook(other, name)
