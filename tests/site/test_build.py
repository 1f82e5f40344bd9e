"""The reader's build: no warning, every page, no page too many."""

import json
import re

import pytest

from gpu_course.book import chapters
from tests.site.toc import CHAPTERS, PAGES


def test_build_prints_no_warning(site):
    assert "WARNING" not in site.log
    assert "ERROR" not in site.log
    assert "build succeeded" in site.log


def test_every_page_is_there_and_no_other(site):
    pages = {str(p.relative_to(site.folder).with_suffix("")) for p in site.folder.rglob("*.html")}
    # Static folders of the tools hold templates of theirs, not pages.
    pages = {page for page in pages if not page.startswith("_")}
    moved = {old for name in CHAPTERS for old in chapters.read(name).course.get("moved_from", [])}
    assert pages == {*PAGES, *moved, "genindex", "search"}


def test_no_source_and_no_trace_of_the_machine_is_published(site):
    assert not (site.folder / "_sources").exists()
    assert not list(site.folder.rglob("*.py"))
    for file in site.folder.rglob("*.html"):
        assert str(site.folder.parents[1]) not in file.read_text(encoding="utf-8"), file


def test_the_notebooks_are_those_of_the_chapters_with_code(site):
    code = {name for name in CHAPTERS if chapters.read(name).code_cells}
    for kind in ("student", "solved", "colab"):
        folder = site.folder / "notebooks" / kind
        found = {str(p.relative_to(folder).with_suffix("")) for p in folder.rglob("*.ipynb")}
        assert found == code, kind


def test_the_execution_record_is_short_and_its_hashes_are_beside_it(site):
    page = site.folder / "reference" / "execution-record.html"
    assert 'href="execution-record.json"' in page.read_text(encoding="utf-8")
    stored = json.loads((page.with_suffix(".json")).read_text(encoding="utf-8"))
    assert all(record["inputs"] for record in stored.values())


LARGEST = 1_500_000
"""Bytes of a page with its pictures."""
SHARED = 1_200_000
"""Bytes of the styles and scripts that all pages share and a browser fetches once."""


def asked_by(site, name):
    """Return the files that a page asks for: its own, the shared ones."""
    page = site.folder / f"{name}.html"
    html = page.read_text(encoding="utf-8")
    asked = re.findall(r'<(?:img|script)\b[^>]*?\bsrc="([^":?]+)', html)
    asked += re.findall(r'<link\b[^>]*?\bhref="([^":?]+\.(?:css|js))', html)
    files = {(page.parent / each).resolve() for each in asked} | {page.resolve()}
    shared = {file for file in files if "_static" in file.parts or file.name == "searchindex.js"}
    return files - shared, shared


def weight(files):
    return sum(file.stat().st_size for file in files if file.is_file())


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_light(site, name):
    own, shared = asked_by(site, name)
    assert weight(own) < LARGEST
    assert weight(shared) < SHARED


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_what_it_is_where_it_is_shared(site, name):
    html = (site.folder / f"{name}.html").read_text(encoding="utf-8")
    assert html.count('<meta property="og:title"') == 1
    assert html.count('<meta property="og:description"') == 1


def test_live_code_lies_in_the_site_and_no_page_asks_for_it_by_itself(site):
    assert (site.folder / "_static" / "live" / "figure.js").is_file()
    for page in site.folder.rglob("*.html"):
        assert "_static/live" not in page.read_text(encoding="utf-8"), page.name
