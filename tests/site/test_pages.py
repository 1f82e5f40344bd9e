"""Every page of the book in a real browser, on a wide screen, in light and in dark.

Each page is opened once; the tests below share that visit.
"""

import hashlib
import json
import re
import urllib.request
from functools import cache

import nbformat
import pytest

from gpu_course.book import chapters, notebooks
from tests.site.conftest import CONTRAST, WIDE, unfold, use_theme, violations, visit
from tests.site.toc import CHAPTERS, PAGES

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=PAGES)
def opened(request, browser, site):
    yield from visit(browser, site, request.param, viewport=WIDE)


def chapter_of(opened):
    if opened.name not in CHAPTERS:
        pytest.skip("made by the build, it has no chapter")
    return chapters.read(opened.name)


def chapter_with_code(opened):
    chapter = chapter_of(opened)
    if not chapter.code_cells:
        pytest.skip("a chapter without code")
    return chapter


def test_opens_without_a_complaint(opened):
    assert opened.status == 200
    assert opened.errors == []
    assert opened.failures == []
    assert opened.foreign == []


def test_has_one_main_heading(opened):
    headings = opened.page.locator("article h1")
    assert headings.count() == 1
    assert headings.first.is_visible()
    assert headings.first.inner_text().strip("# \n")


def test_header_says_minutes_notebooks_and_machine(opened):
    chapter = chapter_of(opened)
    header = opened.page.locator("article .course-header")
    assert header.count() == 1
    assert header.is_visible()
    text = header.inner_text()
    assert f"{chapter.course['minutes']} min" in text
    links = header.locator(".course-links a")
    if chapter.code_cells:
        record = notebooks.read_executed(chapter).metadata["gpu_course_record"]
        stamp = header.locator(".course-stamp").inner_text()
        assert stamp.startswith("Outputs computed on ")
        assert record["date"] in stamp
        assert f"{record['seconds']:.0f} s" in stamp
        assert links.count() == 4
    else:
        assert links.count() == header.locator(".course-stamp").count() == 0
    assert header.locator(".course-stale").count() == 0


@cache
def fetched(address):
    """Return what the site answers, asked once for all pages."""
    with urllib.request.urlopen(address) as answer:
        return answer.read()


def test_downloads_are_valid_notebooks(opened):
    chapter = chapter_with_code(opened)
    addresses = opened.page.locator(".course-links a").evaluate_all("all => all.map(a => a.href)")
    package = addresses.pop()
    kinds = []
    for address in addresses:
        with urllib.request.urlopen(address) as answer:
            notebook = nbformat.reads(answer.read().decode(), as_version=4)
        nbformat.validate(notebook)
        about = notebook.metadata["gpu_course"]
        assert about["chapter"] == chapter.name
        kinds.append(about["kind"])
        outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
        assert bool(outputs) == (about["kind"] == "solved"), address
        if about["kind"] == "colab":
            file, sha256 = package.rpartition("/")[2], hashlib.sha256(fetched(package)).hexdigest()
            assert f"{file!r}" in notebook.cells[1].source
            assert f"{sha256!r}" in notebook.cells[1].source
    assert kinds == list(notebooks.KINDS)


def test_set_up_names_the_package_that_the_site_carries(site):
    text = (site.folder / "start" / "setup.html").read_text(encoding="utf-8")
    (wheel,) = (site.folder / "downloads").iterdir()
    assert f'href="../downloads/{wheel.name}"' in text
    # The colours of the code stand between the words.
    assert f"./{wheel.name}" in text
    assert "{{" not in text


# What the page shows of each code cell: its text, and how many pictures it has.
CELLS = """() => [...document.querySelectorAll("article div.cell")].map(cell => {
    const out = cell.querySelector(".cell_output");
    const box = out ? out.getBoundingClientRect() : null;
    return {code: (cell.querySelector(".cell_input pre") || {}).textContent || "",
            text: out ? out.textContent : "",
            pictures: out ? out.querySelectorAll("img").length : 0,
            tables: out ? out.querySelectorAll("table").length : 0,
            shown: box ? box.height > 5 && box.width > 5 : false};
})"""


def squeezed(text):
    """Return the letters and digits alone: colours, line breaks and markup fall away."""
    return re.sub(r"\x1b\[[0-9;]*m|[^\w]+", "", text)


def test_every_stored_output_is_shown(opened):
    chapter = chapter_with_code(opened)
    unfold(opened.page)
    stored = [c for c in notebooks.read_executed(chapter).cells if c.cell_type == "code"]
    pairs = [
        (cell, own.source, tags)
        for cell, own in zip(stored, chapter.code_cells, strict=True)
        if "remove-cell" not in (tags := set(own.metadata.get("tags", [])))
    ]
    cells = opened.page.evaluate(CELLS)
    assert len(cells) == len(pairs)
    missing = []
    # The code is shown as the chapter breaks its lines today, see gpu_course.book.code_digest.
    for (cell, written, tag), seen in zip(pairs, cells, strict=True):
        if not cell.outputs or "remove-output" in tag:
            continue
        if "remove-input" not in tag:
            assert squeezed(seen["code"]) == squeezed(written)
        if not seen["shown"]:
            missing.append(f"nothing is shown for: {cell.source[:80]}")
        for output in cell.outputs:
            data = output.get("data", {})
            html = data.get("text/html", "")
            if any(kind.startswith("image/") for kind in data) and not seen["pictures"]:
                missing.append(f"no picture: {cell.source[:80]}")
            if seen["tables"] < html.count("<table"):
                missing.append(f"no table: {cell.source[:80]}")
            if seen["pictures"] < html.count("<img"):
                missing.append(f"fewer pictures: {cell.source[:80]}")
            plain = output.get("text", "") or ("" if len(data) > 1 else data.get("text/plain", ""))
            if squeezed(plain) not in squeezed(seen["text"]):
                missing.append(f"other text: {cell.source[:80]}")
    assert not missing


IMAGES = """async () => {
    const all = [...document.querySelectorAll("article img, .navbar-brand img")];
    all.forEach(image => image.loading = "eager");
    await Promise.all(all.map(image => image.decode().catch(() => null)));
    return all.map(image => ({source: image.src.slice(0, 80), alt: image.alt,
        hidden: image.closest("[aria-hidden=true]") !== null, width: image.naturalWidth}));
}"""


def test_images_have_loaded_and_say_what_they_show(opened):
    found = opened.page.evaluate(IMAGES)
    assert [image["source"] for image in found if image["width"] == 0] == []
    assert [image["source"] for image in found if not image["alt"].strip()] == []
    # A file's name is no description; Sphinx falls back on it.
    assert [i["alt"] for i in found if re.search(r"\.(png|svg|jpe?g)$|_images/", i["alt"])] == []


PROSE = """() => {
    const copy = document.querySelector("article").cloneNode(true);
    copy.querySelectorAll("pre, code, script, style").forEach(each => each.remove());
    return copy.textContent;
}"""


def test_no_raw_markup_is_visible(opened):
    text = opened.page.evaluate(PROSE)
    raw = [mark for mark in (":::", "```", "**", "](") if mark in text]
    raw += re.findall(r"\{[\w:+-]+\}`?|^\([\w-]+\)=", text, re.MULTILINE)
    assert not raw
    assert opened.page.locator("article .problematic, article .system-message").count() == 0


def test_sliders_work_by_keyboard(opened):
    sliders = opened.page.locator("article .gpuc input[type=range]")
    if not sliders.count():
        pytest.skip("a page without a slider")
    unfold(opened.page)
    for number in range(sliders.count()):
        slider = sliders.nth(number)
        frames = slider.locator("xpath=ancestor::figure[contains(@class, 'gpuc')]").first
        assert slider.evaluate("s => s.tabIndex") == 0
        slider.focus()
        before = (slider.input_value(), slider.get_attribute("aria-valuetext"))
        picture = frames.locator(".gpuc-frame").first.screenshot()
        # Ten steps: a divider moves by fractions, and two slices may look alike.
        back = before[0] != slider.get_attribute("min")
        for _ in range(10):
            opened.page.keyboard.press("ArrowLeft" if back else "ArrowRight")
        assert (float(slider.input_value()) < float(before[0])) == back
        assert slider.input_value() != before[0]
        assert slider.get_attribute("aria-valuetext") != before[1]
        assert frames.locator(".gpuc-frame").first.screenshot() != picture
        opened.page.keyboard.press("End")
        assert slider.input_value() == slider.get_attribute("max")


def test_solutions_open_by_keyboard(opened):
    titles = opened.page.locator("article .solution > .admonition-title")
    if not titles.count():
        pytest.skip("a page without exercises")
    # The tests above opened them all; a fresh visit shows them closed.
    opened.page.reload(wait_until="networkidle")
    for number in range(titles.count()):
        title = titles.nth(number)
        content = title.locator("xpath=following-sibling::*[1]")
        title.locator("button").wait_for()  # made by a script
        assert not content.is_visible()
        title.locator("button").focus()
        opened.page.keyboard.press("Enter")
        content.wait_for(state="visible", timeout=5000)
        assert content.inner_text().strip()


def test_axe_finds_nothing_in_light(opened):
    unfold(opened.page)
    use_theme(opened.page, "light")
    found = violations(opened.page)
    assert not found, "\n".join(found)


def test_axe_finds_no_faint_colour_in_dark(opened):
    # A theme changes nothing but colours.
    unfold(opened.page)
    use_theme(opened.page, "dark")
    found = violations(opened.page, runOnly=[CONTRAST])
    assert not found, "\n".join(found)


def test_the_book_has_both_widgets():
    stored = [json.dumps(notebooks.read_executed(chapters.read(name)) or {}) for name in CHAPTERS]
    for widget in ("gpuc-z", "gpuc-ba"):
        assert any(widget in text for text in stored), widget
