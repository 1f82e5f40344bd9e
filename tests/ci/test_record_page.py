"""The execution record: one table a reader can take in, and every hash in a file beside it."""

import json

from record_page import record_file, record_page

from gpu_course.book import chapters, notebooks, records
from tests.tables import table_widths

BOOK = list(chapters.read_all())
FOUND = {c.name: records.read(notebooks.read_executed(c)) for c in BOOK if c.code_cells}


def test_every_row_has_the_cells_of_its_header():
    assert table_widths(record_page(BOOK, FOUND).splitlines()) == [{8}, {2}]


def test_every_executed_chapter_has_one_row():
    page = record_page(BOOK, FOUND)
    assert [page.count(f"](/{name}.ipynb)") for name in FOUND] == [1] * len(FOUND)


def test_hashes_are_in_the_file_and_not_on_the_page():
    page, stored = record_page(BOOK, FOUND), json.loads(record_file(BOOK, FOUND))
    assert stored == FOUND
    digests = {digest for record in FOUND.values() for digest in record["inputs"].values()}
    assert not any(digest[:12] in page for digest in digests)


def test_uncommitted_changes_are_explained_where_there_are_some():
    name, record = next(iter(FOUND.items()))
    clean, changed = ({name: {**record, "commit": c}} for c in ("0" * 12, f"{'0' * 12}+changes"))
    assert "not yet committed" not in record_page(BOOK, clean)
    assert "not yet committed" in record_page(BOOK, changed)
