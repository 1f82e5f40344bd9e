"""Every page on a phone 390 pixels wide."""

import hashlib

import imagesize
import phone
import pytest

from gpu_course.book import chapters, notebooks
from tests.site.conftest import CONTRAST, PHONE, unfold, violations, visit
from tests.site.toc import CHAPTERS, PAGES

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=PAGES)
def opened(request, browser, site):
    yield from visit(browser, site, request.param, viewport=PHONE, has_touch=True, is_mobile=True)


# What reaches past the right edge without a scrolling box of its own around it.
TOO_WIDE = """() => {
    const edge = document.documentElement.clientWidth;
    const scrolls = each => {
        for (let box = each.parentElement; box && box !== document.body; box = box.parentElement)
            if (/auto|scroll|hidden|clip/.test(getComputedStyle(box).overflowX)) return true;
        return false;
    };
    return [...document.querySelectorAll("article *")]
        .filter(each => each.getBoundingClientRect().right > edge + 1 && !scrolls(each))
        .map(each => `<${each.tagName.toLowerCase()} class="${each.className}"> `
            + each.textContent.trim().slice(0, 60)).slice(0, 5);
}"""


def test_nothing_scrolls_sideways(opened):
    unfold(opened.page)
    assert opened.page.evaluate(TOO_WIDE) == []
    # A phone widens its view to whatever does not fit.
    view = opened.page.evaluate("[window.innerWidth, document.documentElement.scrollWidth]")
    assert view == [PHONE["width"], PHONE["width"]]
    opened.page.evaluate("window.scrollTo(200, 0)")
    assert opened.page.evaluate("window.scrollX") == 0
    assert opened.errors == []


def test_axe_finds_nothing(opened):
    # The colours are those of a wide screen, where the tests of the pages examine them. Before the
    # menu is opened, whose button keeps its tooltip.
    unfold(opened.page)
    found = violations(opened.page, rules={CONTRAST: {"enabled": False}})
    assert not found, "\n".join(found)


def test_menu_opens_and_lists_the_book(opened):
    page = opened.page
    page.evaluate("window.scrollTo(0, 0)")
    link = page.locator(".bd-sidebar-primary nav a.reference.internal").last
    assert not link.is_visible()
    page.locator(".primary-toggle").first.click()
    link.wait_for(state="visible", timeout=5000)
    link.scroll_into_view_if_needed()
    box = link.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    page.keyboard.press("Escape")
    link.wait_for(state="hidden", timeout=5000)


def test_a_figure_can_be_enlarged(opened):
    page = opened.page
    buttons = page.locator("article .course-enlarge:visible")
    if not buttons.count():
        pytest.skip("a page without figures")
    # Behind its box, and a hint that there is more of it.
    box = buttons.first.locator("xpath=preceding-sibling::div[contains(@class,'course-figure')][1]")
    picture = box.locator("img") if box.count() else buttons.first.locator("xpath=../img[1]")
    small = picture.bounding_box()["width"]
    buttons.first.click()
    large = page.locator("dialog.course-large img")
    large.wait_for(state="visible", timeout=5000)
    assert large.evaluate("image => image.width") >= 1.5 * small
    assert large.get_attribute("alt") == picture.get_attribute("alt")
    # To the keyboard and back.
    assert page.evaluate("document.activeElement.textContent") == "Close"
    page.keyboard.press("Escape")
    page.locator("dialog.course-large").wait_for(state="detached", timeout=5000)
    assert buttons.first.evaluate("button => button === document.activeElement")


# Boxes that hold a table and can be scrolled: whether they say so, at their left and right end.
SAYS_MORE = """async () => {
    const rest = () => new Promise(done => setTimeout(done, 100));
    const wide = [...document.querySelectorAll("article *")].filter(box =>
        /auto|scroll/.test(getComputedStyle(box).overflowX) && box.querySelector("table")
        && box.scrollWidth > box.clientWidth + 2);
    const said = [];
    for (const box of wide) {
        const hint = () => {
            const next = box.nextElementSibling;
            return next !== null && next.classList.contains("course-more-hint")
                && getComputedStyle(next).display !== "none";
        };
        box.scrollLeft = 0; await rest();
        const left = hint();
        box.scrollLeft = box.scrollWidth; await rest();
        said.push([left, hint()]);
        box.scrollLeft = 0; await rest();
    }
    return said;
}"""


def test_a_wide_table_says_that_there_is_more(opened):
    unfold(opened.page)
    assert all(said == [True, False] for said in opened.page.evaluate(SAYS_MORE))


# Of every picture from a cell: its file's name, and how large a pixel of the file is on the screen,
# of the whole or of its parts.
SCALES = """() => [...document.querySelectorAll("article .cell_output img, article figure img")]
    .filter(each => each.src.includes("/_images/") && each.checkVisibility())
    .map(each => {
        const part = each.parentElement.querySelector(".course-part");
        const isCut = part && getComputedStyle(part).display !== "none";
        const shown = isCut
            ? part.getBoundingClientRect().width
                * parseFloat(getComputedStyle(part).backgroundSize) / 100
            : each.getBoundingClientRect().width;
        return [each.src.split("/").at(-1), shown / each.naturalWidth];
    })"""


@pytest.fixture(scope="module")
def drawn():
    return phone.drawn_figures(
        {name: notebooks.read_executed(chapters.read(name)) for name in CHAPTERS}
    )


def small_letters(page, site, drawn):
    """Return the figures with a letter below nine pixels, as the browser shows them."""
    small = []
    for name, scale in page.evaluate(SCALES):
        file = site.folder / "_images" / name
        # Shown again on another page, a picture has a name of its own.
        known = drawn.get(file.stem) or drawn.get(hashlib.sha256(file.read_bytes()).hexdigest())
        if known is None:
            small.append(f"nobody knows how {name} was drawn")
            continue
        dpi = imagesize.getDPI(str(file))[0]
        letters = known.letters(imagesize.get(str(file))[0] / dpi, dpi)
        if 0 < letters * scale < phone.LEAST - 0.01:
            small.append(f"{name}: {letters * scale:.2f} pixels")
    return small


def test_letters_of_figures_can_be_read(opened, site, drawn):
    unfold(opened.page)
    assert small_letters(opened.page, site, drawn) == []


# A page of charts and strips, and one of windows.
@pytest.mark.parametrize(
    ("name", "width"),
    [("classical/segmentation", 360), ("pixel-classification/build-the-plugin", 320)],
)
def test_figures_on_small_phones_scroll_in_their_boxes(browser, site, drawn, name, width):
    view = {"width": width, "height": 640}
    for found in visit(browser, site, name, viewport=view, has_touch=True, is_mobile=True):
        page = found.page
        unfold(page)
        assert page.evaluate(TOO_WIDE) == []
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert small_letters(page, site, drawn) == []
        wide = page.locator("article .course-figure[tabindex='0']")
        assert wide.count()
        box = wide.last
        hint = box.locator("xpath=following-sibling::*[1]")
        assert hint.is_visible()
        assert "more to the right" in hint.inner_text()
        box.focus()
        for _ in range(20):  # a key that comes before the page is drawn anew moves nothing
            page.keyboard.press("ArrowRight")
            page.wait_for_timeout(100)
            if box.evaluate("box => box.scrollLeft"):
                break
        assert box.evaluate("box => box.scrollLeft") > 0
        box.evaluate("box => { box.scrollLeft = box.scrollWidth; }")
        hint.wait_for(state="hidden")
        found_faults = violations(page, rules={CONTRAST: {"enabled": False}})
        assert not found_faults, "\n".join(found_faults)


# Of figures on a wide screen or on paper: neither larger than the file nor wider than the box, and
# in its middle.
AS_DRAWN = """() => [...document.querySelectorAll("article .course-figure img")].every(each => {
    const box = each.closest(".course-figure").getBoundingClientRect();
    const {left, right, width} = each.getBoundingClientRect();
    return Math.abs(width - Math.min(box.width, each.naturalWidth)) < 1
        && Math.abs(left - box.left - box.right + right) < 1
        && getComputedStyle(each).opacity === "1";
})"""


def test_a_wide_screen_and_paper_show_figures_as_they_were_drawn(browser, site):
    name, view = "classical/segmentation", {"width": 1280, "height": 900}
    for found in visit(browser, site, name, viewport=view):
        page = found.page
        for medium in ("screen", "print"):
            page.emulate_media(media=medium)
            assert page.locator("article .course-part:visible").count() == 0
            assert page.locator("article .course-figure[tabindex]").count() == 0
            assert page.evaluate(AS_DRAWN)
