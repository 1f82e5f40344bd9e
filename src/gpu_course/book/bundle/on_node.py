"""Execute the plan of a bundle on a GPU node: chapters, benchmarks, ``results.tar``.

    python -m gpu_course.book.bundle.on_node WORK BUDGET [--minutes N] [--no-benchmarks]

``start.py`` calls this after it has installed the course. Each chapter runs in a process of its
own for at most BUDGET seconds. What is done is kept as a file, so that a second call goes on where
the first was stopped, however it was stopped; ``results.tar`` is written anew after each chapter.
"""

import argparse
import ctypes
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

from gpu_course import command_line, runs
from gpu_course.errors import CourseError
from gpu_course.files import write_atomic
from gpu_course.images import registry

RESULTS = "results.json"
"""In ``results.tar``: the commit, and the sha256 of every file."""

_LEAST = 10.0  # seconds that are worth starting something in


def main(arguments: list[str] | None = None) -> int:
    """Execute what is not done yet; return 0 if every chapter of the plan is."""
    parser = argparse.ArgumentParser(description="Execute the plan of a bundle.")
    parser.add_argument("work", type=Path)
    parser.add_argument("budget", type=float)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--no-benchmarks", action="store_true")
    options = parser.parse_args(arguments)
    end = time.time() + 60 * options.minutes if options.minutes else float("inf")
    plan = json.loads((options.work / "plan.json").read_text(encoding="utf-8"))
    present(plan["relies_on"])
    return execute(plan, options.work, options.budget, end, not options.no_benchmarks)


def present(relies_on: dict[str, str]) -> None:
    """Refuse a machine that has not what its list of packages said.

    Raises
    ------
    CourseError
        Naming the first package that is absent or of another version.
    """
    for name, version in sorted(relies_on.items()):
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found = "absent"
        if found != version:
            raise CourseError(
                f"The bundle relies on {name} {version} of this machine, and here it is {found}. "
                f"Make the bundle again from a fresh list of this Python's packages."
            )


def execute(plan: dict[str, Any], work: Path, budget: float, end: float, benchmarks: bool) -> int:
    """Execute chapters and benchmarks; see the module's own words."""
    results = work / "results"
    surroundings = environment(plan["size"], work)
    doctor = [sys.executable, "-m", "gpu_course", "doctor", "--report"]
    if not (results / "doctor.txt").is_file():
        limited(doctor, results / "doctor.txt", 300, surroundings, work)
    print((results / "doctor.txt").read_text(encoding="utf-8"), flush=True)
    todo = [chapter["name"] for chapter in plan["chapters"] if chapter["run"]]
    # What failed before comes last, so that it does not take the time of the others.
    untouched = [name for name in todo if not (results / "logs" / f"{name}.txt").is_file()]
    for number, name in enumerate(sorted(todo, key=lambda name: name not in untouched), 1):
        shown = f"[{number}/{len(todo)}] {name}"
        seconds = min(budget, end - time.time())
        if (results / "outputs" / f"{name}.ipynb").is_file():
            print(f"{shown}: done before", flush=True)
        elif seconds < _LEAST:
            print(f"{shown}: no time left", flush=True)
        else:
            started = time.time()
            command = [sys.executable, "-m", "gpu_course.book.bundle.chapter"]
            command += [name, str(results), plan["commit"]]
            state = limited(command, results / "logs" / f"{name}.txt", seconds, surroundings, work)
            print(f"{shown}: {state}, {time.time() - started:.0f} s", flush=True)
            gather(plan, work)
    for name in plan["benchmarks"] if benchmarks else []:
        seconds = min(budget, end - time.time())
        if not (results / "benchmarks" / f"{name}.txt").is_file() and seconds >= _LEAST:
            rough = work / "benchmark.txt"
            command = [sys.executable, "-m", "benchmarks"]
            command += ["--into", str(results / "benchmarks"), name]
            state = limited(command, rough, seconds, surroundings, work)
            print(f"benchmark {name}: {state}", flush=True)
            if state == "done":
                write_atomic(results / "benchmarks" / f"{name}.txt", rough.read_bytes())
    done = len(gather(plan, work))
    print(f"{done} of {len(todo)} chapters are in {work / 'results.tar'}.")
    if done < len(todo):
        print(f"{results / 'logs'} tells why others stopped; run this again to try them again.")
    return int(done < len(todo))


def environment(size: str, work: Path) -> dict[str, str]:
    """Return the environment variables under which chapters and benchmarks run."""
    found = {**os.environ, "GPU_COURSE_SIZE": size, "COLUMNS": "140"}
    found["GPU_COURSE_MIRROR"] = str(work / "images")
    found["GPU_COURSE_CACHE"] = str(work / "cache")
    found[runs.NEW] = "1"
    # A kernel that is registered on this machine may start another Python.
    kernel = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3",
        "language": "python",
    }
    write_atomic(work / "jupyter" / "kernels" / "python3" / "kernel.json", json.dumps(kernel))
    found["JUPYTER_PATH"] = str(work / "jupyter")
    if "OCL_ICD_VENDORS" not in found and not list(Path("/etc/OpenCL/vendors").glob("*.icd")):
        # NVIDIA's driver may be here without anybody having told the OpenCL loader.
        try:
            ctypes.CDLL("libnvidia-opencl.so.1")
        except OSError:
            return found
        write_atomic(work / "vendors" / "nvidia.icd", "libnvidia-opencl.so.1\n")
        found["OCL_ICD_VENDORS"] = str(work / "vendors")
    return found


def limited(
    command: list[str], log: Path, seconds: float, surroundings: dict[str, str], folder: Path
) -> str:
    """Run a command into a log, for so many seconds at most; return how it ended, in words."""
    log.parent.mkdir(parents=True, exist_ok=True)
    # Python writes into a file at its end, after the cause of that end: the last line shall be it.
    in_order = surroundings | {"PYTHONUNBUFFERED": "1"}
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, env=in_order, cwd=folder
        )
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.terminate()
            try:
                process.wait(20)  # to end its kernel
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            out.write(f"\nover its time budget of {seconds:.0f} s\n")
            return "over its time budget"
        finally:
            if process.poll() is None:
                process.terminate()
    if not status:
        return "done"
    said = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    return f"failed: {said[-1].strip() if said else f'exit status {status}'}"


def gather(plan: dict[str, Any], work: Path) -> list[str]:
    """Write ``results.tar`` anew, whole; return the executed notebooks in it."""
    results = work / "results"
    files = sorted(
        path.relative_to(results).as_posix()
        for path in results.rglob("*")
        if path.is_file() and not path.name.startswith(".") and path.name != RESULTS
    )
    about = {
        "commit": plan["commit"],
        "python": platform.python_version(),
        "have": plan["have"],
        "files": {name: registry.sha256(results / name) for name in files},
    }
    write_atomic(results / RESULTS, json.dumps(about, indent=1) + "\n")
    target = work / "results.tar"
    try:
        with tarfile.open(f"{target}.new", "w") as archive:
            for name in (RESULTS, *files):
                archive.add(results / name, name)
        Path(f"{target}.new").replace(target)
    except OSError as error:
        raise CourseError(
            f"{target} cannot be written: {error.strerror or error}. Free some space and run this "
            f"again; what was executed is kept in {results}."
        ) from error
    return [name for name in files if name.startswith("outputs/")]


if __name__ == "__main__":
    sys.exit(command_line.ends_well(main, "run.sh"))
