"""Every page on a phone 390 pixels wide."""

import pytest

from tests.site.conftest import CONTRAST, PHONE, unfold, violations, visit
from tests.site.toc import PAGES

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
    picture = buttons.first.locator("xpath=preceding-sibling::img[1]")
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
