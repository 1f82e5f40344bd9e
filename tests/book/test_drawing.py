"""What a change in a module that draws asks for, by the records of the book as it is.

No file is changed: the digest of one module is answered as if it had been.
"""

import ast
import importlib
from types import ModuleType

import pytest

from gpu_course import paths
from gpu_course.book import chapters, notebooks, records
from gpu_course.book.chapters import Chapter

BOOK = [chapter for chapter in chapters.read_all() if chapter.code_cells]
FOUND = {chapter.name: records.read(notebooks.read_executed(chapter)) for chapter in BOOK}
MODULES = sorted(file.name for file in (paths.package() / "display").glob("*.py"))


def code_of(chapter: Chapter) -> str:
    return "\n".join(cell.source for cell in chapter.code_cells)


TRAINED = {chapter.name for chapter in BOOK if "weights.own(" in code_of(chapter)}
LONG = TRAINED | {name for name, found in FOUND.items() if found["seconds"] > 300}
"""Save weights of the course, or took more than five minutes."""

WIDGETS = {
    "divider.py": "before_after",
    "linked.py": "link_table",
    "maps.py": "show_maps",
    "scatter.py": "link_table",
    "scrubber.py": "z_scrubber",
}
"""Module → the function by which a cell comes to use it."""

PICTURES = {
    *("chart", "curves", "finish", "heat_map", "style", "Panels", "show"),
    *("errors_overlay", "label_overlay", "strokes_overlay", "light_picture"),
    *("ERRORS_KEY", "PALETTE"),
}
"""Names of `display` that give a picture, a part of one or words below it, and no other value."""


def users(module: str) -> set[str]:
    """Return the chapters whose run imported a module of `display`."""
    return {name for name, found in FOUND.items() if f"{records.DRAWS}{module}" in found["inputs"]}


@pytest.fixture
def edit(monkeypatch):
    """Return a function that says which chapters an edit of a module stales, and which it notes."""

    def edited(module: str) -> tuple[set[str], set[str]]:
        file, true = paths.package() / "display" / module, records.digest
        monkeypatch.setattr(
            records, "digest", lambda path, *used: "edited" if path == file else true(path, *used)
        )
        used = [chapter for chapter in BOOK if chapter.name in users(module)]
        reason = f"{records.DRAWS}{module}: changed"
        stale = {chapter.name for chapter in used if reason in records.problems(chapter)}
        return stale, set(records.notes(used))

    return edited


@pytest.mark.parametrize("module", MODULES)
def test_an_edit_of_display_stales_no_chapter_that_trains(module, edit):
    stale, noted = edit(module)
    assert stale == users(module) - LONG
    assert noted == users(module) & LONG


def test_chapters_that_train_draw_charts():
    """Else the test above would ask nothing."""
    assert len(TRAINED) >= 3
    assert users("charts.py") >= TRAINED


@pytest.mark.parametrize(("module", "function"), WIDGETS.items())
def test_an_edit_of_a_widget_stales_alone_the_chapters_that_show_it(module, function, edit):
    shown = {chapter.name for chapter in BOOK if f"{function}(" in code_of(chapter)}
    assert shown
    assert edit(module)[0] == shown - LONG


FACE = "gpu_course.display"


def taken(code: str) -> set[tuple[str, str]]:
    """Return (module, name) of all that a piece of source takes from `display`."""
    nodes = list(ast.walk(ast.parse(code)))
    imported = [
        (str(node.module), each.name, each.asname or each.name)
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for each in node.names
    ]
    rooms = {FACE} | {f"{FACE}.{module.removesuffix('.py')}" for module in MODULES}
    modules = {own: f"{module}.{name}" for module, name, own in imported}
    modules = {own: module for own, module in modules.items() if module in rooms}
    found = {(module, name) for module, name, own in imported if own not in modules}
    found |= {
        (modules[node.value.id], node.attr)
        for node in nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in modules
    }
    return {(module, name) for module, name in found if module.split(".")[:2] == FACE.split(".")}


def test_what_is_taken_from_display_is_found():
    code = """
from gpu_course import display, images
from gpu_course.display import charts as drawn, show
from gpu_course.deep_learning import picture
from gpu_course.display.chart_styles import INK
display.outlines(images.load(picture.of())), drawn.chart, show.alt
"""
    assert taken(code) == {
        ("gpu_course.display", "outlines"),
        ("gpu_course.display", "show"),
        ("gpu_course.display.charts", "chart"),
        ("gpu_course.display.chart_styles", "INK"),
    }


def offers(module: str, name: str) -> bool:
    """Return whether a module has something of a name."""
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError:
        return False
    return isinstance(found, ModuleType) and hasattr(found, name)


def test_cells_take_from_display_what_it_offers():
    """A name that is gone stales no long chapter, and must not wait for its next execution."""
    asked = {(chapter.name, *each) for chapter in BOOK for each in taken(code_of(chapter))}
    assert {name for name, *_ in asked} >= TRAINED
    assert [each for each in asked if not offers(*each[1:])] == []
    assert not offers("gpu_course.display", "nothing")
    assert not offers("gpu_course.display.nothing", "chart")


def test_a_long_chapter_takes_only_pictures_from_display():
    """A value from there, printed or computed with, would change with no one being told."""
    asked = set()
    for chapter in BOOK:
        if chapter.name in LONG:
            asked |= taken(code_of(chapter))
            for key in FOUND[chapter.name]["inputs"]:
                if key.endswith(".py") and not key.startswith(records.DRAWS):
                    asked |= taken((paths.root() / key).read_text(encoding="utf-8"))
    names = {name for module, name in asked if module != "gpu_course.display.chart_styles"}
    assert names <= PICTURES
    assert names >= {"show", "chart", "errors_overlay"}
