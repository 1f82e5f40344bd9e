"""Make an environment for `make`: ``python3 ci/new_environment.py FOLDER``.

It runs with whatever Python a machine has, older ones too, so it imports nothing of the course. An
environment that another Python made is made anew: `python -m venv` would keep that Python in it.
"""

import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def allowed(text: str) -> "tuple[int, int]":
    """Return the first minor version of Python 3 that a ``pyproject.toml`` allows, and the end."""
    found = re.search(r'^requires-python = ">=3\.(\d+),<3\.(\d+)"', text, re.MULTILINE)
    if not found:
        raise ValueError("pyproject.toml has no requires-python such as >=3.11,<3.14")
    return int(found[1]), int(found[2])


def version_of(folder: Path) -> str:
    """Return the version of Python that an environment holds, such as ``3.12``; "" if none runs."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    for python in (folder / "bin" / "python", folder / "Scripts" / "python.exe"):
        if python.exists():
            command = [str(python), "-c", code]
            try:
                done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
            except OSError:  # of another machine, or not to be executed
                return ""
            return done.stdout.strip()
    return ""


def main(folder: Path) -> int:
    """Make the environment; return the exit status."""
    first, end = allowed(PROJECT.read_text(encoding="utf-8"))
    mine = "{}.{}".format(*sys.version_info[:2])
    if not (3, first) <= sys.version_info[:2] < (3, end):
        print(
            f"make: The course needs Python 3.{first} to 3.{end - 1}, and {sys.executable} is "
            f"Python {mine}. Name another one, as in `make book PYTHON=python3.{end - 2}`.",
            file=sys.stderr,
        )
        return 1
    anew = ["--clear"] if folder.exists() and version_of(folder) != mine else []
    return subprocess.run(
        [sys.executable, "-m", "venv", *anew, str(folder)], check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
