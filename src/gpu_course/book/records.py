"""The record inside a stored output, and whether it still belongs to the tree.

A record names everything the run depended on, each with its sha256: the chapter's code cells
(``code``, by what they do: line breaks and comments do not count), and under ``inputs`` every
module of ``gpu_course`` that was imported and every data file that was opened. Three kinds of key:

* ``src/gpu_course/…``: a module, by its code: comments and docstrings do not count, nor blocks for
  a device on which the run did not compute (``module_code``), so that neither a better word nor a
  mend for Apple's GPUs stales a chapter; or a package's face, by what it says of the modules that
  were imported (``face_code``), so that a new public name stales none; or a kernel's source, whole.
  How exercises are judged (``checks.py`` of a lesson) counts for none: a stored page shows its
  exercises unsolved, and of those a check says nothing of its own;
* ``data/…``: a file of the repository;
* ``data/registry.csv::<path>``: one registered image, so that adding an image stales no chapter.

Versions of tools are recorded under ``machine`` but are no part of the comparison: a routine
upgrade must not stale the book.

Nor must the colour of a line ask for a training of an hour. The modules below `DRAWS` turn numbers
into pictures, and a chapter computes with none of them, so a change there leaves every number of a
run as it was. It stales no chapter that trains weights of the course: new weights would stale every
chapter that reads them. And it stales no run of more than `LONG` seconds: other chapters train too,
but keep no weights, and what such a run costs, only its record says. The pictures of these chapters
may then be older than the code, and `note` says so wherever records are compared. Short chapters
are stale as by any other change, for drawing them again takes seconds to minutes. What a GPU node
sends is held to every module, however long it computed (`stale`).
"""

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import nbformat

from gpu_course import paths, scores
from gpu_course.book import face_code, module_code, notebooks
from gpu_course.book.chapters import Chapter

KEY = "gpu_course_record"
"""Where the record stands in the metadata of a stored notebook."""

REGISTRY = "data/registry.csv"

MASKS = "data/nuclei-dsb/masks.csv"
"""Read with the registry by every chapter; the labels they make are in ``frames.csv`` beside it."""

DRAWS = "src/gpu_course/display/"
"""How the keys of modules begin that only draw."""

LONG = 300
"""Seconds above which a run is not repeated for the sake of its pictures."""

JUDGES = re.compile(r"src/gpu_course/lessons/.*/checks\.py")
"""Modules of lessons that only judge what a student wrote."""

TEXTS = {".cl", ".csv", ".json", ".md", ".toml"}
"""Files of the course whose line ends do not count: a checkout on Windows may have others."""


def sha256_of(content: bytes) -> str:
    """Return the sha256 of some bytes, as hexadecimal text."""
    return hashlib.sha256(content).hexdigest()


def sha256(path: Path) -> str:
    """Return the sha256 of a file; of a text, as if its lines ended as on Unix."""
    content = path.read_bytes()
    return sha256_of(content.replace(b"\r\n", b"\n") if path.suffix in TEXTS else content)


def digest(
    path: Path, used: frozenset[str] = frozenset(), imported: frozenset[str] = frozenset()
) -> str:
    """Return what a record holds of a file: of a module the sha256 of its code, else of all.

    `used` are the `devices_apart` of the run, `imported` the modules `beside` a package's face.
    """
    if path.suffix != ".py":
        return sha256(path)
    source = path.read_text(encoding="utf-8")
    if path.name == "__init__.py" and (doors := face_code.doors(source)) is not None:
        return face_code.digest(doors, imported)
    return module_code.digest(source, used)


def beside(key: str, keys: Iterable[str]) -> frozenset[str]:
    """Return which modules and packages of the same folder as that of `key` are among the keys."""
    folder = key.rpartition("/")[0] + "/"
    ends = (each.removeprefix(folder) for each in keys if each.startswith(folder))
    return frozenset(end.removesuffix("/__init__.py").removesuffix(".py") for end in ends)


def devices_apart(machine: Mapping[str, Any]) -> frozenset[str]:
    """Return on which kinds of device with blocks of their own a run computed.

    They are those of ``module_code.APART``; `machine` is what the record says of it.
    """
    addresses = {str(each.get("address")).split(":")[0] for each in machine.get("devices", [])}
    return frozenset(addresses & set(module_code.APART))


def registered() -> dict[str, dict[str, str]]:
    """Return the rows of the image registry by path."""
    file = paths.root() / REGISTRY
    if not file.is_file():
        return {}
    with file.open(encoding="utf-8", newline="") as rows:
        return {row["path"]: row for row in csv.DictReader(rows)}


def inputs_of(
    modules: Iterable[str], opened: Iterable[str], machine: Mapping[str, Any]
) -> dict[str, str]:
    """Return key → sha256 of what a run imported and opened.

    Parameters
    ----------
    modules : iterable of str
        Files of the ``gpu_course`` modules in the kernel.
    opened : iterable of str
        Every file the kernel opened for reading; those that are none of the course's own data
        nor a registered image do not count.
    machine : mapping
        On what it computed.
    """
    found: dict[str, str] = {}
    used = devices_apart(machine)
    kernels = [file for file in map(Path, opened) if file.suffix == ".cl"]
    sources = {
        f"src/gpu_course/{file.relative_to(paths.package()).as_posix()}": file
        for file in (source.resolve() for source in [*map(Path, modules), *kernels])
        if file.is_relative_to(paths.package())
    }
    for key, file in sources.items():
        if not JUDGES.fullmatch(key):
            found[key] = digest(file, used, beside(key, sources))
    rows = registered()
    # A registered file may have come from a package, the cache or a mirror, under various names.
    ends = {row_path: row_path for row_path in rows}
    ends |= {row["package"].partition(":")[2]: path for path, row in rows.items() if row["package"]}
    data = paths.data().resolve()
    for file in map(Path, opened):
        if not file.is_file():
            continue
        resolved = file.resolve()
        if resolved.is_relative_to(data):
            key = f"data/{resolved.relative_to(data).as_posix()}"
            if key not in (REGISTRY, MASKS):
                found[key] = sha256(resolved)
        else:
            for end, row_path in ends.items():
                if resolved.as_posix().endswith(f"/{end}") and (
                    sha256_of(resolved.read_bytes()) == rows[row_path]["sha256"]
                ):
                    found[f"{REGISTRY}::{row_path}"] = rows[row_path]["sha256"]
    return dict(sorted(found.items()))


def read(notebook: nbformat.NotebookNode | None) -> dict[str, Any]:
    """Return the record of a stored notebook, or an empty one."""
    return dict(notebook.metadata.get(KEY, {})) if notebook else {}


def problems(chapter: Chapter) -> list[str]:
    """Return why the stored output of `chapter` does not belong to the tree; empty if it does."""
    if not chapter.code_cells:
        return []
    executed = notebooks.read_executed(chapter)
    record = read(executed)
    if not executed or not record:
        return ["has no stored output"]
    spared = _drawn_earlier(chapter, record)
    counted = {key: sha for key, sha in record["inputs"].items() if key not in spared}
    found = _stale(chapter, record, counted)
    for name, expected in record.get("trained", {}).items():
        file = paths.data() / "weights" / name
        if not file.is_file() or sha256(file) != expected:
            found.append(f"data/weights/{name}: is not what the chapter trained")
    file = scores_path(chapter)
    written = json.loads(file.read_text(encoding="utf-8"))["scores"] if file.is_file() else []
    if written != shown_scores(executed):
        found.append(f"data/scores/{chapter.name}.json: differs from the scores on the page")
    return found


def stale(
    chapter: Chapter, record: Mapping[str, Any], besides: Mapping[str, str] | None = None
) -> list[str]:
    """Return which inputs of a run differ from those of the tree; empty if none does.

    All count, whether they compute or draw.

    Parameters
    ----------
    chapter : Chapter
    record : mapping
        Of the run.
    besides : mapping, optional
        Key → sha256 of files that the tree is about to hold, such as new weights.
    """
    return _stale(chapter, record, record["inputs"], besides)


def _stale(
    chapter: Chapter,
    record: Mapping[str, Any],
    inputs: Mapping[str, str],
    besides: Mapping[str, str] | None = None,
) -> list[str]:
    """Return what `stale` returns, for these of the run's inputs alone."""
    found = []
    if record["code"] != chapter.code:
        found.append(f"book/{chapter.name}.md: its code cells changed")
    changed = _changed(record, inputs, besides)
    found += [f"{key.replace('::', ': ')}: {what}" for key, what in changed.items()]
    found += [f"was executed without {what}" for what in record.get("lacks", [])]
    return found


def notes(book: Iterable[Chapter]) -> dict[str, str]:
    """Return the chapters of whose stored outputs `note` says anything, each with its words."""
    found = {each.name: note(each, read(notebooks.read_executed(each))) for each in book}
    return {name: words for name, words in found.items() if words}


def note(chapter: Chapter, record: Mapping[str, Any]) -> str:
    """Return by what a long run was drawn, if that has changed since; else ``""``."""
    modules = [key.removeprefix("src/gpu_course/") for key in _drawn_earlier(chapter, record)]
    return f"drawn by an earlier version of {', '.join(modules)}" if modules else ""


def _drawn_earlier(chapter: Chapter, record: Mapping[str, Any]) -> list[str]:
    """Return the modules that changed and do not stale `chapter`, because they only draw."""
    if not (chapter.trains or record.get("seconds", 0) > LONG):
        return []
    inputs = record.get("inputs", {})
    return list(_changed(record, {k: sha for k, sha in inputs.items() if k.startswith(DRAWS)}))


def _changed(
    record: Mapping[str, Any], inputs: Mapping[str, str], besides: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return which of the `inputs` of a run differ from the tree: key → what became of it."""
    rows, used = registered(), devices_apart(record.get("machine", {}))
    found = {}
    for key, expected in inputs.items():
        actual = (besides or {}).get(key) or _now(key, rows, used, beside(key, record["inputs"]))
        if actual != expected:
            found[key] = "changed" if actual else "is gone"
    return found


def _now(
    key: str, rows: dict[str, dict[str, str]], used: frozenset[str], imported: frozenset[str]
) -> str:
    """Return the sha256 that the tree holds for an input today, or ``""``."""
    if key.startswith(f"{REGISTRY}::"):
        return rows.get(key.partition("::")[2], {}).get("sha256", "")
    if key.startswith("src/gpu_course/"):
        file = paths.package() / key.removeprefix("src/gpu_course/")
    else:
        file = paths.root() / key
    return digest(file, used, imported) if file.is_file() else ""


def scores_path(chapter: Chapter) -> Path:
    """Return where the scores that `chapter` shows are stored."""
    return paths.data() / "scores" / f"{chapter.name}.json"


def shown_scores(notebook: nbformat.NotebookNode) -> list[dict[str, Any]]:
    """Return the score records that a notebook's outputs carry, in order."""
    return [
        dict(score)
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for score in output.get("data", {}).get(scores.MIME, [])
    ]
