"""The run sheet adds up to the outline, and says what the front matter and the records say."""

import re

import pages
import pytest
from run_sheet_page import BREAK, PARTS, in_class, run_sheet_page, slug

from gpu_course.book import chapters
from tests.site.toc import PAGES
from tests.tables import table_widths

# Of the tutorial's outline, minutes in class by section.
OUTLINE = {
    "start": 10,
    "classical": 40,
    "deconvolution": 40,
    "pixel-classification": 40,
    "deep-learning": 90,
    "scaling": 0,
}

BOOK = [chapter for chapter in chapters.read_all() if "in_class" in chapter.course]


def chapter(name, title, in_class, *sections, two_hours=False):
    """Return a chapter of 20 and 10 minutes with this front matter."""
    lines = [
        "---",
        "course:",
        "  minutes: 20",
        "  exercise_minutes: 10",
        "  needs: []",
        "  before: []",
        f"  in_class: {in_class}",
        f"  in_class_sections: {list(sections)}",
        f"  two_hours: {str(two_hours).lower()}",
        "---",
        f"# {title}",
        "",
        *(f"## {section}" for section in sections),
    ]
    return chapters.parse(name, "\n".join(lines))


SMALL = [
    chapter("classical/b", "Second", 5, "Where?"),
    chapter("classical/a", "First", 7, "One", "Two: half", two_hours=True),
    chapter("classical/c", "Third", 0),
]
ORDER = ["classical/a", "classical/b", "classical/c"]


@pytest.mark.parametrize("part", OUTLINE)
def test_minutes_in_class_are_those_of_the_outline(part):
    assert in_class([c for c in BOOK if c.name.startswith(f"{part}/")]) == OUTLINE[part]


def test_parts_are_those_of_the_outline_in_its_order():
    assert list(PARTS) == list(OUTLINE)
    assert {c.name.split("/")[0] for c in BOOK} == set(OUTLINE)


def test_the_cut_and_its_break_fit_into_two_hours_and_visit_every_section():
    cut = [c for c in BOOK if c.course.get("two_hours")]
    assert in_class(cut) + BREAK == 120
    assert {c.name.split("/")[0] for c in cut} == {part for part in OUTLINE if OUTLINE[part]}


def test_rows_follow_the_book_and_the_clock_runs():
    page = run_sheet_page(SMALL, ORDER, {})
    assert "12 minutes of class" in page
    assert "## Section 1: classical image processing: 12 min" in page
    first = (
        "| 0:00 | 7 | [First](/classical/a.ipynb) | [One](/classical/a.ipynb#one); "
        "[Two: half](/classical/a.ipynb#two-half) | – |"
    )
    second = "| 0:07 | 5 | [Second](/classical/b.ipynb) | [Where?](/classical/b.ipynb#where) | – |"
    assert f"{first}\n{second}" in page
    assert "*At home:* [Third](/classical/c.ipynb). The whole section, " in page
    assert "takes 90 min" in page


def test_the_cut_holds_the_chapters_marked_for_it():
    cut = run_sheet_page(SMALL, ORDER, {}).partition("## The two-hour cut")[2]
    assert "7 minutes and one break" in cut
    assert "[First]" in cut
    assert "[Second]" not in cut


def test_what_computes_longer_than_half_of_its_minutes_is_only_shown():
    records = {"classical/a": {"seconds": 7 * 30 + 1}, "classical/b": {"seconds": 5 * 30}}
    page = run_sheet_page(SMALL, ORDER, records)
    assert "| 4 min, *show* |" in page
    assert "| 2 min |" in page


def test_every_row_has_the_cells_of_its_header():
    lines = run_sheet_page(BOOK, PAGES, {}).splitlines()
    in_class_parts = sum(minutes > 0 for minutes in OUTLINE.values())
    assert table_widths(lines) == [{5}] * (in_class_parts + 1)


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Push, compute, pull", "push-compute-pull"),
        ("The course's plugin", "the-courses-plugin"),
        ("Filters: cupyx.scipy.ndimage", "filters-cupyxscipyndimage"),
    ],
)
def test_anchor_is_the_one_of_the_page(heading, anchor):
    assert slug(heading) == anchor


def test_header_says_in_class_or_at_home():
    taught, home = (pages.header(SMALL[number], {}, {}, "", [], "") for number in (1, 2))
    assert '<a href="../teaching/run-sheet.html">7 min in class</a>' in taught
    assert '<a href="../teaching/run-sheet.html">at home</a>' in home


def words(name):
    """Return the text of a chapter on one line."""
    cells = chapters.read(name).notebook.cells
    return " ".join(" ".join(c.source for c in cells if c.cell_type == "markdown").split())


def test_minutes_that_pages_speak_of_are_those_of_the_front_matter():
    # Written out for the reader's sake, so they are held against the sums here.
    sections = [part for part in OUTLINE if part != "start"]
    sums = {part: in_class([c for c in BOOK if c.name.startswith(f"{part}/")]) for part in OUTLINE}
    cards = re.findall(
        r":::\{grid-item-card\} (\d) · .*?\*(\d+) minutes in class\*", words("index")
    )
    assert [int(minutes) for _, minutes in cards] == [sums[part] for part in sections]
    said = re.search(
        r"(\d+) minutes for this part, (\d+) for each of the first three sections, (\d+) for deep",
        words("start/introduction"),
    )
    assert said
    first, each, last = map(int, said.groups())
    assert [first, each, each, each, last] == list(sums.values())


def test_a_section_that_the_class_sees_is_marked_below_its_heading():
    text = "## One\n\nWords on One.\n\n## Two: half\n\nMore."
    mark = '<p class="course-in-class">in class</p>'
    assert pages.mark_in_class(text, ["Two: half"]) == text.replace("half", f"half\n\n{mark}")
    assert pages.mark_in_class(text, []) == text
