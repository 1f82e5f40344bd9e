"""The machine that a bundle is for: its Python, its platform, and what is installed there."""

import re
from dataclasses import dataclass

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from gpu_course.errors import CourseError

# manylinux_2_28 is what systems of 2019 and later can load. macOS 12 leaves out the wheels of
# NumPy that only newer systems can load; pip then takes those for macOS 11.
_LINUX = [f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)]
TAGS = {
    "linux-x86_64": [*_LINUX, *(f"manylinux{old}_x86_64" for old in ("2014", "2010", "1"))],
    "windows-amd64": ["win_amd64"],
    "macos-arm64": ["macosx_12_0_arm64"],
}
"""Platform → the tags of wheels that run there, the best first."""

_MARKERS = {
    "linux-x86_64": ("posix", "linux", "Linux", "x86_64"),
    "windows-amd64": ("nt", "win32", "Windows", "AMD64"),
    "macos-arm64": ("posix", "darwin", "Darwin", "arm64"),
}


CARRIED = {"pip", "gpu-course"}


@dataclass(frozen=True)
class Target:
    """A Python, such as ``"3.12"``, on a platform, a key of `TAGS`.

    Raises
    ------
    CourseError
        If there is no such platform, or the text is no version of Python 3.
    """

    python: str
    platform: str

    def __post_init__(self) -> None:
        if self.platform not in TAGS:
            raise CourseError(
                f"There is no platform “{self.platform}”. Choose one of {', '.join(TAGS)}."
            )
        if not re.fullmatch(r"3\.\d+", self.python):
            raise CourseError(
                f"“{self.python}” is no version of Python. Give two numbers, such as 3.12."
            )

    def __str__(self) -> str:
        return f"{self.python} {self.platform}"

    @property
    def markers(self) -> dict[str, str]:
        """What requirements ask of the machine (``sys_platform`` and its kin), answered for it."""
        os_name, sys_platform, system, machine = _MARKERS[self.platform]
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": os_name,
            "platform_machine": machine,
            "platform_release": "",
            "platform_system": system,
            "platform_version": "",
            "python_full_version": f"{self.python}.0",
            "platform_python_implementation": "CPython",
            "python_version": self.python,
            "sys_platform": sys_platform,
        }


def read_freeze(text: str) -> dict[str, str]:
    """Return normalised name → version of what a machine has, as ``pip freeze`` printed it.

    Raises
    ------
    CourseError
        If a line names no version, or no line does.
    """
    found: dict[str, str] = {}
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith("#"):
            continue
        name, equals, version = line.partition("==")
        try:
            Version(version.strip())
        except InvalidVersion:
            equals = ""
        if not equals:
            raise CourseError(
                f"The list of installed packages names no version in “{line}”. Make it on the node "
                f"with `python3 -m pip list --format=freeze`."
            )
        found[canonicalize_name(name.strip())] = version.strip()
    # Both come with the bundle in any case.
    found = {name: version for name, version in found.items() if name not in CARRIED}
    if not found:
        raise CourseError(
            "The list of installed packages is empty. Make it on the node with "
            "`python3 -m pip list --format=freeze`."
        )
    return found


def read_bytes(text: str) -> int:
    """Return a size in bytes, written as ``"60MiB"``.

    Raises
    ------
    CourseError
        If it is no size of at least one MiB.
    """
    found = re.fullmatch(r"(\d+)\s*(MiB|GiB)", text.strip())
    if not found or not int(found[1]):
        raise CourseError(f"“{text}” is no size of a part. Give one such as 60MiB or 2GiB.")
    return int(found[1]) << (20 if found[2] == "MiB" else 30)
