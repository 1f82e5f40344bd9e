"""The measuring of contrast leaves out no kind of word in no piece of code."""

import pytest

from tests.browser import PAGE
from tests.site.conftest import CONTRAST, violations

pytestmark = pytest.mark.browser

NAMES = "".join(f"<span class=a>name_{n}</span> " for n in range(20))
BRACKETS = "<span class=b>(</span>" * 9


@pytest.fixture
def found(browser):
    """Return a function that shows pieces of code and returns what axe says of them."""
    page = browser.new_page()

    def of(*pieces, style="", **which):
        shown = "".join(f"<pre>{piece}</pre>" for piece in pieces)
        page.set_content(PAGE.format(f"<style>.a {{color: #222}} {style}</style>{shown}"))
        return violations(page, **which)

    yield of
    page.close()


def test_code_that_can_be_read_is_fine(found):
    assert found(NAMES, NAMES) == []


@pytest.mark.parametrize(
    ("pieces", "style"),
    [
        ((NAMES,), ".a {color: #ddd}"),
        ((NAMES + "<span class=b>other</span>",), ".b {color: #ddd}"),
        ((NAMES + "<span class=a style='color: #ddd'>other</span>",), ""),
        ((NAMES + "<span class=a style='background: #333'>other</span>",), ""),
        (
            (NAMES + "<span class=b>(</span>" * 9 + "<span class=b>other</span>",),
            ".b {color: #ddd}",
        ),
        ((NAMES, NAMES), "pre:last-of-type {background: #333}"),
        ((NAMES, f"<code>{NAMES}</code>"), "code {opacity: .2}"),
        (("<p>words</p>" * 9 + "<div class=b><i><p>words</p></i></div>",), ".b {background: #333}"),
        (("<p>many words</p>" * 9 + "<p hidden>hidden words</p>" * 3,), "p {color: #ddd}"),
    ],
    ids=[
        "all",
        "class",
        "one",
        "ground",
        "between brackets",
        "second box",
        "box inside",
        "ground of an ancestor",
        "hidden ones stand for none",
    ],
)
def test_pale_words_are_found_among_good_ones(found, pieces, style):
    (said,) = found(*pieces, style=style)
    assert "color-contrast" in said


def test_code_is_asked_everything_else_word_by_word(found):
    hidden = NAMES + "<span class=a role=img>name</span>"
    assert any("role-img-alt" in said for said in found(hidden))


def test_contrast_and_all_other_rules_can_be_asked_apart(found):
    faulty = NAMES + "<span role=img>name</span>"
    pale = ".a {color: #ddd}"
    (said,) = found(faulty, style=pale, runOnly=[CONTRAST])
    assert "color-contrast" in said
    others = found(faulty, style=pale, rules={CONTRAST: {"enabled": False}})
    assert any("role-img-alt" in said for said in others)
    assert not any("color-contrast" in said for said in others)
