"""Read an archive of results: every file compared with its sum, every record with its notebook."""

import json
import tarfile
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from gpu_course import paths
from gpu_course.book import chapters, commit, records
from gpu_course.book.bundle.on_node import RESULTS
from gpu_course.book.chapters import Chapter
from gpu_course.errors import CourseError


@dataclass
class Run:
    """One chapter of an archive."""

    chapter: Chapter
    notebook: nbformat.NotebookNode
    weights: dict[str, bytes] = field(default_factory=dict)

    @property
    def record(self) -> dict[str, Any]:
        """What the notebook says of its run."""
        return records.read(self.notebook)


def read(archive: Path) -> dict[str, bytes]:
    """Return name → contents of the plain files of an archive; nothing is unpacked."""
    try:
        with tarfile.open(archive) as opened:
            found = {}
            for member in opened:
                stream = opened.extractfile(member) if member.isfile() else None
                if stream is None or member.name in found:
                    raise CourseError(
                        f"{archive} holds {member.name}, which no node writes. Take the "
                        f"results.tar that run.sh left."
                    )
                found[member.name] = stream.read()
            return found
    except (OSError, tarfile.TarError) as error:
        raise CourseError(
            f"{archive} cannot be read as an archive of results: {error}. Copy it again from the "
            f"node."
        ) from error


def facts(archive: Path, files: dict[str, bytes]) -> dict[str, Any]:
    """Return what the archive says of itself, after comparing its files with it."""
    try:
        about = json.loads(files.pop(RESULTS))
        sums = dict(about["files"])
        origin = str(about["commit"])
    except (KeyError, ValueError, TypeError) as error:
        raise CourseError(
            f"{archive} has no {RESULTS} that says where it comes from. Take the results.tar that "
            f"run.sh left."
        ) from error
    if absent := sorted(set(sums) - set(files)):
        raise CourseError(f"{archive} lacks {absent[0]}. Copy it again from the node.")
    for name, content in files.items():
        if records.sha256_of(content) != sums.get(name):
            raise CourseError(
                f"{name} was changed after the node wrote it: its sha256 is not the one in "
                f"{RESULTS}. Copy {archive} again from the node."
            )
    if not commit.in_history(paths.root(), origin):
        raise CourseError(
            f"The results come from commit {origin}, which is not in the history of this checkout. "
            f"Accept them in the checkout whose bundle was executed."
        )
    return dict(about)


def chosen(files: dict[str, bytes], about: dict[str, Any], only: Collection[str]) -> list[Run]:
    """Return the executed chapters of an archive, each with a record of its own."""
    names = [
        name.removeprefix("outputs/").removesuffix(".ipynb")
        for name in files
        if name.startswith("outputs/") and name.endswith(".ipynb")
    ]
    if missing := sorted(set(only) - set(names)):
        raise CourseError(
            f"The archive has no result of {missing[0]}. It has {', '.join(names) or 'none'}."
        )
    runs = []
    for name in only or names:
        chapter = chapters.read(name)
        try:
            notebook = nbformat.reads(files[f"outputs/{name}.ipynb"].decode(), as_version=4)
        except (ValueError, nbformat.ValidationError) as error:
            raise CourseError(f"The result of {name} is no notebook: {error}.") from error
        record = records.read(notebook)
        keys = {"chapter", "code", "inputs", "machine", "seconds", "date", "commit"}
        of_this_run = {"chapter": name, "commit": about["commit"]}.items() <= record.items()
        if set(record) - {"trained"} != keys or not of_this_run:
            raise CourseError(
                f"The result of {name} has no record of this run. Execute it with run.sh."
            )
        if Chapter(name, notebook).code != record["code"]:
            raise CourseError(
                f"The code cells in the result of {name} are not those that its record names. "
                f"Execute it again with run.sh."
            )
        where = f"weights/{name}/"
        weights = {n.removeprefix(where): c for n, c in files.items() if n.startswith(where)}
        if any("/" in file or not file.endswith(".safetensors") for file in weights):
            raise CourseError(f"The result of {name} has weights under a name that is none.")
        sums = {file: records.sha256_of(content) for file, content in weights.items()}
        if record.get("trained", sums) != sums:
            raise CourseError(
                f"The weights in the result of {name} are not those that its record names. "
                f"Execute it again with run.sh."
            )
        runs.append(Run(chapter, notebook, weights))
    if not runs:
        raise CourseError("The archive holds no executed chapter; nothing to accept.")
    return runs
