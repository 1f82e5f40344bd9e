"""The wheel in a clean environment, away from the checkout, as on Colab."""

import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from gpu_course import paths
from gpu_course.book import chapters
from gpu_course.deep_learning import weights

pytestmark = pytest.mark.install

WITH_CODE = [name for name in chapters.names() if chapters.read(name).code_cells]
OFFLINE = re.compile(r"NewConnectionError|Temporary failure in name resolution|ProxyError")


@dataclass(frozen=True)
class Installed:
    """A clean environment with the course in it, and an empty folder to work in."""

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


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Build the wheel and install it with its dependencies, the tested versions."""
    folder = tmp_path_factory.mktemp("installed")
    pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", folder / "wheel", paths.root())
    (wheel,) = (folder / "wheel").glob("gpu_course-*.whl")
    venv.create(folder / "environment", with_pip=True)
    programs = folder / "environment" / ("Scripts" if os.name == "nt" else "bin")
    constraints = paths.root() / "requirements.txt"
    pip(programs / "python", "install", "--no-compile", "--constraint", constraints, wheel)
    work = folder / "work"
    work.mkdir()
    return Installed(wheel, programs, work)


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
    assert installed.wheel.stat().st_size < 30e6


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
    count = sum(len(json.loads(file.read_text(encoding="utf-8"))["scores"]) for file in files)
    assert len(json.loads(done.stdout)) == count


@pytest.mark.parametrize("kind", ["student", "solved", "colab"])
def test_notebooks_are_written(installed, kind):
    done = installed.run("gpu-course", "notebooks", kind, "--kind", kind)
    assert done.returncode == 0, done.stderr
    folder = installed.folder / kind
    found = {str(p.relative_to(folder).with_suffix("")) for p in folder.rglob("*.ipynb")}
    assert found == set(WITH_CODE)


@pytest.mark.parametrize("name", [n for n in WITH_CODE if n in {"index", "start/introduction"}])
def test_student_notebook_runs_where_it_was_written(installed, name):
    folder = f"run-{name.replace('/', '-')}"
    assert installed.run("gpu-course", "notebooks", folder).returncode == 0
    done = installed.run("jupyter-execute", "--inplace", f"{folder}/{name}.ipynb")
    assert done.returncode == 0, done.stderr[-2000:]
    notebook = nbformat.read(installed.folder / folder / f"{name}.ipynb", as_version=4)
    assert any(cell.get("outputs") for cell in notebook.cells)


def test_run_a_chapter(installed):
    name = "classical/segmentation"
    if name not in WITH_CODE:
        pytest.skip(f"the book has no chapter {name} yet")
    done = installed.run("gpu-course", "run", name, "--size", "small")
    assert done.returncode == 0, done.stderr[-2000:]
    notebook = nbformat.read(installed.folder / "segmentation.ipynb", as_version=4)
    assert any(cell.get("outputs") for cell in notebook.cells)
    warned = [
        o.text for c in notebook.cells for o in c.get("outputs", []) if o.get("name") == "stderr"
    ]
    assert warned == []


def test_dependencies_agree_with_one_another(installed):
    done = installed.run("python", "-m", "pip", "check")
    assert done.returncode == 0, done.stdout
