"""A Colab notebook in an environment like Colab's: Python 3.13, NumPy 2 and much else are there."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest

from gpu_course import paths
from gpu_course.book import chapters, install_address, links, notebooks, package

pytestmark = [pytest.mark.install, pytest.mark.timeout(2400)]

CHAPTER = "classical/segmentation"
# IPython and its kernel are as old there as here; the course asks for newer ones on other machines.
THERE = [
    "ipykernel==6.17.1",
    "ipython==7.34.0",
    "matplotlib",
    "nbclient",
    "numpy<2.4",
    "opencv-python-headless",
    "packaging",
    "pandas<3",
    "requests",
    "scikit-image",
    "scikit-learn",
    "scipy",
]
OFFLINE = re.compile(r"NewConnectionError|Temporary failure in name resolution|ProxyError")


def python_of_colab() -> str:
    """Return a Python 3.13, from the path or from pyenv's folder; skip where there is none."""
    folder = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for python in (shutil.which("python3.13"), *sorted(folder.glob("3.13*/bin/python3.13"))):
        # pyenv's own stand-in is in the path for versions that are not chosen, and fails.
        if python and not subprocess.run([python, "-c", ""], capture_output=True).returncode:
            return str(python)
    pytest.skip("there is no Python 3.13 on this machine, the version of Colab")


def environment(folder: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    course = {"GPU_COURSE_SIZE": "small", "GPU_COURSE_CACHE": str(folder / "cache")}
    return {**kept, **course, "PYTHONNOUSERSITE": "1"}


def run(folder: Path, *command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(each) for each in command],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )


def installed(folder: Path, python: Path) -> dict[str, str]:
    code = "import importlib.metadata as m; [print(d.name, d.version) for d in m.distributions()]"
    return dict(line.split() for line in run(folder, python, "-c", code).stdout.splitlines())


@pytest.fixture(scope="module")
def colab(tmp_path_factory):
    """Return a folder with the package, its environment's Python, and what is installed there."""
    folder = tmp_path_factory.mktemp("colab")
    assert run(folder, python_of_colab(), "-m", "venv", "environment").returncode == 0
    python = folder / "environment" / ("Scripts" if os.name == "nt" else "bin") / "python"
    done = run(folder, python, "-m", "pip", "install", "--quiet", "--only-binary=:all:", *THERE)
    if done.returncode and OFFLINE.search(done.stderr):
        pytest.skip("installing needs the package registry, and it cannot be reached")
    assert done.returncode == 0, done.stderr[-2000:]
    return folder, python, installed(folder, python)


@pytest.fixture(scope="module")
def executed(colab):
    """Run the chapter's Colab notebook from its first cell to its last; return it."""
    folder, python, _ = colab
    built = package.build(paths.root(), folder / "wheel")
    wheel = shutil.copy(built, folder)
    chapter = chapters.read(CHAPTER)
    notebook = notebooks.build(
        chapter,
        "colab",
        links.chapter_links([chapter]),
        install=install_address.of_wheel(Path(wheel)),
    )
    nbformat.write(notebook, folder / "chapter.ipynb")
    code = "from nbclient.cli import main; main()"
    done = run(folder, python, "-c", code, "--inplace", "--timeout=1200", "chapter.ipynb")
    assert done.returncode == 0, done.stderr[-3000:]
    return nbformat.read(folder / "chapter.ipynb", as_version=4)


def test_every_cell_ran(executed):
    code = [cell for cell in executed.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))


def test_set_up_prints_no_error_and_ends_with_the_devices(executed):
    outputs = executed.cells[1].outputs
    printed = "".join(output.text for output in outputs if output.output_type == "stream")
    assert "ERROR" not in printed, printed
    assert "restart" not in printed.lower()
    assert "OpenCL" in outputs[-1].data["text/plain"]


def test_what_was_there_keeps_its_version(colab, executed):
    folder, python, before = colab
    after = installed(folder, python)
    assert before == {name: after.get(name) for name in before}
    assert {"gpu-course", "pyopencl"} <= set(after)
