import pytest

from gpu_course.book.plain_markdown import Links, convert, included
from gpu_course.errors import CourseError

LINKS = Links(
    targets={"ch-setup": ("start/setup", "Set up your machine"), "fig-a": ("start/images", "it")},
    site="https://example.org/course/",
    citations={"otsu": ("Otsu 1979", "https://doi.org/10.1109/TSMC.1979.4310076")},
)


def test_admonition_becomes_a_quotation_with_its_title():
    text = convert(":::{admonition} What you will do\n:class: tip\n\n* one\n* two\n:::", LINKS)
    assert text == "> **What you will do**\n>\n> * one\n> * two"


def test_boxes_nest_with_longer_and_with_equal_fences():
    longer = "::::{note}\nouter\n\n:::{tip}\ninner\n:::\n::::\nafter"
    equal = ":::{note}\nouter\n\n:::{tip}\ninner\n:::\n:::\nafter"
    for source in (longer, equal):
        text = convert(source, LINKS)
        assert "> outer" in text
        assert "> > inner" in text
        assert text.endswith("\nafter")
        assert ":::" not in text


def test_tabs_and_cards_become_titled_paragraphs():
    source = (
        "::::{tab-set}\n:::{tab-item} Linux\napt\n:::\n:::{tab-item} Windows\nexe\n:::\n::::\n"
        "::::{grid} 1 2 2 2\n:gutter: 3\n:::{grid-item-card} Start\n:link: x\nhere\n+++\nfoot\n"
        ":::\n::::"
    )
    text = convert(source, LINKS)
    assert "**Linux**\n\napt" in text
    assert "**Start**\n\nhere" in text
    assert "gutter" not in text


def test_live_figures_stay_on_the_site():
    text = convert("before\n\n:::{div} live live-x\nTry it.\n:::\n\nafter", LINKS)
    assert text == "before\n\nafter"
    assert convert(":::{div} lead\nTry it.\n:::", LINKS) == "Try it."


def test_references_lead_to_the_site_or_show_their_title():
    source = "See {ref}`ch-setup` and {ref}`the picture <fig-a>`."
    assert convert(source, LINKS) == (
        "See [Set up your machine](https://example.org/course/start/setup.html#ch-setup) "
        "and [the picture](https://example.org/course/start/images.html#fig-a)."
    )
    no_site = Links(targets=LINKS.targets)
    assert convert("See {ref}`ch-setup`.", no_site) == "See *Set up your machine*."


def test_role_broken_over_a_line_is_still_a_role():
    assert "[Set it](https" in convert("See {ref}`Set\nit <ch-setup>`.".replace("\n", " "), LINKS)
    assert "{ref}" not in convert("See {ref}`Set\nit <ch-setup>`.", LINKS)


def test_citations_show_author_year_and_link():
    assert convert("{cite:p}`otsu`", LINKS) == (
        "[Otsu 1979](https://doi.org/10.1109/TSMC.1979.4310076)"
    )


def test_code_is_left_alone():
    source = "Write `:::{note}` or `{ref}`.\n\n```text\n:::{note}\n{ref}`x`\n```"
    assert convert(source, LINKS) == source


def test_labels_and_comments_go():
    assert convert("(ch-x)=\n# Title\n\n% a comment\ntext", LINKS) == "# Title\n\ntext"


def test_literalinclude_shows_the_tested_function():
    source = "```{literalinclude} /src/gpu_course/files.py\n:pyobject: write_atomic\n```"
    text = convert(source, LINKS)
    assert text.startswith("```python\ndef write_atomic(")
    assert text.endswith("return path\n```")
    assert included("/src/gpu_course/files.py", {}).startswith('"""Write files')


@pytest.mark.parametrize(
    ("source", "word"),
    [
        (":::{mystery}\n:::", "directive “mystery”"),
        ("{mystery}`x`", "role “mystery”"),
        (":::{note}\nno end", "never closed"),
        ("```{literalinclude} /src/gpu_course/nothing.py\n```", "no module"),
        ("```{literalinclude} /src/gpu_course/files.py\n:pyobject: nothing\n```", "not define"),
    ],
)
def test_what_has_no_plain_form_is_one_clear_error(source, word):
    with pytest.raises(CourseError, match=word):
        convert(source, LINKS)
