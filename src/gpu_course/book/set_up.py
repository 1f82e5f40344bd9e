"""Complete the installation of the course on a machine that is not ours, such as Colab's.

The set-up cell of a Colab notebook installs the course alone and then calls :func:`here`. So this
module must import on a machine that has nothing of what the course needs, and it must leave what
it finds as it is: NumPy is loaded by then, and a second version on disk would break the session.
"""

import importlib
import importlib.metadata
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gpu_course.errors import CourseError

PROTOTYPE = "pyclesperanto-prototype==0.24.6"
"""Its metadata refuse NumPy 2, with which it works: always installed without its dependencies."""

RUNNING = ("ipykernel", "ipython")
"""Whatever their version, they run this very notebook; nobody exchanges them below it."""

HELD = ("numpy", "pandas", "scipy", "scikit-image", "scikit-learn", "matplotlib", "torch")
"""What keeps its version even where nothing else could be installed otherwise."""

VENDORS = Path("/etc/OpenCL/vendors")


def here(extras: Sequence[str] = ()) -> Any:
    """Install what the course lacks on this machine, and return the table of devices found.

    `extras` are the optional parts of the package that the chapter needs on a machine with a GPU.

    Raises
    ------
    CourseError
        If NumPy is too old, if pip cannot install something, or if a package was renewed that
        this session has loaded already.
    """
    gpu = has_nvidia_gpu()
    if gpu:
        show_nvidia_to_opencl()
    else:
        print("This runtime has no GPU. Choose Runtime → Change runtime type → T4 GPU.")
        print("Without one the notebook still runs, on the CPU.")
    before = versions()
    install(missing(wanted(extras, gpu=gpu)))
    renewed = {name for name, version in versions().items() if before.get(name, version) != version}
    if stale := loaded(renewed):
        raise CourseError(
            f"This session still runs an older {', '.join(stale)}. Choose Runtime → Restart "
            f"session, then run this cell once more."
        )
    from gpu_course import devices
    from gpu_course.devices import drivers

    drivers.prepare()
    return devices.table(devices.found())


def has_nvidia_gpu() -> bool:
    """Return whether NVIDIA's driver answers."""
    try:
        return not subprocess.run(["nvidia-smi"], capture_output=True, check=False).returncode
    except OSError:
        return False


def show_nvidia_to_opencl(vendors: Path = VENDORS) -> None:
    """Tell the OpenCL loader that NVIDIA's driver is there, where nobody has done so."""
    if not list(vendors.glob("nvidia*.icd")):
        with suppress(PermissionError):  # on a machine of one's own, the driver has done it
            vendors.mkdir(parents=True, exist_ok=True)
            (vendors / "nvidia.icd").write_text("libnvidia-opencl.so.1\n")


def wanted(extras: Sequence[str], *, gpu: bool) -> list[Requirement]:
    """Return the requirements of the installed course on this machine, with those of `extras`.

    Without a GPU, CuPy has nothing to run on, and OpenCL needs a driver for the processor.
    """
    chosen = [extra for extra in extras if gpu or not extra.startswith("cuda")]
    chosen += [] if gpu else ["cpu-opencl"]
    found = [*_required("gpu-course", chosen), Requirement(PROTOTYPE)]
    return list({str(each): each for each in found if each.name not in RUNNING}.values())


def missing(requirements: Iterable[Requirement]) -> list[Requirement]:
    """Return the requirements that this machine does not meet.

    Raises
    ------
    CourseError
        If NumPy is here in a version that the course cannot use.
    """
    lacking = [each for each in requirements if not _met(each)]
    present = versions()
    for each in lacking:
        if each.name == "numpy" and "numpy" in present:
            raise CourseError(
                f"NumPy {present['numpy']} is installed here and the course needs "
                f"{each.specifier}. Choose the latest version under Runtime → Change runtime "
                f"type, or a fresh environment."
            )
    return lacking


def install(lacking: Sequence[Requirement]) -> None:
    """Install `lacking` with pip; whatever else is here keeps its version.

    Raises
    ------
    CourseError
        If pip fails. Its own words are printed before.
    """
    bare = canonicalize_name(Requirement(PROTOTYPE).name)
    full = [str(each) for each in lacking if canonicalize_name(each.name) != bare]
    renewing = {canonicalize_name(each.name) for each in lacking}
    held = {name: version for name, version in versions().items() if name not in renewing}
    if full:
        # Where all is held, no other package can be hurt; what pip would warn of is the older
        # IPython that runs this notebook, which stays on purpose.
        done = _pip(["--no-warn-conflicts", *full], held)
        if done.returncode:
            # A package to come may need a newer form of a small one that is here.
            done = _pip(full, {name: held[name] for name in HELD if name in held})
        _judge(done)
    if len(full) < len(lacking):
        _judge(_pip(["--no-deps", PROTOTYPE], {}))
    importlib.invalidate_caches()


def versions() -> dict[str, str]:
    """Return normalised name → version of every package installed here."""
    return {
        canonicalize_name(each.metadata["Name"]): each.version
        for each in importlib.metadata.distributions()
        if each.metadata["Name"]
    }


def loaded(names: Iterable[str]) -> list[str]:
    """Return which of the packages `names` this session has imported already."""
    asked = set(names)
    if not asked:
        return []
    modules = importlib.metadata.packages_distributions()
    return sorted(
        {
            canonicalize_name(package)
            for module, packages in modules.items()
            for package in packages
            if module in sys.modules and canonicalize_name(package) in asked
        }
    )


def _required(package: str, extras: Iterable[str]) -> Iterator[Requirement]:
    """Yield what an installed package requires on this machine, with the given extras."""
    environments = [{"extra": extra} for extra in ("", *extras)]
    for text in importlib.metadata.requires(package) or []:
        each = Requirement(text)
        if each.marker is None or any(each.marker.evaluate(one) for one in environments):
            each.marker = None
            yield each


def _met(requirement: Requirement) -> bool:
    """Return whether a package is here in a wanted version, with its extras."""
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return False
    if not requirement.specifier.contains(version, prereleases=True):
        return False
    if not requirement.extras:
        return True
    without = {str(each) for each in _required(requirement.name, ())}
    every = _required(requirement.name, sorted(requirement.extras))
    return all(_met(each) for each in every if str(each) not in without)


def _pip(arguments: Sequence[str], held: dict[str, str]) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder, "constraints.txt")
        lines = [f"{name}=={version}" for name, version in held.items()]
        constraints.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "--quiet"),
                *("--disable-pip-version-check", "--constraint", str(constraints)),
                *arguments,
            ],
            capture_output=True,
            text=True,
            check=False,
        )


def _judge(done: subprocess.CompletedProcess[str]) -> None:
    """Print what pip has to say, and stop where it failed."""
    said = f"{done.stdout}{done.stderr}".strip()
    if said:
        print(said)
    if done.returncode:
        first = re.search(r"^ERROR: (.*)", done.stderr, re.MULTILINE)
        reason = first[1].rstrip(".") if first else f"it exits with {done.returncode}"
        raise CourseError(
            f"pip could not install what the course needs: {reason}. Check that this machine has "
            f"a network, and run this cell once more."
        )
