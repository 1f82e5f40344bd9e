"""Who may know whom in `gpu_course`, asked of the source, imports inside functions included.

The lists of known offenders only shrink: an entry that no longer offends fails the test, so that it
is struck off with the change that mends it.
"""

import ast
import importlib
from functools import cache
from pathlib import Path

import pytest

from gpu_course import paths

GROUND = {"errors", "paths", "files", "timing", "lazy_names"}
ROOMS = GROUND | {"devices", "sizes", "images", "display", "scoring", "exercises", "scores", "cle"}
SUBJECTS = {"classical", "deconvolution", "pixel_classification", "deep_learning"}

MAY_KNOW = {
    "errors": set(),
    "paths": set(),
    "lazy_names": set(),
    "timing": {"devices"},
    "files": {"errors"},
    "sizes": {"errors", "devices"},
    "devices": {"errors", "files", "paths", "lazy_names"},
    "images": {"errors", "paths", "sizes", "lazy_names"},
    "display": {"errors", "lazy_names"},
    "scoring": {"errors", "lazy_names"},
    "scores": {"errors", "paths"},
    "exercises": {"errors"},
    "cle": {"devices"},
    "napari_view": {"display"},
    **dict.fromkeys(SUBJECTS, ROOMS),
    "napari_plugin": {"errors", "pixel_classification"},
    "doctor": {"errors", "paths", "devices", "images", "sizes", "cle"},
    "book": {"errors", "paths", "files", "devices"},
}
"""Package → the other packages it may import. The command line knows all."""

KNOWN_STEPS: set[tuple[str, str]] = set()
"""Imports that break the table today: (module, package)."""

KNOWN_CIRCLES: set[tuple[str, str]] = set()
"""Pairs of modules that import each other today."""

KNOWN_TWINS = {
    "gpu_course.display.charts",
    "gpu_course.deep_learning.prediction",
    "gpu_course.deep_learning.stardist.prediction",
    "gpu_course.deep_learning.stardist.training",
    "gpu_course.deep_learning.training",
    "gpu_course.deconvolution.profile_widths",
    "gpu_course.display.scale_bars",
    "gpu_course.images.downloads",
}
"""Modules that define a function of their own name."""


@cache
def modules() -> dict[str, Path]:
    """Return every module of the package by its dotted name."""
    found = {}
    for file in paths.package().rglob("*.py"):
        if "_shipped" not in file.parts:
            parts = file.relative_to(paths.package().parent).with_suffix("").parts
            found[".".join(parts).removesuffix(".__init__")] = file
    return found


@cache
def imports(module: str) -> frozenset[str]:
    """Return the modules of the package that `module` imports, wherever in its source."""
    found = set()
    for node in ast.walk(ast.parse(modules()[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{name.name}" for name in node.names]
            found |= {name if name in modules() else node.module for name in names}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return frozenset(name for name in found if name.split(".")[0] == "gpu_course")


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def test_no_import_is_relative():
    """`imports` reads absolute ones alone."""
    relative = [
        module
        for module, file in modules().items()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_every_package_is_in_the_table():
    assert {room(module) for module in modules()} - {"", "cli"} == set(MAY_KNOW)


def test_knowledge_goes_down_the_house():
    wrong = {
        (module, room(other))
        for module in modules()
        if room(module) not in {"", "cli"}
        for other in imports(module)
        if room(other) not in {"", room(module)} | MAY_KNOW[room(module)]
    }
    assert wrong == KNOWN_STEPS


def test_no_two_modules_import_each_other():
    circles = {
        (one, other)
        for one in modules()
        for other in imports(one)
        if other in modules() and one < other and one in imports(other)
    }
    # A package and its own modules: the face imports them, they import their neighbours.
    assert {c for c in circles if not c[1].startswith(f"{c[0]}.")} == KNOWN_CIRCLES


# Importing the plugin's face starts napari; it has tests of its own.
FACES = sorted(
    name
    for name, file in modules().items()
    if file.name == "__init__.py" and room(name) != "napari_plugin"
)


def test_a_name_means_one_thing():
    """Once the face hands a twin on, what its name means depends on the order of imports."""
    twins = {
        module
        for module, file in modules().items()
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == file.stem
    }
    assert twins == KNOWN_TWINS


@pytest.mark.parametrize("face", FACES)
def test_every_public_name_resolves(face):
    package = importlib.import_module(face)
    missing = [name for name in getattr(package, "__all__", ()) if not hasattr(package, name)]
    assert missing == []


@pytest.mark.parametrize("subject", sorted(SUBJECTS))
def test_no_subject_imports_another(subject):
    mine = [module for module in modules() if room(module) == subject]
    assert {room(o) for m in mine for o in imports(m)} & (SUBJECTS - {subject}) == set()
