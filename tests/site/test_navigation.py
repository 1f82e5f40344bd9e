"""Finding one's way: search, the theme switch, the menu, the keyboard."""

import re
from urllib.parse import urlsplit

import pytest

from tests.site.conftest import PHONE, WIDE, violations, visit
from tests.site.toc import PAGES

pytestmark = pytest.mark.browser


@pytest.fixture(params=[WIDE, PHONE], ids=["wide", "phone"])
def home(request, browser, site):
    yield from visit(browser, site, "index", viewport=request.param)


def test_search_leads_to_a_page_with_the_word(home, site):
    page = home.page
    page.locator(".search-button:visible, .search-button-field:visible").first.click()
    field = page.locator("input[type=search]:visible").first
    field.fill("nuclei")
    field.press("Enter")
    page.wait_for_url("**/search.html?q=nuclei*")
    results = page.locator("#search-results ul.search li a")
    results.first.wait_for(timeout=10000)
    with page.expect_navigation():
        results.first.click()
    assert urlsplit(page.url).path.removeprefix("/").removesuffix(".html") in PAGES
    assert "nuclei" in page.locator("article").inner_text().lower()
    assert home.errors == []
    # Leaving the results stops the search's own reading of the other pages.
    assert [each for each in home.failures if "ERR_ABORTED" not in each] == []
    assert home.foreign == []


def test_search_says_when_it_finds_nothing(home, site):
    home.page.goto(f"{site.address}/search.html?q=zyzzyva")
    home.page.get_by_text("did not match any documents").wait_for(timeout=10000)
    found = violations(home.page)
    assert not found, "\n".join(found)


COLOURS = """() => {
    const [text, ground] = ["color", "backgroundColor"].map(
        what => getComputedStyle(document.body)[what].match(/[\\d.]+/g).slice(0, 3).map(Number));
    return [text, ground];
}"""


def luminance(colour):
    """Return the relative luminance of an sRGB colour, 0 (black) to 1 (white), as WCAG has it."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (each / 255 for each in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(text, ground):
    dark, light = sorted((luminance(text), luminance(ground)))
    return (light + 0.05) / (dark + 0.05)


def test_switch_turns_the_page_dark_and_the_next_page_too(home, site):
    page = home.page
    text, ground = page.evaluate(COLOURS)
    assert luminance(ground) > 0.8
    assert contrast(text, ground) > 7
    for _ in range(3):  # light, dark, as the system has it: three clicks pass through all
        page.locator(".theme-switch-button:visible").first.click()
        if page.evaluate("document.documentElement.dataset.theme") == "dark":
            break
    for name in ("index", PAGES[-1]):
        page.goto(f"{site.address}/{name}.html")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        text, ground = page.evaluate(COLOURS)
        assert luminance(ground) < 0.05
        assert contrast(text, ground) > 7


def test_landing_page_offers_a_way_in(home):
    page = home.page
    with page.expect_navigation():
        page.locator("article .course-actions a").first.click()
    assert urlsplit(page.url).path.removeprefix("/").removesuffix(".html") in PAGES
    assert page.locator("article h1").is_visible()


def test_keyboard_reaches_the_article_first(home):
    page = home.page
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.textContent.trim()")
    assert re.match("skip to main content", focused, re.IGNORECASE)
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('main') !== null || location.hash !== ''")
