"""Which wheels a machine lacks, and fetching them: pip resolves, here it is told for whom.

pip chooses wheels for another Python and platform by itself, but reads the markers of requirements
(``sys_platform == "win32"``) as of the machine it runs on. `_ELSEWHERE` gives it the other
machine's answers; pip's report says with which it worked, and that is compared.

What the machine has already stands for itself: a wheel without contents for each package, with the
very version. So pip respects what is there, also where no index knows it.
"""

import errno
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from packaging.tags import mac_platforms
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from gpu_course.book.bundle.targets import TAGS, Target
from gpu_course.errors import CourseError

_THERE = "there"
"""Local version that marks what the machine has: never fetched, and preferred to an index's."""

_ELSEWHERE = """\
import json, sys
from pip._vendor.packaging import markers
there = json.loads(sys.argv.pop(1))
markers.default_environment = lambda: dict(there)
from pip._internal.cli.main import main
sys.exit(main())
"""


@dataclass(frozen=True)
class Pin:
    """One wheel to fetch; the sum is that of the file that pip found."""

    name: str
    version: str
    sha256: str


def missing(
    requirements: Sequence[str],
    have: Mapping[str, str],
    target: Target,
    tested: Sequence[str] = (),
) -> list[Pin]:
    """Return what has to be fetched so that `requirements` are met on a machine, sorted by name.

    `have` is what is installed there, normalised name → version; `tested` are versions to hold to,
    as in a file of constraints.

    Raises
    ------
    CourseError
        If pip finds no solution, with its own reason.
    """
    with tempfile.TemporaryDirectory() as folder:
        stubs, report = Path(folder, "there"), Path(folder, "report.json")
        stubs.mkdir()
        wanted, held = Path(folder, "wanted.txt"), Path(folder, "held.txt")
        wanted.write_text("\n".join(requirements) + "\n", encoding="utf-8")
        lines = [f"{name}=={_stub(stubs, name, version)}" for name, version in have.items()]
        held.write_text("\n".join([*lines, *tested]) + "\n", encoding="utf-8")
        options = ["--dry-run", "--ignore-installed", "--target", folder, "--report", str(report)]
        options += ["--find-links", str(stubs), "--constraint", str(held)]
        done = _pip("install", target, [*options, "--requirement", str(wanted)])
        if done.returncode:
            raise CourseError(
                f"No set of packages meets the course and what Python {target.python} on "
                f"{target.platform} has: {_reason(done)}. Renew there what it names, or leave it "
                f"out of the list to have another version packed."
            )
        found = json.loads(report.read_text(encoding="utf-8"))
    if found["environment"]["sys_platform"] != target.markers["sys_platform"]:
        raise CourseError(
            "This pip resolves for its own machine alone. Install another version of it, such as "
            "pip 25.3, and try again."
        )
    pins = []
    for item in found["install"]:
        name, version = item["metadata"]["name"], item["metadata"]["version"]
        if (Version(version).local or "").split(".")[-1] != _THERE:
            pins.append(Pin(canonicalize_name(name), version, _sum(item["download_info"])))
    return sorted(pins, key=lambda pin: pin.name)


def fetch(pins: Sequence[Pin], target: Target, folder: Path) -> None:
    """Download the wheels of `pins` into `folder`, compared with their sums.

    Raises
    ------
    CourseError
        If pip cannot have one of them.
    """
    if not pins:
        return
    with tempfile.TemporaryDirectory() as temporary:
        wanted = Path(temporary, "wanted.txt")
        lines = [f"{pin.name}=={pin.version} --hash=sha256:{pin.sha256}" for pin in pins]
        wanted.write_text("\n".join(lines) + "\n", encoding="utf-8")
        options = ["--no-deps", "--require-hashes", "--dest", str(folder)]
        done = _pip("download", target, [*options, "--requirement", str(wanted)])
    if done.returncode:
        raise CourseError(
            f"Wheels for the bundle cannot be fetched: {_reason(done)}. {_cure(done)}"
        )


def unpacked(pins: Sequence[Pin], target: Target, folder: Path) -> int:
    """Return the bytes that the wheels of `pins` in `folder` take when they are installed.

    The folder may hold wheels for other machines too, also of the same packages.
    """
    chosen = {(pin.name, Version(pin.version)) for pin in pins}
    of_platform = {"any", *TAGS[target.platform]}
    if target.platform == "macos-arm64":  # pip takes what was made for older systems, too
        of_platform |= set(mac_platforms((12, 0), "arm64"))
    python = {f"cp{target.python.replace('.', '')}", "py3"}
    found = 0
    for wheel in folder.glob("*.whl"):
        name, version, _, tags = parse_wheel_filename(wheel.name)
        fits = any(
            tag.platform in of_platform and (tag.interpreter in python or tag.abi == "abi3")
            for tag in tags
        )
        if fits and (name, version) in chosen:
            with zipfile.ZipFile(wheel) as archive:
                found += sum(member.file_size for member in archive.infolist())
    return found


def fetch_bare(requirement: str, target: Target, folder: Path) -> None:
    """Download the wheel of one requirement without what it asks for.

    Raises
    ------
    CourseError
        If pip cannot have it.
    """
    done = _pip("download", target, ["--no-deps", "--dest", str(folder), requirement])
    if done.returncode:
        raise CourseError(f"{requirement} cannot be fetched: {_reason(done)}. {_cure(done)}")


def _pip(command: str, target: Target, options: Sequence[str]) -> subprocess.CompletedProcess[str]:
    platforms = [word for tag in TAGS[target.platform] for word in ("--platform", tag)]
    return subprocess.run(
        [
            *(sys.executable, "-c", _ELSEWHERE, json.dumps(target.markers), command),
            *("--no-color", "--disable-pip-version-check", "--only-binary=:all:"),
            *("--python-version", target.python, *platforms, *options),
        ],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


def _sum(download: dict[str, Any]) -> str:
    """Return the sha256 of the file that pip chose: the index says it, or the file is here."""
    said = download.get("archive_info", {}).get("hashes", {}).get("sha256")
    if said or not download["url"].startswith("file:"):
        return str(said)
    file = Path(url2pathname(urlsplit(download["url"]).path))
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _stub(folder: Path, name: str, version: str) -> str:
    """Write a wheel without contents that stands for an installed package; return its version."""
    marked = f"{version}{'.' if '+' in version else '+'}{_THERE}"
    stem = f"{name.replace('-', '_')}-{marked}"
    about = f"{stem}.dist-info"
    files = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {marked}\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: gpu-course\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
        for file, text in files.items():
            wheel.writestr(f"{about}/{file}", text)
    return marked


def _cure(done: subprocess.CompletedProcess[str]) -> str:
    """Return what to do about a download that failed, as a sentence."""
    if os.strerror(errno.ENOSPC) in done.stderr:
        return "Free some space, there and in the folder for temporary files, and try again."
    return "Check that this machine has a network, and try again."


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    """Return pip's reason, in one line, without its marks of what is there."""
    errors = re.findall(r"^ERROR: (.*)", done.stderr, re.MULTILINE)
    conflict = re.search(r"The conflict is caused by:\n((?:    .*\n)+)", done.stdout + done.stderr)
    words = errors[0] if errors else f"pip exits with {done.returncode}"
    if conflict:
        words = "; ".join(line.strip() for line in conflict[1].splitlines())
    return re.sub(rf"[+.]{_THERE}\b", "", words).rstrip(".")
