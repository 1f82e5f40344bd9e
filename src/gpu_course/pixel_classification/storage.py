"""Save a classifier, and load one that a stranger may have sent.

Python's usual way to keep a model, pickle, runs whatever code the file asks for. A forest needs
none of that: it is a few arrays of numbers and a recipe. So the file is a zip archive that NumPy
reads too (``.npz``), with one ``.npy`` for each array and ``model.json`` for the rest. Numbers can
lie as well: nodes that lead in a circle would keep a program busy for ever, and a small archive can
unpack to more than the memory. So sizes are looked at before anything is read, and every number
before it is used. The table of strokes, where there is one, is two more arrays.
"""

import dataclasses
import io
import json
import math
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError
from gpu_course.files import write_atomic
from gpu_course.pixel_classification.forest import Forest
from gpu_course.pixel_classification.integrity import problem
from gpu_course.pixel_classification.recipe import Recipe, names
from gpu_course.pixel_classification.seen import Seen
from gpu_course.pixel_classification.stroke_table import StrokeTable
from gpu_course.pixel_classification.stroke_table import problem as problem_of_strokes

FORMAT = "gpu-course pixel classifier"
VERSION = 1
ARRAYS: dict[str, np.dtype[Any]] = {
    "feature": np.dtype("<i4"),
    "threshold": np.dtype("<f4"),
    "left": np.dtype("<i4"),
    "right": np.dtype("<i4"),
    "probability": np.dtype("<f8"),
    "roots": np.dtype("<i4"),
}
#: Both or none; what was painted.
STROKES: dict[str, np.dtype[Any]] = {
    "painted_features": np.dtype("<f4"),
    "painted_labels": np.dtype("u1"),
}
#: What `Trained` says beside recipe, arrays and grey values, in the order of ``model.json``.
SETTINGS = ("ndim", "classes", "trees", "depth", "seed", "importances", "class_names")
TABLES = ("probability.npy", "painted_features.npy")
#: Bytes of the file, of all it unpacks to, and of its text. A usual model has 0.1 MB.
LARGEST_FILE, LARGEST_CONTENT, LARGEST_TEXT = 1 << 28, 1 << 29, 1 << 20


@dataclasses.dataclass(frozen=True)
class Trained:
    """All that a classifier has learned, and the settings it learned with."""

    recipe: Recipe
    trees: int
    depth: int | None
    seed: int
    forest: Forest
    classes: tuple[int, ...]  # the labels that were painted, ascending
    ndim: int  # spatial axes of the images it learned from
    # How much each feature helped the forest, in the order of the recipe's names.
    importances: tuple[float, ...]
    strokes: StrokeTable | None = None  # what it learned from, so that it can be corrected
    class_names: tuple[str, ...] = ()  # what a person calls the classes, in their order; or empty
    seen: Seen | None = None  # grey values of the images it learned from; None in older files


class _WrongError(Exception):
    """What is wrong with a file, in words that complete a sentence."""


def save(trained: Trained, path: Path | str) -> Path:
    """Write what a classifier has learned to a file, and return its path.

    By custom the path ends in ``.npz``. A file of that name is replaced, at once or not at all.

    Raises
    ------
    CourseError
        If the file cannot be written, or would be larger than `load` takes.
    """
    model = {
        "format": FORMAT,
        "version": VERSION,
        "recipe": dataclasses.asdict(trained.recipe),
        **{name: getattr(trained, name) for name in SETTINGS},
        "seen": None if trained.seen is None else dataclasses.asdict(trained.seen),
    }
    arrays = {name: (getattr(trained.forest, name), dtype) for name, dtype in ARRAYS.items()}
    if trained.strokes is not None:
        painted = (trained.strokes.features, trained.strokes.labels)
        arrays |= {n: (a, d) for a, (n, d) in zip(painted, STROKES.items(), strict=True)}
    if sum(array.nbytes for array, _ in arrays.values()) > LARGEST_CONTENT - LARGEST_TEXT:
        raise CourseError(
            f"The model would be larger than {LARGEST_CONTENT >> 20} MB. "
            "Paint fewer pixels, or take fewer trees."
        )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.json", json.dumps(model, indent=1))
        for name, (values, dtype) in arrays.items():
            array = io.BytesIO()
            values = np.ascontiguousarray(values, dtype=dtype)
            np.lib.format.write_array(array, values, version=(1, 0), allow_pickle=False)
            archive.writestr(f"{name}.npy", array.getvalue())
    return write_atomic(path, content.getvalue())


def load(path: Path | str) -> Trained:
    """Read what a classifier has learned from a file that :func:`save` wrote.

    Its forest predicts as the saved one did, to the last bit.

    Raises
    ------
    CourseError
        If there is no such file, or it is damaged, or is something else, or does not add up.
    """
    path = Path(path)
    try:
        if not path.is_file():
            raise CourseError(f"There is no file {path}. Check the path.")
        if path.stat().st_size > LARGEST_FILE:
            raise _WrongError("it is far too large")
        with zipfile.ZipFile(path) as archive:
            return _read(archive)
    except CourseError:
        raise
    except _WrongError as error:
        cause = str(error)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        cause = "it is damaged, or is no zip archive"
    except Exception:
        # A stranger's file can break the readers of zip, .npy and JSON in many ways.
        cause = "it cannot be read"
    raise CourseError(
        f"{path.name} is not a usable pixel classifier: {cause}. "
        "Save the classifier again, or choose another file."
    )


def _read(archive: zipfile.ZipFile) -> Trained:
    members = {info.filename: info for info in archive.infolist()}
    expected = ARRAYS | (STROKES if f"{next(iter(STROKES))}.npy" in members else {})
    wanted = {"model.json", *(f"{name}.npy" for name in expected)}
    if set(members) != wanted or len(archive.infolist()) != len(wanted):
        raise _WrongError("its contents are not those of a classifier")
    if sum(info.file_size for info in members.values()) > LARGEST_CONTENT:
        raise _WrongError("it would unpack to far more than a classifier needs")
    if members["model.json"].file_size > LARGEST_TEXT:
        raise _WrongError("its description is far too long")
    model = _description(archive.read("model.json"))
    arrays: dict[str, Any] = {
        name: _array(archive, members[f"{name}.npy"], dtype) for name, dtype in expected.items()
    }
    painted = [arrays.pop(name) for name in STROKES if name in arrays]
    strokes = StrokeTable(*painted) if painted else None
    count = len(names(model["recipe"], model["ndim"]))
    forest = Forest(**arrays, features=count)
    wrong = problem(forest, len(model["classes"]))
    if strokes is not None:
        wrong = wrong or problem_of_strokes(strokes, count, model["classes"])
    if wrong:
        raise _WrongError(wrong)
    if len(model["importances"]) != count or len(forest.roots) != model["trees"]:
        raise _WrongError("its description and its trees do not belong together")
    return Trained(forest=forest, strokes=strokes, **model)


def _description(text: bytes) -> dict[str, Any]:
    """Return the content of ``model.json``, each value of the type it must have."""
    try:
        model = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _WrongError("its description is no JSON") from error
    if not isinstance(model, dict) or model.get("format") != FORMAT:
        raise _WrongError("it was written by another program")
    if model.get("version") != VERSION:
        raise _WrongError("it has a version that this course does not know: update the course")
    written = model.get("recipe")
    fields = {field.name for field in dataclasses.fields(Recipe)}
    if not isinstance(written, dict) or set(written) != fields:
        raise _WrongError("its recipe is incomplete")
    tuples: dict[str, Any] = {
        key: tuple(v) if isinstance(v, list) else v for key, v in written.items()
    }
    try:
        recipe = Recipe(**tuples)  # it checks its values itself
    except (CourseError, TypeError) as error:
        raise _WrongError("its recipe makes no sense") from error
    model.setdefault("class_names", [])
    classes, importances, called = (
        model.get(name) for name in ("classes", "importances", "class_names")
    )
    right = (
        model.get("ndim") in (2, 3)
        and (recipe.voxel_size is None or len(recipe.voxel_size) == model["ndim"])
        and _whole(model.get("trees"), 1, 10_000)
        and (model.get("depth") is None or _whole(model["depth"], 1, 1_000))
        and _whole(model.get("seed"), 0, 2**32 - 1)
        and isinstance(classes, list)
        and len(classes) >= 2
        and all(_whole(value, 1, 255) for value in classes)
        and classes == sorted(set(classes))
        and isinstance(importances, list)
        and all(isinstance(v, float) and math.isfinite(v) and v >= 0 for v in importances)
        and isinstance(called, list)
        and len(called) in (0, len(classes))
        and all(isinstance(name, str) for name in called)
    )
    if not right:
        raise _WrongError("its description makes no sense")
    settings = {name: model.get(name) for name in SETTINGS}
    settings |= {n: tuple(v) for n, v in settings.items() if isinstance(v, list)}
    return {"recipe": recipe, "seen": _seen(model.get("seen")), **settings}


def _seen(written: object) -> Seen | None:
    if written is None:
        return None
    fields = [field.name for field in dataclasses.fields(Seen)]
    if not isinstance(written, dict) or list(written) != fields:
        raise _WrongError("it does not say what it learned from")
    values = list(written.values())
    if not all(isinstance(v, float) and math.isfinite(v) for v in values) or values != sorted(
        values
    ):
        raise _WrongError("what it says it learned from makes no sense")
    return Seen(*values)


def _whole(value: object, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return an array of the archive; its header is compared with its size before it is read."""
    with archive.open(member) as file:
        if np.lib.format.read_magic(file) != (1, 0):
            raise _WrongError(f"{member.filename} has an unknown form")
        shape, fortran, found = np.lib.format.read_array_header_1_0(file)
        if found != dtype or fortran or len(shape) != (2 if member.filename in TABLES else 1):
            raise _WrongError(f"{member.filename} holds numbers of the wrong kind")
        size = math.prod(shape) * dtype.itemsize
        if min(shape) < 0 or size > member.file_size:
            raise _WrongError(f"{member.filename} is shorter than it says")
        content = file.read(size + 1)
    if len(content) != size:
        raise _WrongError(f"{member.filename} is not as long as it says")
    return np.frombuffer(content, dtype).reshape(shape)
