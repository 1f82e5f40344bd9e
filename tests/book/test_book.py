"""The rules that every chapter keeps, read from its source and from its stored outputs."""

import base64
import io
import re
import tokenize
from pathlib import Path
from typing import Any

import numpy as np
import pages
import pytest
import staging
import yaml
from PIL import Image

from gpu_course import images, paths
from gpu_course.book import chapters, execution, links, notebooks, records
from gpu_course.images import registry
from tests.site.toc import CHAPTERS, MADE, PAGES

BOOK = {name: chapters.read(name) for name in chapters.names()}
WITH_CODE = [name for name in CHAPTERS if BOOK[name].code_cells]
METHODS = [
    name
    for name in CHAPTERS
    if name != "index"
    and not name.startswith(("reference/", "teaching/"))
    # Questions at a section's end have a shape of their own, see test_self_checks.py.
    and not name.endswith("/self-check")
]

# A statement that was broken to fit its box counts once, but a cell stays short all the same.
CELL_STATEMENTS, CELL_LINES = 14, 17

# The sets that a reader may lack: a chapter goes on without them.
PHOTOGRAPHS = [
    name
    for name in images.names()
    if any(not registry.entry(path).package for path in images.files(name)) or name == "cells3d"
]

every_chapter = pytest.mark.parametrize("name", CHAPTERS)
every_run = pytest.mark.parametrize("name", WITH_CODE)


def source(name):
    return (paths.root() / "book" / f"{name}.md").read_text(encoding="utf-8")


def prose(name):
    return "\n\n".join(c.source for c in BOOK[name].notebook.cells if c.cell_type == "markdown")


def stored(name):
    """Return (cell of the chapter, its stored outputs) for each code cell."""
    executed = notebooks.read_executed(BOOK[name])
    assert executed is not None, f"{name} has no stored output: run `make execute`"
    kept = [cell for cell in executed.cells if cell.cell_type == "code"]
    return list(zip(BOOK[name].code_cells, [cell.outputs for cell in kept], strict=True))


def opening(cell):
    return cell.source.strip().splitlines()[0]


# --- the table of contents ----------------------------------------------------------------------


def test_table_of_contents_lists_every_chapter_once_and_no_other():
    assert sorted(PAGES) == sorted([*BOOK, *MADE])


def test_titles_in_the_menu_are_short():
    entries = re.findall(
        r"title: (.+)", (paths.root() / "_toc.yml").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [title for title in entries if len(title) > 40] == []


# --- front matter -------------------------------------------------------------------------------


@every_chapter
def test_front_matter_is_complete(name):
    head = yaml.safe_load(source(name).split("---\n")[1])
    assert head["jupytext"]["text_representation"] == {"extension": ".md", "format_name": "myst"}
    # One and the same: a chapter with another kernel's name would not start elsewhere.
    python = {"display_name": "Python 3", "language": "python", "name": "python3"}
    assert head["kernelspec"] == python
    course = head["course"]
    always = {"minutes", "exercise_minutes", "needs", "before"}
    taught = {"in_class"} if name in METHODS else set()
    sometimes = {"trains", "two_hours", "images"} | ({"in_class_sections"} if taught else set())
    assert set(course) - sometimes == always | taught
    # Chapters that train weights run before those that read them.
    assert course.get("trains", False) is ("weights.own(" in source(name))
    assert isinstance(course["minutes"], int)
    assert course["minutes"] > 0
    assert isinstance(course["exercise_minutes"], int)
    assert course["exercise_minutes"] >= 0
    assert set(course["needs"]) <= set(pages.NEEDS)
    # An execution refuses to store a page that lacks one of them.
    code = "\n".join(cell.source for cell in BOOK[name].code_cells)
    shown = {each for each in PHOTOGRAPHS if f'"{each}"' in code}
    assert set(course.get("images", [])) == shown
    assert set(course["before"]) <= set(CHAPTERS) - {name}
    has_exercise = "{exercise-start}" in source(name)
    assert has_exercise == (course["exercise_minutes"] > 0)


@pytest.mark.parametrize("name", METHODS)
def test_chapter_is_taught_in_class_or_at_home(name):
    course = BOOK[name].course
    assert isinstance(course["in_class"], int)
    assert 0 <= course["in_class"] <= course["minutes"] + course["exercise_minutes"]
    shown = course.get("in_class_sections", [])
    assert bool(shown) == (course["in_class"] > 0)
    assert course.get("two_hours", True) is True
    assert not course.get("two_hours") or course["in_class"]
    headings = re.findall(r"^## (.+)$", prose(name), re.MULTILINE)
    assert [heading for heading in shown if heading not in headings] == []
    # In the order of the page: the class reads downwards.
    assert shown == sorted(shown, key=headings.index)


def test_chapters_before_a_chapter_stand_before_it():
    wrong = [
        f"{name} wants {before} before it"
        for name in CHAPTERS
        for before in BOOK[name].course["before"]
        if PAGES.index(before) > PAGES.index(name)
    ]
    assert not wrong


@every_chapter
def test_label_stands_on_the_only_title(name):
    # Two parts may each have an introduction: then the part's name tells them apart.
    part, _, chapter = name.rpartition("/")
    allowed = {f"ch-{chapter}", f"ch-{part}-{chapter}"}
    titles = re.findall(r"^(?:\((\S+)\)=\n+)?# .+$", prose(name), re.MULTILINE)
    assert len(titles) == 1
    assert titles[0] in allowed


def test_every_label_is_defined_once():
    labels = [
        label
        for name in CHAPTERS
        for label in re.findall(r"^\((\S+)\)=$|^:label: (\S+)$", prose(name), re.MULTILINE)
    ]
    figures = [
        cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
        for name in CHAPTERS
        for cell in BOOK[name].code_cells
    ]
    found = ["".join(label) for label in labels] + [figure for figure in figures if figure]
    assert sorted(found) == sorted(set(found))


def test_notebooks_know_where_every_reference_leads():
    # The site's own references are checked by Sphinx; a notebook would show the bare label.
    known = set(links.chapter_links(BOOK.values()).targets)
    known |= {f"ch-{name.rpartition('/')[2]}" for name in MADE}
    asked = {
        (name, label)
        for name in CHAPTERS
        for label in re.findall(r"\{(?:ref|numref)\}`(?:[^`<]*<)?([\w:.-]+)>?`", prose(name))
    }
    assert asked
    assert sorted((name, label) for name, label in asked if label not in known) == []


# --- text ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", METHODS)
def test_chapter_says_what_to_remember_in_three_to_five_points(name):
    section = re.search(r"^## What to remember\n(.*?)(?=^## |\Z)", prose(name), re.M | re.S)
    assert section, "no section “What to remember”"
    assert 3 <= len(re.findall(r"^[*-] ", section[1], re.MULTILINE)) <= 5


@pytest.mark.parametrize("name", METHODS)
def test_chapter_begins_with_what_you_will_be_able_to_do(name):
    box = re.search(
        r"\{admonition\} What you will be able to do\n(.*?)^:::", prose(name), re.M | re.S
    )
    assert box
    assert 2 <= len(re.findall(r"^[*-] ", box[1], re.MULTILINE)) <= 4


# --- cells --------------------------------------------------------------------------------------


@every_run
def test_cells_are_short(name):
    long = {}
    for cell in BOOK[name].code_cells:
        tokens = tokenize.generate_tokens(io.StringIO(cell.source).readline)
        statements = sum(token.type == tokenize.NEWLINE for token in tokens)
        lines = sum(bool(line.strip()) for line in cell.source.splitlines())
        if statements > CELL_STATEMENTS or lines > CELL_LINES:
            long[opening(cell)] = (statements, lines)
    assert long == {}


@every_run
def test_pictures_have_a_caption_and_alt_text(name):
    lacking = []
    for cell, outputs in stored(name):
        settings = cell.metadata.get("mystnb", {})
        alt = str(settings.get("image", {}).get("alt", "")).strip() or staging.alt_of(outputs)
        caption = str(settings.get("figure", {}).get("caption", "")).strip()
        for output in outputs:
            data = output.get("data", {})
            picture = any(kind.startswith("image/") for kind in data)
            html = data.get("text/html", "")
            if picture and not (alt and caption):
                lacking.append(f"alt or caption: {opening(cell)}")
            if "<img" in html and not caption:
                lacking.append(f"caption: {opening(cell)}")
            tags = re.findall(r"<img\b[^>]*>", html)
            if any(not re.search(r'\balt="[^"]+"', tag) for tag in tags):
                lacking.append(f"alt in HTML: {opening(cell)}")
    assert not lacking


# A caption that begins a sentence with a place (“Left: …”, “Above, …”), or has it as “(left)”.
PLACE = re.compile(r"(?:^|[.:)] )(Left|Right|Above|Below)\b[:,]|\((left|right|above|below)\)")


def places(caption: str) -> set[str]:
    """Return the places that a caption names as those of its panels, in small letters."""
    return {(first or second).lower() for first, second in PLACE.findall(caption)}


def parted(picture: np.ndarray, axis: int) -> bool:
    """Return whether a white line through the picture's inner part runs along `axis`."""
    white = (picture >= 240).all(axis=axis)
    margin = len(white) // 5  # beside the panels there is white around labels, too
    return bool(white[margin:-margin].any())


def contradiction(caption: str, picture: np.ndarray) -> bool:
    """Return whether a caption says “left” of panels that lie one above the other, or “above”.

    Parameters
    ----------
    caption : str
        What the reader is told.
    picture : (Y, X) uint8 array
        The grey values of the stored picture. Where no white line parts its panels, nothing is
        known of them, and nothing contradicts.
    """
    said = places(caption)
    side_by_side, stacked = parted(picture, 0), parted(picture, 1)
    wrong_side = said & {"left", "right"} and stacked and not side_by_side
    wrong_height = said & {"above", "below"} and side_by_side and not stacked
    return bool(wrong_side or wrong_height)


@pytest.mark.parametrize(
    ("caption", "stacked"),
    [
        ("Memory in use. Left, all is kept. Right, one call.", True),
        ("All labels (left), and the large ones (right).", True),
        ("Above: the first network. Below: the second.", False),
    ],
)
def test_a_caption_against_the_layout_is_noticed(caption, stacked):
    panels = np.full((100, 40), 90, np.uint8)
    panels[45:55] = 255
    if not stacked:
        panels = panels.T
    assert contradiction(caption, panels)
    assert not contradiction(caption, panels.T)
    assert not contradiction(caption, np.full((100, 40), 90, np.uint8))


@every_run
def test_captions_name_the_places_where_the_panels_lie(name):
    wrong = []
    for cell, outputs in stored(name):
        caption = str(cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", ""))
        for output in outputs:
            for kind, data in output.get("data", {}).items():
                if kind in {"image/png", "image/jpeg", "image/webp"}:
                    image = Image.open(io.BytesIO(base64.b64decode(data))).convert("L")
                    if contradiction(" ".join(caption.split()), np.asarray(image)):
                        wrong.append(opening(cell))
    assert not wrong


# Outputs are made anew, and the next run has another history.
ONE_RUN = re.compile(r"interrupted|resumed|run shown|\b(?:first|last) \d+ epochs")


@every_run
def test_captions_tell_nothing_that_holds_for_one_run_alone(name):
    said = []
    for cell in BOOK[name].code_cells:
        settings = cell.metadata.get("mystnb", {})
        for kind, key in (("figure", "caption"), ("image", "alt")):
            text = " ".join(str(settings.get(kind, {}).get(key, "")).split())
            said += [f"{opening(cell)}: {found}" for found in ONE_RUN.findall(text)]
    assert not said


@every_run
def test_an_output_is_no_list_of_objects(name):
    # “<Figure size 640x480 …>” or “[<matplotlib.lines.Line2D at 0x…>]” beside a picture is noise.
    noise = [
        opening(cell)
        for cell, outputs in stored(name)
        for output in outputs
        if re.search(r"<[\w. ]+ at 0x", output.get("text", ""))
        or (set(output.get("data", {})) == {"text/plain"} and " at 0x" in str(output.data))
    ]
    assert not noise


# --- stored outputs -----------------------------------------------------------------------------


def texts(value: Any) -> list[str]:
    """Return every text in a stored output except pictures, whose base64 holds any letters."""
    if isinstance(value, str):
        return [re.sub(r"data:[\w/+.-]+;base64,[\w+/=]+", "", value)]
    if isinstance(value, dict):
        return [t for k, v in value.items() if not k.startswith("image/") for t in texts(v)]
    if isinstance(value, list):
        return [t for each in value for t in texts(each)]
    return []


@every_run
def test_stored_outputs_belong_to_the_tree(name):
    assert records.problems(BOOK[name]) == []


@every_run
def test_stored_outputs_name_no_folder_of_a_machine_and_no_warning(name):
    home = re.compile(r"/(?:home|Users|root|tmp|var/folders)/[\w.]|[A-Z]:\\\\?Users|site-packages")
    # As whole names: the home /root is not in deep-learning/roots-unet.
    own = [
        re.compile(re.escape(folder) + r"(?![\w-])")
        for folder in {str(paths.root()), str(Path.home())} - {"/"}
    ]
    for cell, outputs in stored(name):
        assert [o for o in outputs if o.get("name") == "stderr"] == [], opening(cell)
        assert [o for o in outputs if o.output_type == "error"] == [], opening(cell)
        for text in texts(outputs):
            assert not home.search(text), opening(cell)
            assert not any(folder.search(text) for folder in own), opening(cell)


@every_run
def test_outputs_of_a_page_keep_the_budget(name):
    assert execution.output_size(notebooks.read_executed(BOOK[name])) <= execution.PAGE_BUDGET


def test_outputs_of_the_book_keep_the_budget():
    folder = paths.root() / "ci" / "outputs"
    assert sum(file.stat().st_size for file in folder.rglob("*.ipynb")) <= execution.BOOK_BUDGET
    stray = {str(f.relative_to(folder).with_suffix("")) for f in folder.rglob("*.ipynb")}
    assert stray == set(WITH_CODE)
