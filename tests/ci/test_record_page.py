"""The execution record: one table a reader can take in, and every hash in a file beside it."""

import json

from record_page import read_runs, record_file, record_page

from gpu_course.book import chapters, notebooks, records
from tests.tables import table_widths

BOOK = list(chapters.read_all())
FOUND = {c.name: records.read(notebooks.read_executed(c)) for c in BOOK if c.code_cells}


def test_every_row_has_the_cells_of_its_header():
    assert table_widths(record_page(BOOK, FOUND, {}).splitlines()) == [{8}, {2}]


def test_every_executed_chapter_has_one_row():
    page = record_page(BOOK, FOUND, {})
    assert [page.count(f"](/{name}.ipynb)") for name in FOUND] == [1] * len(FOUND)


def test_hashes_are_in_the_file_and_not_on_the_page():
    page, stored = record_page(BOOK, FOUND, {}), json.loads(record_file(BOOK, FOUND))
    assert stored == FOUND
    digests = {digest for record in FOUND.values() for digest in record["inputs"].values()}
    assert not any(digest[:12] in page for digest in digests)


def test_uncommitted_changes_are_explained_where_there_are_some():
    name, record = next(iter(FOUND.items()))
    clean, changed = ({name: {**record, "commit": c}} for c in ("0" * 12, f"{'0' * 12}+changes"))
    assert "not yet committed" not in record_page(BOOK, clean, {})
    assert "not yet committed" in record_page(BOOK, changed, {})


def test_chapters_with_older_pictures_are_named():
    name = "deep-learning/roots-unet"
    words = "drawn by an earlier version of display/__init__.py, display/charts.py"
    said = (
        f"](/{name}.ipynb): the pictures were drawn by an earlier version of "
        "`display/__init__.py`, `display/charts.py`.\n"
    )
    all_new = "no such chapter shows pictures of an earlier version"
    none = dict.fromkeys(FOUND, "")
    old, new = (record_page(BOOK, FOUND, {**none, **notes}) for notes in ({name: words}, {}))
    assert said in old
    assert all_new not in old
    assert said not in new
    assert all_new in new


def test_accepted_runs_stand_below_with_their_scores(tmp_path):
    row = {"chapter": "a/b", "set": "nuclei", "method": "classical", "metric": "Dice"}
    row |= {"stored": 0.5, "new": -0.25, "tolerance": 0.01, "agrees": False}
    run = {"device": "A GPU", "date": "2026-01-02", "commit": "0" * 12, "chapters": {"a/b": 3.0}}
    (tmp_path / "one.json").write_text(json.dumps({**run, "scores": [row]}))
    times = {"what": "blur", "seconds": {"peer": 0.004, "course": 0.002}}
    times["floors"] = {"course": {"seconds": 0.001, "limit": "memory"}}
    table = {"title": "Filters", "reference": "peer", "rows": [times], "notes": ["Measured."]}
    measured = {"benchmarks": [{"benchmark": "toy", "tables": [table]}]}
    (tmp_path / "two.json").write_text(json.dumps({**run, "scores": [], **measured}))
    page = record_page(BOOK, FOUND, {}, read_runs(tmp_path))
    assert page.count("## Run on A GPU, 2026-01-02") == 2
    assert "| 0.500 | −0.250 (differs) | ±0.01 |" in page
    assert "None of these chapters reports a score." in page
    assert "| blur | 4.00 | 0.50 | 2.0 (memory) |" in page
    assert table_widths(page.splitlines()) == [{8}, {2}, {4}, {7}]
    assert read_runs(tmp_path / "nowhere") == []
