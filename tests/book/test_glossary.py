"""The glossary: each term once, in order, short, and linked to a chapter of the book."""

import re

from gpu_course import paths
from gpu_course.book import chapters

TEXT = (paths.root() / "book" / "reference" / "glossary.md").read_text(encoding="utf-8")
GROUPS = re.findall(r"^:::\{glossary\}\n(.*?)^:::$", TEXT, re.MULTILINE | re.DOTALL)


def entries(group):
    """Return (term, its text on one line) for each entry of a group."""
    found = re.findall(r"^(\S.*)\n((?:  .*(?:\n|\Z))+)", group, re.MULTILINE)
    return [(term, " ".join(text.split())) for term, text in found]


EVERY = [entry for group in GROUPS for entry in entries(group)]


def test_terms_stand_once_and_in_order():
    terms = [term.lower() for term, _ in EVERY]
    assert len(terms) > 100
    assert sorted(set(terms)) == sorted(terms)
    for group in GROUPS:
        found = [term.lower() for term, _ in entries(group)]
        assert found == sorted(found)


def test_an_entry_is_a_few_sentences():
    words = {term: len(text.split()) for term, text in EVERY}
    assert {term: count for term, count in words.items() if not 8 <= count <= 75} == {}


def test_most_terms_lead_to_the_chapter_that_works_with_them():
    linked = [text for _, text in EVERY if re.search(r"See \{ref\}`ch-[\w-]+`\.$", text)]
    assert len(linked) > 0.8 * len(EVERY)


def test_a_term_that_a_chapter_links_is_in_the_glossary():
    known = {term.lower() for term, _ in EVERY}
    asked = {
        (chapter.name, found[1].lower())
        for chapter in chapters.read_all()
        for cell in chapter.notebook.cells
        if cell.cell_type == "markdown"
        for found in re.finditer(r"\{term\}`(?:[^`<]*<)?([^`>]+)>?`", cell.source)
    }
    assert sorted((name, term) for name, term in asked if term not in known) == []
