"""The page of trained networks says what the files say, and refuses files that say nothing."""

import json
import struct

import pytest
from weights_page import read, weights_page

from gpu_course import paths
from gpu_course.errors import CourseError
from tests.tables import table_widths

RECORD = {
    "chapter": "deep-learning/roots-unet",
    "seconds": 600.0,
    "data": {"patch": 192, "scenes": [[0]] * 7},
}
EXECUTED = {
    "deep-learning/roots-unet": {
        "machine": {
            "size": "laptop",
            "cpu": {"name": "Processor X", "cores": 4},
            "devices": [{"kind": "CPU", "library": "PyTorch", "note": "", "name": "CPU"}],
        }
    }
}


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file of weights with a record."""

    def write(record, name="roots-unet", **about):
        about = {"kind": "gpu-course U-Net 1", "configuration": {"depth": 4}, "record": record}
        head = {
            "__metadata__": {"about": json.dumps(about)},
            "a": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]},
            "b": {"dtype": "F16", "shape": [4], "data_offsets": [12, 20]},
        }
        text = json.dumps(head).encode()
        file = tmp_path / f"{name}.safetensors"
        file.write_bytes(struct.pack("<Q", len(text)) + text + bytes(20))
        return file

    return write


def test_what_a_file_says_is_on_the_page(write):
    page = weights_page([write(RECORD)], EXECUTED, {"deep-learning/roots-unet": "Roots"})
    assert (
        "| [`roots-unet`](#network-roots-unet) | [Roots](/deep-learning/roots-unet.ipynb) |" in page
    )
    assert "| 10 | 0.0 MB | 10 min |" in page
    assert "| numbers | 10 |" in page
    assert "| trained on | Processor X, 4 cores (PyTorch) |" in page
    assert "| data: patch | 192 |" in page
    assert "| data: scenes | 7 of them |" in page
    assert "| depth | 4 |" in page


def test_every_row_has_the_cells_of_its_header(write):
    files = [write(RECORD), write(RECORD, name="another")]
    lines = weights_page(files, EXECUTED, {}).splitlines()
    assert table_widths(lines) == [{5}, {2}, {2}]


def test_no_network_no_table():
    assert "No network has been trained yet" in weights_page([], {}, {})


@pytest.mark.parametrize("record", [{}, {"chapter": ""}, None])
def test_weights_without_a_record_are_refused(write, record):
    with pytest.raises(CourseError, match="do not say how they were trained"):
        read(write(record))


@pytest.mark.parametrize("content", [b"", b"pickle", struct.pack("<Q", 2**40), bytes(30)])
def test_other_files_are_refused(tmp_path, content):
    file = tmp_path / "x.safetensors"
    file.write_bytes(content)
    with pytest.raises(CourseError, match=r"x\.safetensors do not say"):
        read(file)


def test_the_course_s_own_weights_have_records_and_keep_the_budget():
    files = sorted((paths.data() / "weights").glob("*"))
    assert {file.suffix for file in files} == {".safetensors"}
    assert sum(file.stat().st_size for file in files) <= 10_000_000
    for file in files:
        about = read(file)
        assert about["record"]["scenes"]
        # Half an hour on two cores at the size of a laptop: an hour where one core did it.
        assert 0 < about["record"]["seconds"] < 60 * 60
        assert (paths.root() / "book" / f"{about['record']['chapter']}.md").is_file()
