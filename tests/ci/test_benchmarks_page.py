"""Measured speed: ratios to the reference, floors, and the machine that it was measured on."""

import json

import pytest
from benchmarks_page import EXPLAINED, benchmarks_page, read, rows_and_notes

from benchmarks.__main__ import HELPERS
from gpu_course import paths
from tests.tables import table_widths

STORED = paths.data() / "benchmarks"
FLOOR = {"course": {"seconds": 0.001, "limit": "memory"}}
TABLE = {
    "title": "Filters",
    "reference": "peer",
    "rows": [
        {"what": "blur", "seconds": {"peer": 0.004, "course": 0.002}, "floors": FLOOR},
        {"what": "median", "seconds": {"course": 0.003}, "floors": {}},
    ],
    "notes": ["Measured limits: 20 GB/s."],
}
RECORD = {
    "benchmark": "filters",
    "date": "2026-01-02",
    "commit": "0" * 12,
    "size": "laptop",
    "machine": {
        "cpu": {"name": "A processor", "cores": 2, "memory": 8 * 2**30},
        "devices": [{"name": "A GPU", "library": "OpenCL"}],
    },
    "tables": [TABLE],
}


def test_a_row_tells_time_ratio_and_floor():
    assert rows_and_notes(TABLE) == [
        "| operation | peer, ms | course | course ÷ floor |",
        "| --- | --: | --: | --: |",
        "| blur | 4.00 | 0.50 | 2.0 (memory) |",
        "| median | – | 3.00 ms | – |",
        "",
        "* Measured limits: 20 GB/s.",
    ]


def test_each_table_stands_with_its_machine(tmp_path):
    (tmp_path / "filters.json").write_text(json.dumps(RECORD))
    page = benchmarks_page(tmp_path)
    assert page.count("## Filters") == 1
    assert "commit `000000000000`, size `laptop`, on A processor with 2 cores and 8 GiB" in page
    assert "A GPU (OpenCL)" in page


def test_every_stored_benchmark_says_what_was_measured_in_the_order_of_the_course():
    assert {record["benchmark"] for record in read(STORED)} == set(EXPLAINED)
    page = benchmarks_page(STORED)
    places = [page.index(said) for said in EXPLAINED.values()]
    assert places == sorted(places)


def test_without_measurements_the_page_still_says_how_to_measure(tmp_path):
    assert "`make bench`" in benchmarks_page(tmp_path / "nowhere")


@pytest.mark.parametrize("record", read(STORED), ids=lambda record: record["benchmark"])
def test_what_is_stored_came_from_a_clean_commit_and_fits_its_header(record):
    assert not record["commit"].endswith("+changes")
    assert record["size"] == "laptop"
    for table in record["tables"]:
        assert table["rows"] or table["notes"]
        # Every row has the cells of its header.
        assert all(len(widths) == 1 for widths in table_widths(rows_and_notes(table)))


def test_every_benchmark_of_the_course_is_stored():
    source = paths.root() / "benchmarks"
    names = {file.stem for file in source.glob("*.py")} - HELPERS - {"__init__"}
    assert {record["benchmark"] for record in read(STORED)} == names
