"""Run a chapter's notebook in a fresh kernel."""

import os
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import nbformat
from traitlets.config import Config

from gpu_course import paths, writable
from gpu_course.book import chapters, links, notebooks
from gpu_course.devices import drivers
from gpu_course.errors import CourseError
from gpu_course.files import write_atomic

_STARTUP = 300
"""Seconds for a kernel to answer: a minute was too short on a machine that is busy."""


def run_chapter(
    name: str, *, size: str | None = None, output: Path | None = None, timeout: int | None = None
) -> Path:
    """Run the student notebook of a chapter to its end and write it with its outputs.

    Parameters
    ----------
    name : str
        The chapter, such as ``"classical/segmentation"``.
    size : {"small", "laptop", "large"}, optional
        Problem size; chosen from the memory found if not given.
    output : Path, optional
        The notebook to write; ``<chapter>.ipynb`` in the current folder if not given.
    timeout : int, optional
        Seconds allowed for one cell; no limit if not given.

    Returns
    -------
    Path
        The notebook written.

    Raises
    ------
    CourseError
        If there is no such chapter, it has no code, the file to write is there already, or a
        cell raises or takes longer than `timeout`; then nothing is written.
    """
    from rich.progress import Progress

    chapter = chapters.read(name)
    if not chapter.code_cells:
        raise CourseError(f"The chapter “{chapter.name}” has no code to run. Read it on the site.")
    target = output or Path(f"{chapter.name.rsplit('/', 1)[-1]}.ipynb")
    if target.exists():
        raise CourseError(
            f"{target} is already there and may hold your work. Move it away, or name another "
            f"file with --output."
        )
    writable.refuse(target)
    notebook = notebooks.build(chapter, "student", links.chapter_links([chapter]))
    with Progress(transient=True) as progress:
        task = progress.add_task(chapter.name, total=len(chapter.code_cells))
        execute(
            notebook,
            chapter.name,
            environment={"GPU_COURSE_SIZE": size} if size else {},
            timeout=timeout,
            on_cell=lambda done, total: progress.update(task, completed=done, total=total),
        )
    return write_atomic(target, nbformat.writes(notebook) + "\n")


def execute(
    notebook: nbformat.NotebookNode,
    name: str,
    *,
    environment: Mapping[str, str] | None = None,
    timeout: int | None = None,
    on_cell: Callable[[int, int], object] = lambda done, total: None,
    before: str = "",
    after: str = "",
    at_end: Callable[[Path], object] = lambda folder: None,
) -> str:
    """Execute every code cell of `notebook`, in place, in a fresh kernel and an empty folder.

    Parameters
    ----------
    notebook, name
        Gets the outputs; the chapter's name, for messages.
    environment : mapping, optional
        Environment variables besides those of this process.
    timeout : int, optional
        Seconds allowed for one cell.
    on_cell : callable
        Called with (cells done, cells in all) after each cell.
    before, after : str
        Code run before the first and after the last cell, without a trace in the notebook. What
        `after` printed is returned.
    at_end : callable
        Called with the folder the notebook ran in, after its last cell and before it is gone.

    Raises
    ------
    CourseError
        If a cell raises, takes longer than `timeout`, or ends the kernel, or no kernel starts.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    drivers.prepare()  # the kernel inherits which OpenCL driver works here
    code = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    # A chapter may write files; it does so in a folder of its own. The kernel's own files lie in
    # another one: what a reader has set up for IPython must not change what a chapter shows.
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as settings,
        Path(settings, "complaints.txt").open("w+b") as complaints,
    ):
        client = NotebookClient(
            notebook,
            timeout=timeout,
            startup_timeout=_STARTUP,
            resources={"metadata": {"path": folder}},
            record_timing=False,
            config=_connection(settings),
        )

        def hidden(source: str) -> str:
            cell = nbformat.v4.new_code_cell(source)
            notebook.cells.append(cell)
            try:
                done(cell, len(notebook.cells) - 1, store_history=False)
            finally:
                notebook.cells.pop()
            return "".join(o.text for o in cell.outputs if o.get("name") == "stdout")

        def done(cell: nbformat.NotebookNode, index: int, *, store_history: bool = True) -> None:
            try:
                client.execute_cell(cell, index, store_history=store_history)
            except CellExecutionError as error:
                raise CourseError(_raised(name, cell, error.ename, error.evalue)) from error
            except CellTimeoutError as error:
                what = f"took longer than the {timeout} s that a cell may take"
                raise CourseError(_fault(name, cell, what)) from error
            except DeadKernelError as error:
                _pass_on(complaints)
                what = "ended its kernel, most likely out of memory"
                raise CourseError(_fault(name, cell, what)) from error

        # The kernel serves this process alone, on this machine: no word about network encryption.
        client.extra_arguments = ["--log-level=ERROR"]
        with ExitStack() as stack:
            given = {**os.environ, **_settings(Path(settings)), **(environment or {})}
            # Where another one is asked for, charts are drawn and none is shown.
            given.pop("MPLBACKEND", None)
            try:
                stack.enter_context(client.setup_kernel(env=given, stderr=complaints))
            except (RuntimeError, OSError) as error:  # jupyter_client knows no error of its own
                _pass_on(complaints)
                raise CourseError(
                    f"{name}: no kernel answers: {str(error).rstrip('.')}. Nothing was run; a "
                    f"kernel needs some memory, room in {tempfile.gettempdir()}, and a machine "
                    f"that is not taken up by other work."
                ) from error
            if before:
                hidden(before)
            for count, index in enumerate(code, 1):
                done(notebook.cells[index], index)
                on_cell(count, len(code))
            said = hidden(after) if after else ""
        at_end(Path(folder))
        return said


def _pass_on(complaints: BinaryIO) -> None:
    """Show what a kernel that ended by itself has complained of; of one interrupted, nothing is."""
    complaints.seek(0)
    sys.stderr.write(complaints.read().decode(errors="replace"))


def _settings(folder: Path) -> dict[str, str]:
    """Return the variables by which a kernel's tools write where they may.

    Without them, a home folder that cannot be written to puts warnings on the pages.
    """
    # Hash order decides the order of sets; outputs must not depend on it.
    chosen = {"PYTHONHASHSEED": "0", "IPYTHONDIR": str(folder / "ipython")}
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    if writable.refused(caches):
        # What was fetched before is still read from where it is.
        chosen |= {"GPU_COURSE_CACHE": str(paths.cache()), "XDG_CACHE_HOME": str(folder / "cache")}
    if writable.refused(Path.home()):
        # Both write there wherever other caches lie.
        chosen |= {"MPLCONFIGDIR": str(folder / "matplotlib"), "CLESPERANTO_NO_CACHE": "1"}
    return chosen


def _raised(name: str, cell: nbformat.NotebookNode, kind: str, said: str) -> str:
    """Return the sentence about an exception; one of the course's own holds its cure already."""
    if kind in ("CourseError", "MachineError"):
        return f"{name}: the cell that begins “{_first(cell)}” stopped: {said} Nothing was written."
    return _fault(name, cell, f"raised {kind}: {said}")


def _connection(sockets: str) -> Config:
    """Return how to talk to the kernel: through 127.0.0.1, or files where even that is down."""
    with socket.socket() as listening:
        listening.bind(("", 0))
        listening.listen()
        try:
            socket.create_connection(("127.0.0.1", listening.getsockname()[1]), 5).close()
        except OSError:
            return Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/kernel"}})
    return Config()


def _fault(name: str, cell: nbformat.NotebookNode, what: str) -> str:
    return (
        f"{name}: the cell that begins “{_first(cell)}” {what.rstrip('.')}. Nothing was written; "
        f"`gpu-course doctor` tells what this machine lacks; --size small is a smaller problem."
    )


def _first(cell: nbformat.NotebookNode) -> str:
    """Return the first line of a cell that is not empty."""
    return next((line.strip() for line in cell.source.splitlines() if line.strip()), "")
