"""Which OpenCL drivers for Linux lie on this machine, and which of them to prefer."""

import importlib.metadata
import importlib.util
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

VENDORS = "OCL_ICD_VENDORS"
"""The environment variable that tells every OpenCL loader where drivers are announced."""

# Lower comes first. A driver of unknown make is a GPU's: those for processors are these few.
_GPU, _INTEL, _POCL, _POCL_OF_WHEEL = range(4)


@dataclass(frozen=True)
class Driver:
    """An OpenCL driver: one shared library.

    Attributes
    ----------
    name : str
        What to call it in a sentence.
    library : str
        Absolute path of the shared library, or its bare name where no usual folder holds it.
    rank : int
        Its place in the order of preference; lower comes first.
    """

    name: str
    library: str
    rank: int

    @property
    def is_pocl(self) -> bool:
        """Whether this is PoCL, which compiles with LLVM."""
        return self.rank in (_POCL, _POCL_OF_WHEEL)


def _resolved(library: str) -> str:
    """Return the path of a library that an ``.icd`` file names, or the name if nothing is there."""
    folders = [
        *os.environ.get("LD_LIBRARY_PATH", "").split(":"),
        f"{sys.prefix}/lib",
        f"/usr/lib/{platform.machine()}-linux-gnu",
        "/usr/lib64",
        "/usr/lib",
        "/usr/local/lib",
    ]
    if "/" not in library:
        for folder in filter(None, folders):
            if Path(folder, library).is_file():
                return str(Path(folder, library))
    return library


def _classified(library: str) -> Driver | None:
    """Return the driver in a library, or None for one that serves no processor and no GPU."""
    file = Path(library).name
    if file.startswith("libintelocl_emu"):  # imitates a circuit board, for those who develop one
        return None
    if file.startswith("libintelocl"):
        return Driver("Intel's runtime for processors", library, _INTEL)
    if file.startswith("libpocl"):
        return Driver("PoCL of this system", library, _POCL)
    return Driver(file.split(".so")[0], library, _GPU)


def _announced(where: Path) -> Iterator[str]:
    """Yield the library of each ``.icd`` file in a folder, in the order of the files' names."""
    for file in [where] if where.is_file() else sorted(where.glob("*.icd")):
        try:
            named = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if named:
            yield _resolved(named)


def _of_user(named: str) -> Iterator[str]:
    """Yield the libraries that the value of ``OCL_ICD_VENDORS`` stands for."""
    where = Path(named)
    if where.is_dir() or where.suffix == ".icd":
        yield from _announced(where)
    else:
        yield _resolved(named)


def _intel_of_wheel() -> str | None:
    """Return Intel's driver of the package ``intel-opencl-rt``, whose own ``.icd`` file is wrong.

    The libraries it needs (``intel-cmplr-lib-rt``, ``tbb``) are found by the loader of Linux
    itself, as pip puts all of them into one folder.
    """
    try:
        files = importlib.metadata.files("intel-opencl-rt") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    found = [file for file in files if file.name == "libintelocl.so"]
    return os.path.realpath(str(found[0].locate())) if found else None


def pocl_of_wheel() -> str | None:
    """Return the PoCL inside PyOpenCL's wheel, which PyOpenCL's own loader always looks at."""
    spec = importlib.util.find_spec("pyopencl")
    if spec is None or spec.origin is None:
        return None
    found = sorted(Path(spec.origin).parent.glob(".libs/libpocl*"))
    return str(found[0]) if found else None


def candidates(vendors: str | None = None) -> list[Driver]:
    """Return the drivers there are, the preferred first; nothing was tried yet.

    `vendors` is what the user set ``OCL_ICD_VENDORS`` to; without it, they are the system's drivers
    and those that pip installed. Those of GPUs come first, then Intel's runtime for processors,
    then PoCL: the system's, then the one in PyOpenCL's wheel, which is the older.
    """
    if vendors:
        found = [_classified(library) for library in _of_user(vendors)]
    else:
        system = Path(os.environ.get("OPENCL_VENDOR_PATH") or "/etc/OpenCL/vendors")
        own = _announced(Path(sys.prefix, "etc", "OpenCL", "vendors"))
        found = [_classified(library) for library in _announced(system)]
        # pip leaves files there that name no library of this machine.
        found += [_classified(library) for library in own if Path(library).is_file()]
        if (library := _intel_of_wheel()) and platform.machine() == "x86_64":
            found.append(_classified(library))
        if library := pocl_of_wheel():
            found.append(Driver("PoCL of PyOpenCL's wheel", library, _POCL_OF_WHEEL))
    once: dict[str, Driver] = {}
    for one in found:
        if one is not None:
            once.setdefault(os.path.realpath(one.library), one)
    return sorted(once.values(), key=lambda one: one.rank)
