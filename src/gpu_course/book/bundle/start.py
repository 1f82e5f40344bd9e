"""Start a bundle of the course: this file travels with it, needs Python alone and no network.

On a GPU node: verify, unpack, install aside, and hand over to ``gpu_course.book.bundle.on_node``.
In a classroom: verify, install into a new environment, lay out the notebooks, run a chapter.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import glob
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
MACHINES = {
    ("linux", "x86_64"): "linux-x86_64",
    ("win32", "AMD64"): "windows-amd64",
    ("darwin", "arm64"): "macos-arm64",
}
LOCK = ".start.lock"


class StopError(Exception):
    """What the reader can mend, in a sentence or two."""


def main(arguments: list[str] | None = None) -> int:
    """Run the bundle that this file lies in; return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that lacks a character shows another
            stream.reconfigure(errors="replace")
    try:
        plan = verified(HERE)
        suits(plan)
        status = node(plan, arguments) if plan["kind"] == "node" else classroom(plan, arguments)
        if sys.stdout:  # None where it was closed from the start
            sys.stdout.flush()
        return status
    except StopError as stop:
        print(f"start.py: {stop}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nstart.py: Stopped. Start it again, and it goes on.", file=sys.stderr)
        return 130
    except OSError as error:
        if not error.filename:
            # The output took no more; Python would try again at its end, and say so.
            with contextlib.suppress(OSError, AttributeError):  # of a stream without a file
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # of a reader who has gone: | head -1
            print(f"start.py: {in_words(error)}", file=sys.stderr)
    return 1


def in_words(error: OSError) -> str:
    """Put a failed read or write into words; also that of a folder's copy, which lists them."""
    full = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
    if error.errno in full or os.strerror(errno.ENOSPC) in str(error):
        return "The disk is full. Free some space, or work in a folder on another disk."
    what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
    return f"{what}. Check the folder and its permissions."


def locked(descriptor: int) -> bool:
    """Lock an open file until it is closed; return False if another process has it.

    The system gives the lock back when the process ends, killed or not. A file system without
    locks, such as a cluster may have, hinders nobody.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, 0, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # POSIX says the one, Windows the other
        return False
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
            raise
    return True


@contextlib.contextmanager
def alone(folder: str) -> Iterator[None]:
    """Hold a folder, made if need be, for the length of a ``with`` block; stop where it is held."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, LOCK), "a+b") as file:
        if not locked(file.fileno()):
            raise StopError(f"Another start is at work in {folder}. Wait until it has ended.")
        yield


@contextlib.contextmanager
def whole(path: str) -> Iterator[None]:
    """Remove what a ``with`` block left of the file or folder `path` where it did not end well."""
    try:
        yield
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)  # which ignores a file, too
        with contextlib.suppress(OSError):
            os.remove(path)
        raise


def with_compiled(size: int) -> int:
    """Return the bytes that unpacked wheels of this size take, with what is compiled of them."""
    return size * 4 // 3


def size(folder: str) -> int:
    """Return the bytes of all files in a folder; 0 where there is none."""
    files = (os.path.join(place, name) for place, _, names in os.walk(folder) for name in names)
    return sum(os.lstat(file).st_size for file in files)


def has_room(folder: str, need: int, cure: str) -> None:
    """Stop where the disk of `folder` has not so many bytes free."""
    if (free := shutil.disk_usage(folder).free) < need:
        raise StopError(
            f"The disk of {folder} is too full: {free >> 20} MiB are free, and {need >> 20} MiB "
            f"are needed. Free some space, or {cure}."
        )


def digest(path: str) -> str:
    """Return the sha256 of a file."""
    found = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            found.update(block)
    return found.hexdigest()


def verified(folder: str) -> dict[str, Any]:
    """Return the plan of the bundle in `folder`, after comparing every file with its sum."""
    sums = os.path.join(folder, "SHA256SUMS")
    if not os.path.isfile(sums):
        raise StopError("SHA256SUMS is missing beside start.py. Copy the whole bundle again.")
    with open(sums, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("  ", 1) for line in file if line.strip()]
    # A slow stick takes a while.
    print(f"comparing {len(rows)} files with their sums …", flush=True)
    for value, name in rows:
        path = os.path.join(folder, *name.split("/"))
        if not os.path.isfile(path):
            raise StopError(f"{name} is missing from the bundle. Copy it again.")
        if digest(path) != value:
            raise StopError(f"{name} {fault(folder, name)}. Copy it again.")
    with open(os.path.join(folder, "plan.json"), encoding="utf-8") as file:
        return dict(json.load(file))


def fault(folder: str, name: str) -> str:
    """Say what is wrong with a file whose sum is not the expected one."""
    try:
        with open(os.path.join(folder, "plan.json"), encoding="utf-8") as file:
            sizes = {part["name"]: part["bytes"] for part in json.load(file).get("parts", [])}
    except (OSError, ValueError):
        sizes = {}
    size = os.path.getsize(os.path.join(folder, *name.split("/")))
    if size < sizes.get(name, 0):
        return f"is cut off: {size} bytes came of {sizes[name]}"
    return "is damaged: its sha256 is not the one in SHA256SUMS"


def suits(plan: dict[str, Any]) -> None:
    """Stop where the bundle is for another Python or another system."""
    mine = "{}.{}".format(*sys.version_info[:2])
    if mine not in plan["pythons"]:
        wanted = " or ".join(plan["pythons"])
        raise StopError(
            f"This bundle is for Python {wanted}, and this is Python {mine}. Start it with that "
            f"Python, or have a bundle made for Python {mine}."
        )
    machine = MACHINES.get((sys.platform, platform.machine()))
    if machine not in plan["platforms"]:
        wanted = " or ".join(plan["platforms"])
        raise StopError(
            f"This bundle is for {wanted}, and this machine is {machine or platform.platform()}. "
            + (
                f"Have one made with --platform {machine}."
                if machine
                else f"No bundle can be made for it: take one of {', '.join(MACHINES.values())}."
            )
        )


def pip(arguments: list[str], wheels: str, python: str = sys.executable) -> None:
    """Run the pip of the bundle without a network; stop with its reason where it fails."""
    own = glob.glob(os.path.join(wheels, "pip-*.whl"))[0]
    options = ["--quiet", "--no-index", "--no-warn-conflicts", "--disable-pip-version-check"]
    command = [python, os.path.join(own, "pip"), "--isolated", "install", *options, *arguments]
    if not (said := complaint(command)):
        return
    if wrong := re.search(r"(\S+\.whl) is not a supported wheel", said):
        raise StopError(
            f"{os.path.basename(wrong[1])} is for another Python or system than this one "
            f"({sys.platform}, Python {platform.python_version()}). Have the bundle made again "
            f"for this machine."
        )
    errors = re.findall(r"^ERROR: (.*)", said, re.MULTILINE) or [said.splitlines()[-1]]
    raise StopError(f"The packages of the bundle cannot be installed: {errors[0].rstrip('.')}.")


def complaint(command: list[str]) -> str:
    """Run a command to its end and return what it said if it failed, else ``""``."""
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if not done.returncode:
        return ""
    said = f"{done.stdout}\n{done.stderr}".strip()
    if os.strerror(errno.ENOSPC) in said:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), command[0])
    return said or f"exit status {done.returncode}"


def handed_over(command: list[str], folder: str, environment: dict[str, str]) -> int:
    """Run a program in a folder to its own end, and return its status.

    Ctrl-C reaches it too, and what follows is its affair: it tidies up, or asks first, as
    JupyterLab does. ``subprocess.run`` would kill it after a quarter of a second.
    """
    process = subprocess.Popen(command, cwd=folder, env=environment)
    while True:
        with contextlib.suppress(KeyboardInterrupt):
            return process.wait()


# --- a GPU node ----------------------------------------------------------------------------------


def node(plan: dict[str, Any], arguments: list[str] | None) -> int:
    """Unpack and install aside, then execute the plan with what was installed."""
    parser = argparse.ArgumentParser(prog="run.sh", description="Execute the course's chapters.")
    parser.add_argument("--work", default=os.path.join(HERE, "work"), help="folder to work in")
    parser.add_argument("--budget", type=int, default=900, help="seconds for one chapter")
    parser.add_argument("--minutes", type=int, help="start nothing after so many minutes")
    parser.add_argument("--no-benchmarks", action="store_true", help="execute chapters alone")
    options = parser.parse_args(arguments)
    work = os.path.abspath(options.work)
    with alone(work):
        unpack(plan, work)
        install_aside(plan, work)
        # The course's own modules come before those of the node, and the node's stay as they are.
        before = os.environ.get("PYTHONPATH")
        ways = [os.path.join(work, "site"), work, *([before] if before else [])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(ways)}
        module = "gpu_course.book.bundle.on_node"
        command = [sys.executable, "-m", module, work, str(options.budget)]
        command += ["--minutes", str(options.minutes)] if options.minutes else []
        command += ["--no-benchmarks"] if options.no_benchmarks else []
        return handed_over(command, ".", environment)


def unpack(plan: dict[str, Any], work: str) -> None:
    """Join the parts and unpack them into the folder `work`, unless that was done."""
    kept = os.path.join(work, "plan.json")
    if os.path.isfile(kept):
        with open(kept, encoding="utf-8") as file:
            if json.load(file) == plan:
                return
        raise StopError(f"{work} holds another bundle. Name another folder with --work.")
    has_room(work, with_compiled(plan["room"]), "name a folder on another disk with --work")
    joined = os.path.join(work, "bundle.tar")
    with whole(joined), open(joined, "wb") as out:
        for part in plan["parts"]:
            with open(os.path.join(HERE, part["name"]), "rb") as file:
                shutil.copyfileobj(file, out)
    with whole(joined), tarfile.open(joined) as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extractall(work, filter="data")
        else:  # Python before 3.11.4, such as Debian 12's; the sums say that the archive is ours
            archive.extractall(work)
    os.remove(joined)
    shutil.copy(os.path.join(HERE, "plan.json"), f"{kept}.new")
    os.replace(f"{kept}.new", kept)


def install_aside(plan: dict[str, Any], work: str) -> None:
    """Install the wheels into a folder of their own: the node's Python stays as it is."""
    site = os.path.join(work, "site")
    if os.path.isdir(site):
        return
    print(f"installing {plan['wheels']} wheels aside …", flush=True)
    wheels = os.path.join(work, "wheels")
    files = sorted(set(glob.glob(f"{wheels}/*.whl")) - set(glob.glob(f"{wheels}/pip-*.whl")))
    shutil.rmtree(f"{site}.new", ignore_errors=True)
    with whole(f"{site}.new"):
        pip(["--no-deps", "--target", f"{site}.new", *files], wheels)
        os.rename(f"{site}.new", site)


# --- a classroom ---------------------------------------------------------------------------------


def classroom(plan: dict[str, Any], arguments: list[str] | None) -> int:
    """Install the course on a student's machine, lay out the notebooks, run what is asked for."""
    parser = argparse.ArgumentParser(prog="start.py", description="Install the course offline.")
    parser.add_argument("folder", nargs="?", default="gpu-course", help="your own folder")
    parser.add_argument("--doctor", action="store_true", help="check this machine")
    parser.add_argument("--run", metavar="CHAPTER", help="run a chapter, as start/introduction")
    parser.add_argument("--lab", action="store_true", help="open the notebooks in JupyterLab")
    options = parser.parse_args(arguments)
    mine = os.path.abspath(options.folder)
    venv = os.path.join(mine, ".venv")
    binaries = os.path.join(venv, "Scripts" if os.name == "nt" else "bin")
    python = os.path.join(binaries, "python.exe" if os.name == "nt" else "python")
    notebooks = os.path.join(mine, "notebooks")
    with alone(mine):
        install(plan, venv, python)
        if not os.path.isdir(notebooks):  # a student's work is never replaced
            shutil.rmtree(f"{notebooks}.new", ignore_errors=True)  # of a start that was killed
            shutil.copytree(os.path.join(HERE, "notebooks"), f"{notebooks}.new")
            os.rename(f"{notebooks}.new", notebooks)
    environment = dict(os.environ)
    environment["GPU_COURSE_MIRROR"] = os.path.join(HERE, "images")
    environment["PATH"] = f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"
    command = []
    if options.doctor:
        command = [python, "-m", "gpu_course", "doctor"]
    elif options.run:
        command = [python, "-m", "gpu_course", "run", options.run]
    elif options.lab:
        command = [python, "-m", "jupyterlab", notebooks]
    if command:
        return handed_over(command, mine, environment)
    print(f"The course is ready in {mine}.")
    print(f"The site: open {os.path.join(HERE, 'site', 'index.html')} in a browser.")
    print("The notebooks: run this again with --lab, or a chapter with --run start/introduction.")
    print("This machine: run this again with --doctor.")
    return 0


def install(plan: dict[str, Any], venv: str, python: str) -> None:
    """Make the environment `venv` and install the course into it, unless that was done.

    An environment that another archive made, such as that of an earlier class, is made anew.
    """
    ready = os.path.join(venv, "ready")
    made_of = json.dumps([plan["commit"], plan["install"], plan["install_bare"]])
    if os.path.isfile(ready):
        with open(ready, encoding="utf-8") as file:
            if file.read() == made_of:
                return
    mine = "{}.{} {}".format(*sys.version_info[:2], MACHINES[sys.platform, platform.machine()])
    need = with_compiled(plan["room"][mine])
    # What an earlier class made goes only when there is room for the new one.
    has_room(os.path.dirname(venv), need - size(venv), "work in a folder on another disk")
    shutil.rmtree(venv, ignore_errors=True)
    print(f"installing {need >> 20} MiB into {venv}, for some minutes …", flush=True)
    wheels = os.path.join(HERE, "wheels")
    with whole(venv):
        if said := complaint([sys.executable, "-m", "venv", "--without-pip", "--clear", venv]):
            raise StopError(f"{venv} cannot be made: {said.splitlines()[-1].rstrip('.')}.")
        pip(["--find-links", wheels, "pip", *plan["install"]], wheels, python)
        pip(["--find-links", wheels, "--no-deps", *plan["install_bare"]], wheels, python)
        with open(ready, "w", encoding="utf-8") as file:
            file.write(made_of)


if __name__ == "__main__":
    sys.exit(main())
