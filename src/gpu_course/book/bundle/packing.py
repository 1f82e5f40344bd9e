"""The files of a bundle: sums, parts and the scripts that start it."""

import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from packaging.requirements import Requirement

from gpu_course import paths, writable
from gpu_course.book import commit, lock, package, records
from gpu_course.book.bundle import start
from gpu_course.book.bundle.targets import Target
from gpu_course.errors import CourseError
from gpu_course.files import write_atomic

SUMS = "SHA256SUMS"
PLAN = "plan.json"

_SH = """\
#!/bin/sh
# Looks for the Python that the bundle is for; everything else happens in start.py.
# PYTHON names another interpreter.
{{  # Where the brace that closes this one was not copied, nothing is done and the shell says so.
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd) || exit 1
# Of a start.py without its end, Python would do nothing and call that a success.
case $(tail -n 1 "$here/start.py" 2>/dev/null) in
*"sys.exit(main())") ;;
*)
    echo "run.sh: start.py is not whole. Copy the bundle again." >&2
    exit 1
    ;;
esac
fits='import sys; sys.exit("{{}}.{{}}".format(*sys.version_info[:2]) not in {pythons})'
try() {{
    python=$1
    shift
    "$python" -c "$fits" 2>/dev/null && exec "$python" "$here/start.py" "$@"
}}
if [ -n "$PYTHON" ]; then
    try "$PYTHON" "$@"
else
    for each in {names} python3; do try "$each" "$@"; done
fi
echo "run.sh: This bundle is for Python {wanted}, and there is none here. Name it with \\
PYTHON=/path/to/python sh run.sh, or have a bundle made for the Python of this machine." >&2
exit 1
}}
"""


def current_commit() -> str:
    """Return the commit of this checkout, which a bundle names.

    Raises
    ------
    CourseError
        If this is no git checkout, or files differ from its commit.
    """
    name = commit.name(paths.root())
    if name == commit.UNKNOWN or not (paths.root() / "pyproject.toml").is_file():
        raise CourseError(
            "A bundle is made from a git checkout of the course, and this copy is none. Clone the "
            "repository, and run the command there."
        )
    if name.endswith("+changes"):
        raise CourseError(
            f"{commit.changes(paths.root())[0]} differs from the last commit, so nobody could "
            f"check what a bundle computes. Commit first."
        )
    return name


def requirements(wheel: Path, target: Target, extras: tuple[str, ...]) -> list[Requirement]:
    """Return what the course's wheel requires on a machine, with `extras`, without markers."""
    metadata = package.metadata(wheel)
    known = metadata.get_all("Provides-Extra") or []
    for extra in extras:
        if extra not in known:
            raise CourseError(
                f"The course has no extra “{extra}”. Choose from {', '.join(sorted(known))}."
            )
    found = []
    for each in map(Requirement, metadata.get_all("Requires-Dist") or []):
        places = [{**target.markers, "extra": extra} for extra in ("", *extras)]
        if each.marker is None or any(each.marker.evaluate(place) for place in places):
            each.marker = None
            found.append(each)
    return found


def supports(wheel: Path, target: Target) -> None:
    """Refuse a Python that the course does not run on."""
    wanted = package.metadata(wheel)["Requires-Python"]
    if not Requirement(f"python{wanted}").specifier.contains(f"{target.python}.0"):
        raise CourseError(f"The course needs Python {wanted}, and {target.python} was asked for.")


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Yield a folder that becomes `out` when all went well; else nothing is left.

    It grows beside `out`. What a killed run left there, which may be gigabytes, the next one
    clears away.

    Raises
    ------
    CourseError
        If `out` is there and not empty, another process makes it, or the disk is full.
    """
    out = Path(os.path.abspath(out))  # “.” has no name, and nothing lies beside it
    _refuse_existing(out)
    beside = out.with_name(f".{out.name}.unfinished")
    try:
        with lock.alone(beside / "lock", f"run that writes {out}"):
            folder = beside / "bundle"
            try:
                _refuse_existing(out)  # the other run may have finished in between
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                yield folder
                if out.is_dir():
                    out.rmdir()
                folder.rename(out)
            finally:
                shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise CourseError(
            f"The bundle cannot be written to {out}: {writable.reason(error)}. Free some space or "
            f"name another folder; nothing was left there."
        ) from error


def _refuse_existing(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CourseError(f"{out} is already there. Move it away, or name another folder.")


def course_wheel(folder: Path) -> Path:
    """Return the course's wheel, built into `folder`, which may hold other wheels."""
    with tempfile.TemporaryDirectory() as temporary:
        built = package.build(paths.root(), Path(temporary, "wheel"))
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(built, folder))


def room(tree: Path) -> int:
    """Return the bytes that a node needs: the files of `tree`, and what its wheels unpack to."""
    files = [path for path in tree.rglob("*") if path.is_file()]
    found = sum(path.stat().st_size for path in files)
    for wheel in (path for path in files if path.suffix == ".whl"):
        with ZipFile(wheel) as archive:
            found += sum(member.file_size for member in archive.infolist())
    return found


def split(tree: Path, out: Path, most: int) -> list[dict[str, Any]]:
    """Write the files of `tree` into `out`, one tar archive in parts of at most `most` bytes.

    Returns ``name``, ``bytes`` and ``sha256`` of each part, in order.
    """
    parts: list[dict[str, Any]] = []
    with tempfile.TemporaryFile(dir=out) as whole:
        with tarfile.open(fileobj=whole, mode="w") as archive:
            for file in sorted(path for path in tree.rglob("*") if path.is_file()):
                about = tarfile.TarInfo(file.relative_to(tree).as_posix())
                content = file.read_bytes()
                about.size = len(content)
                archive.addfile(about, BytesIO(content))
        whole.seek(0)
        while content := whole.read(most):
            name = f"part-{len(parts) + 1:03d}"
            (out / name).write_bytes(content)
            sha256 = records.sha256_of(content)
            parts.append({"name": name, "bytes": len(content), "sha256": sha256})
    return parts


def finish(folder: Path, plan: dict[str, Any]) -> None:
    """Write plan, scripts and sums into a folder that holds everything else."""
    write_atomic(folder / PLAN, json.dumps(plan, indent=1, ensure_ascii=False) + "\n")
    write_atomic(folder / "start.py", Path(start.__file__).read_text(encoding="utf-8"))
    pythons = plan["pythons"]
    text = _SH.format(
        names=" ".join(f"python{python}" for python in pythons),
        pythons=json.dumps(pythons),
        wanted=" or ".join(pythons),
    )
    script = write_atomic(folder / "run.sh", text)
    script.chmod(0o755)
    lines = [
        f"{records.sha256_of(file.read_bytes())}  {file.relative_to(folder).as_posix()}"
        for file in sorted(path for path in folder.rglob("*") if path.is_file())
    ]
    write_atomic(folder / SUMS, "\n".join(lines) + "\n")
