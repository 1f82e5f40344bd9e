"""The reader's build: no warning, every page, no page too many."""

import json

from tests.site.toc import CHAPTERS, PAGES


def test_build_prints_no_warning(site):
    assert "WARNING" not in site.log
    assert "ERROR" not in site.log
    assert "build succeeded" in site.log


def test_every_page_is_there_and_no_other(site):
    pages = {str(p.relative_to(site.folder).with_suffix("")) for p in site.folder.rglob("*.html")}
    # Static folders of the tools hold templates of theirs, not pages.
    pages = {page for page in pages if not page.startswith("_")}
    assert pages == {*PAGES, "genindex", "search"}


def test_no_source_and_no_trace_of_the_machine_is_published(site):
    assert not (site.folder / "_sources").exists()
    assert not list(site.folder.rglob("*.py"))
    for file in site.folder.rglob("*.html"):
        assert str(site.folder.parents[1]) not in file.read_text(encoding="utf-8"), file


def test_the_notebooks_are_those_of_the_chapters_with_code(site):
    from gpu_course.book import chapters

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
