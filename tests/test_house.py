"""Who may know whom in `gpu_course`, asked of the source, imports inside functions included."""

import ast
import importlib
import re
from functools import cache
from pathlib import Path

import pytest

from gpu_course import exercises, paths
from gpu_course.book import chapters
from gpu_course.exercises import Check

GROUND = {"errors", "parameters", "paths", "files", "picture_files", "picture_folders", "timing"}
GROUND |= {"picture_tiff", "picture_orientation"}
GROUND |= {"lazy_names", "labels", "planes", "illumination", "brightness", "object_size", "fitted"}
ROOMS = GROUND | {"devices", "sizes", "images", "display", "metrics", "cle", "html_table"}
SUBJECTS = {"classical", "deconvolution", "pixel_classification", "deep_learning"}

MAY_KNOW = {
    "errors": set(),
    "writable": {"errors"},
    "environment": {"errors", "did_you_mean"},
    "command_line": {"errors", "writable", "environment"},
    "paths": set(),
    "lazy_names": set(),
    "parameters": {"errors"},
    "labels": {"errors"},
    "planes": {"errors"},
    "illumination": set(),
    "brightness": {"errors", "illumination", "planes"},
    "object_size": {"errors", "brightness", "planes"},
    "fitted": {"brightness", "object_size"},
    "html_table": set(),
    "did_you_mean": set(),
    "timing": {"devices"},
    "files": {"errors"},
    "picture_files": {"errors", "picture_tiff"},
    "picture_tiff": {"errors"},
    "picture_orientation": {"errors", "picture_tiff"},
    "picture_folders": set(),
    "sizes": {"errors", "devices"},
    "devices": {"errors", "files", "paths", "lazy_names", "html_table"},
    "images": {"errors", "paths", "sizes", "lazy_names", "labels", "did_you_mean"},
    "display": {"errors", "lazy_names", "labels"},
    "metrics": {"errors", "lazy_names", "labels", "parameters"},
    "scores": {"errors", "paths"},
    "runs": {"errors", "paths", "devices", "html_table"},
    "exercise_result": set(),
    "exercises": {"errors", "devices", "exercise_result"},
    "exercise_answers": {"exercises", "exercise_result", "devices"},
    "cle": {"devices"},
    "virtual_screen": {"errors"},
    "napari_view": {"errors", "display", "virtual_screen"},
    **dict.fromkeys(SUBJECTS, ROOMS),
    "scaling": ROOMS | {"classical", "deconvolution"},
    "own_images": ROOMS | {"classical", "deep_learning", "command_line", "writable"},
    "model_zoo": ROOMS | {"deep_learning", "own_images", "command_line"},
    "napari_plugin": {
        *("errors", "files", "picture_files", "picture_folders", "images", "display"),
        *("pixel_classification", "brightness"),
    },
    "doctor": {
        *("errors", "paths", "writable", "devices", "images", "sizes", "cle", "html_table"),
        "virtual_screen",
    },
    "book": {
        *("errors", "paths", "files", "devices", "images", "scores", "runs", "deep_learning"),
        *("command_line", "writable", "did_you_mean"),
    },
    "lessons": ROOMS
    | SUBJECTS
    | {"exercises", "exercise_answers", "exercise_result"}
    | {"napari_view", "napari_plugin", "scaling", "own_images"},
}
"""Package → the other packages it may import."""

FRONT = {"", "cli", "__main__"}
"""The package's own face, and the command line, which knows all."""


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
    return imported(ast.parse(modules()[module].read_text(encoding="utf-8")))


def imported(tree: ast.AST) -> frozenset[str]:
    """Return the modules of the package that a piece of source imports."""
    found = set()
    for node in ast.walk(tree):
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
    assert {room(module) for module in modules()} - FRONT == set(MAY_KNOW)


def test_knowledge_goes_down_the_house():
    wrong = {
        (module, room(other))
        for module in modules()
        if room(module) not in FRONT
        for other in imports(module)
        if room(other) not in {"", room(module)} | MAY_KNOW[room(module)]
    }
    assert wrong == set()


def test_no_two_modules_import_each_other():
    circles = {
        (one, other)
        for one in modules()
        for other in imports(one)
        if other in modules() and one < other and one in imports(other)
    }
    # A package and its own modules: the face imports them, they import their neighbours.
    assert {c for c in circles if not c[1].startswith(f"{c[0]}.")} == set()


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
    twins |= {
        f"{package}.{name}"
        for package, file in modules().items()
        if file.name == "__init__.py"
        for name in offered(file)
        if f"{package}.{name}" in modules()
    }
    assert twins == set()


def offered(face: Path) -> set[str]:
    """Return the functions and classes of a package's face, its own and those it hands on."""
    names = set()
    for node in ast.parse(face.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names |= set(ast.literal_eval(node.value))
    return names


@pytest.mark.parametrize("face", FACES)
def test_every_public_name_resolves(face):
    package = importlib.import_module(face)
    missing = [name for name in getattr(package, "__all__", ()) if not hasattr(package, name)]
    assert missing == []


@pytest.mark.parametrize("subject", sorted(SUBJECTS))
def test_no_subject_imports_another(subject):
    mine = [module for module in modules() if room(module) == subject]
    assert {room(o) for m in mine for o in imports(m)} & (SUBJECTS - {subject}) == set()


# --- lessons ------------------------------------------------------------------------------------

BOOK = {name: chapters.read(name) for name in chapters.names()}
LESSONS = "gpu_course.lessons."


def lesson(module: str) -> str:
    """Return the chapter whose room holds the module, such as ``"classical/devices"``, or ''."""
    parts = module.removeprefix(LESSONS).split(".")
    inside = module.startswith(LESSONS) and len(parts) > 1
    return "/".join(parts[:2]).replace("_", "-") if inside else ""


def cell_imports(source: str) -> frozenset[str]:
    """Return the modules of the package that a chapter's cell imports; magics are no Python."""
    code = "\n".join(line for line in source.splitlines() if not line.startswith(("%", "!")))
    return imported(ast.parse(code))


def included(name: str) -> list[tuple[bool, str]]:
    """Return what a chapter includes: whether inside a solution's box, and the file's path."""
    inside, found = False, []
    for line in (paths.root() / "book" / f"{name}.md").read_text(encoding="utf-8").splitlines():
        if box := re.search(r"\{solution-(start|end)\}", line):
            inside = box[1] == "start"
        if include := re.search(r"\{literalinclude\} /src/(\S+)\.py", line):
            found.append((inside, include[1].replace("/", ".")))
    return found


def test_the_library_knows_no_lesson():
    """`exercises` finds a lesson by the name that a notebook gives."""
    found = {(m, o) for m in modules() if room(m) != "lessons" for o in imports(m) if lesson(o)}
    assert found == set()


def test_a_lesson_knows_no_other_lesson():
    found = {
        (module, other)
        for module in modules()
        for other in imports(module)
        if lesson(module) and lesson(other) and lesson(module) != lesson(other)
    }
    assert found == set()


def test_cells_of_a_chapter_import_their_own_lesson_alone():
    found = {
        (name, other)
        for name, chapter in BOOK.items()
        for cell in chapter.code_cells
        for other in cell_imports(cell.source)
        if lesson(other) not in {"", name}
    }
    assert found == set()


def test_what_a_chapter_includes_is_its_own_or_the_librarys():
    shown = {(name, *file) for name in BOOK for file in included(name)}
    assert shown, "no chapter includes a file"
    assert {one for one in shown if one[2] not in modules()} == set()
    assert {one for one in shown if lesson(one[2]) not in {"", one[0]}} == set()


def test_a_solution_box_shows_solutions_or_the_library():
    shown = {file for name in BOOK for inside, file in included(name) if inside}
    assert any(lesson(file) for file in shown), "no box includes a solution"
    assert {f for f in shown if lesson(f) and not f.endswith(".solutions")} == set()


def test_every_lesson_has_its_chapter():
    assert {lesson(module) for module in modules()} - {"", *BOOK} == set()


def test_every_chapter_with_an_exercise_has_checks():
    asked = {
        name
        for name in BOOK
        if "{exercise-start}" in (paths.root() / "book" / f"{name}.md").read_text(encoding="utf-8")
    }
    have = {lesson(module) for module in modules() if module.endswith(".checks")}
    assert asked == have


CHECKS = sorted(module for module in modules() if module.endswith(".checks"))


@pytest.mark.parametrize("module", CHECKS)
def test_every_exercise_finds_its_solution(module):
    checks: dict[str, Check] = importlib.import_module(module).CHECKS
    for exercise, check in checks.items():
        name = f"{lesson(module)}/{exercise}"
        solution = exercises.course_solution(name)
        assert callable(solution), name
        default = f"{module.removesuffix('checks')}solutions:{exercise.replace('-', '_')}"
        assert check.solution != default, f"{name} need not say where its solution is"


# --- figures ------------------------------------------------------------------------------------

DRAWN = {"Panels", "Figure", "Widget"}

SHOWN = {
    "gpu_course.display.figures:show",
    "gpu_course.display.maps:show_maps",
    "gpu_course.display.volumes:show_views",
}
"""Show pictures, whose words a cell may hold in its metadata."""


def functions(module: str) -> list[ast.FunctionDef]:
    """Return the public functions of a module."""
    body = ast.parse(modules()[module].read_text(encoding="utf-8")).body
    return [n for n in body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]


def test_every_figure_has_words_for_those_who_cannot_see_it():
    found = set()
    for module in modules():
        for function in functions(module):
            returned = ast.unparse(function.returns) if function.returns else ""
            required = [
                argument.arg
                for argument, default in zip(
                    function.args.kwonlyargs, function.args.kw_defaults, strict=True
                )
                if default is None
            ]
            draws = set(re.findall(r"\w+", returned)) & DRAWN or re.search(
                r"_(figure|chart)$", function.name
            )
            if draws and "alt" not in required:
                found.add(f"{module}:{function.name}")
    assert found == SHOWN


def test_colours_have_names():
    """Widgets of `display` are pages of their own, with a style sheet."""
    widgets = {"linked", "divider", "scatter", "scrubber", "widget"}
    allowed = {"chart_styles", "colours", *widgets}
    found = {
        module
        for module, file in modules().items()
        if not (room(module) == "display" and file.stem in allowed)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", node.value)
    }
    assert found == set()


LONG = {
    "book/bundle/start.py": "it runs alone on a node, where nothing of the course is installed yet",
    "classical/segmentation.py": "the three recipes of one chapter, to be read side by side",
}
"""Modules of more than 300 lines, and why each is one module."""


def test_a_module_is_short_or_has_a_reason_not_to_be():
    lengths = {
        file.relative_to(paths.package()).as_posix(): file.read_text("utf-8").count("\n")
        for file in paths.package().rglob("*.py")
    }
    assert {name for name, lines in lengths.items() if lines > 300} == set(LONG)
