"""Every stored figure on a phone: its letters, computed, and where it is cut."""

import hashlib
import io
from base64 import b64decode

import numpy as np
import pytest
from drawings import Drawing
from phone import LEAST, PHONE, TALLEST, drawn_figures, fit_figures, plan
from PIL import Image

from gpu_course.book import chapters, notebooks

STRIP = Drawing(3, 1, 3, "all", True, 10.0)


@pytest.fixture(scope="module")
def stored():
    """Return chapter and cell, drawing and picture of every stored figure."""
    executed = {c.name: notebooks.read_executed(c) for c in chapters.read_all() if c.code_cells}
    known = drawn_figures(executed)
    found = []
    for name, notebook in executed.items():
        for number, cell in enumerate(notebook.cells if notebook else []):
            for output in cell.get("outputs", []):
                for mime in ("image/png", "image/jpeg"):
                    if mime in output.get("data", {}):
                        data = b64decode(output["data"][mime])
                        drawn = known.get(hashlib.sha256(data).hexdigest())
                        found.append((f"{name}, cell {number}", drawn, data))
    return found


def opened(data):
    picture = Image.open(io.BytesIO(data))
    return picture, float(round(picture.info["dpi"][0]))


def test_how_every_stored_figure_was_drawn_is_known(stored):
    assert len(stored) > 100
    assert [where for where, drawn, _ in stored if drawn is None] == []


@pytest.mark.parametrize("phone", [430, 390, 360, 320])
def test_no_letter_of_a_stored_figure_is_too_small(stored, phone):
    small = []
    for where, drawn, data in stored:
        picture, dpi = opened(data)
        letters = drawn.letters(picture.width / dpi, dpi)
        how = plan(drawn, picture.width, picture.height, dpi)
        if not letters:
            continue
        shown = max(phone, how.least)
        if how.parts:
            part = (shown - 6 * (how.columns - 1)) / how.columns
            size = letters * part / how.parts[0].width
        else:
            # No picture is shown larger than it is, but where it must be.
            size = letters * max(min(phone, picture.width), how.least) / picture.width
        if size < LEAST:
            small.append(f"{where}: {size:.2f}")
    assert small == []


def test_figures_are_cut_where_they_are_white(stored):
    """No letter and no picture lies across a cut."""
    wrong = []
    for where, drawn, data in stored:
        picture, dpi = opened(data)
        how = plan(drawn, picture.width, picture.height, dpi)
        grey = np.asarray(picture.convert("L"))
        for part in how.parts if how else ():
            for edge, length, lines in (
                (part.left, picture.width, grey.T),
                (part.top, picture.height, grey),
            ):
                middle = round(edge - 0.04 * dpi)
                if 0 < middle < length and lines[middle - 1 : middle + 2].min() < 200:
                    wrong.append(f"{where}: {part}")
    assert wrong == []


def test_a_strip_becomes_a_column():
    how = plan(STRIP, 1080, 389, 144)
    assert (how.columns, len(how.parts)) == (1, 3)
    assert [part.place for part in how.parts] == ["left", "middle", "right"]
    assert how.parts[2].left + how.parts[2].width == pytest.approx(1080)


@pytest.mark.parametrize(
    ("drawn", "size", "columns", "parts"),
    [
        (Drawing(4, 1, 4, "all", True, 10.0), (1080, 300), 2, 4),
        (Drawing(3, 2, 6, "all", True, 10.0), (1080, 778), 2, 6),
        # Titles above the first row alone: each column stays whole.
        (Drawing(3, 2, 6, "first", True, 10.0), (1080, 500), 1, 3),
        # A last row with a hole may keep one.
        (Drawing(3, 2, 5, "all", True, 10.0, True), (1080, 778), 2, 5),
    ],
)
def test_panels_stand_as_many_in_a_row_as_can_be_read(drawn, size, columns, parts):
    how = plan(drawn, *size, 144)
    assert (how.columns, len(how.parts)) == (columns, parts)


def test_what_would_be_too_long_or_cannot_be_cut_scrolls():
    assert plan(STRIP, 1080, TALLEST * 360, 144).parts == ()
    chart = plan(Drawing(points=9.0), 749, 460, 144)
    assert (chart.parts, chart.least) == ((), 375)


def test_what_can_be_read_stays_as_it_is():
    assert plan(Drawing(), 864, 400, 144) is None
    small = plan(Drawing(2, 1, 2, "all", True, 10.0), 720, 391, 144)
    assert small.parts == ()
    assert small.least <= PHONE


def test_a_picture_gets_its_box_and_keeps_its_words(tmp_path):
    file = io.BytesIO()
    Image.new("RGB", (1080, 389)).save(file, "png", dpi=(144, 144))
    name = hashlib.sha256(file.getvalue()).hexdigest()
    (tmp_path / "_images").mkdir()
    (tmp_path / "_images" / f"{name}.png").write_bytes(file.getvalue())
    picture = f'<img alt="Left: a > b." src="../_images/{name}.png" />'
    caption = "<figcaption><p>{}</p></figcaption>"
    page = tmp_path / "part" / "page.html"
    page.parent.mkdir()
    told = f"<figure>{picture}\n{caption.format('Left: raw.')}</figure>"
    page.write_text(f'{told}{picture}<img src="../_static/logo.svg">')
    fit_figures(tmp_path, {name: STRIP})
    html = page.read_text()
    assert html.count(picture) == 2
    assert html.count('<div class="course-figure"') == 2
    assert html.count('class="course-part" aria-hidden="true"') == 6
    # The caption speaks of left, so the parts say where they lay; the other has no caption.
    assert html.count('data-place="middle"') == 1
    assert html.count(f"url(../_images/{name}.png)") == 6
    assert "</div>\n<figcaption><p>Left: raw.</p></figcaption></figure>" in html
    assert html.endswith('<img src="../_static/logo.svg">')


def test_a_site_without_figures_is_left_alone(tmp_path):
    (tmp_path / "index.html").write_text("<p>Nothing</p>")
    fit_figures(tmp_path, {})
    assert (tmp_path / "index.html").read_text() == "<p>Nothing</p>"


def test_a_figure_that_is_shown_again_under_another_name_is_fitted_too(tmp_path):
    (tmp_path / "_images").mkdir()
    file = tmp_path / "_images" / "fig-shown-again.png"
    Image.new("RGB", (900, 320), "white").save(file, dpi=(96, 96))
    (tmp_path / "page.html").write_text('<img src="_images/fig-shown-again.png" alt="Again">')
    fit_figures(tmp_path, {hashlib.sha256(file.read_bytes()).hexdigest(): STRIP})
    assert '<div class="course-figure"' in (tmp_path / "page.html").read_text()
