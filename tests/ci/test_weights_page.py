"""The page of trained networks says what the files say, and refuses files that say nothing."""

import json
import struct

import pytest
from weights_page import read, read_card, weights_page

from gpu_course import images, paths
from gpu_course.errors import CourseError
from gpu_course.scores import Score
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


CARD = """
title = "Roots in soil"
takes = "One grey plane."
gives = "Probabilities."
labels = "Exact masks."
licence = "BSD-3-Clause"
fails = ["On paper.", "On glass."]
imports = "import this"
code = "predict(image)"
sets = ["roots"]
"""
SCORES = [
    Score("roots", method, "Dice", value, 8, chapter)
    for method, value, chapter in (
        ("deep learning", 0.91, "deep-learning/roots-unet"),
        ("classical", 0.61, "classical/segmentation"),
        ("deep learning", 0.31, "deep-learning/other"),
    )
]


@pytest.fixture
def cards(tmp_path):
    folder = tmp_path / "network-cards"
    folder.mkdir()
    for name in ("roots-unet", "another"):
        (folder / f"{name}.toml").write_text(CARD, encoding="utf-8")
    return folder


def test_a_card_says_what_a_user_must_know(write, cards):
    page = weights_page(
        [write(RECORD)], cards, EXECUTED, {"deep-learning/roots-unet": "Roots"}, SCORES
    )
    assert "## Roots in soil: `roots-unet`" in page
    assert "| takes | One grey plane. |" in page
    assert "| where it fails | On paper.<br>On glass. |" in page
    assert "| trained in | [Roots](/deep-learning/roots-unet.ipynb), 10 minutes |" in page
    assert "| size | 10 numbers, 0.0 MB |" in page
    assert "```python\nimport this\n\npredict(image)\n```" in page
    # Scores of this network alone, not of other methods or other chapters.
    assert "roots: Dice 0.91 (8 images)" in page
    assert "0.61" not in page
    assert "0.31" not in page


def test_the_scores_are_those_of_this_network_and_say_what_had_been_looked_at(write, cards):
    card = cards / "roots-unet.toml"
    card.write_text(CARD + 'zero_shot = ["rootnav"]\n', encoding="utf-8")
    told = [
        Score(set, method, "Dice", value, n, chapter)
        for set, method, value, n, chapter in (
            ("roots", "deep learning", 0.95, 30, "deep-learning/compare"),
            ("roots", "deep learning", 0.91, 8, "deep-learning/roots-unet"),
            ("rootnav", "deep learning", 0.89, 5, "deep-learning/compare"),
            ("rootnav", "deep learning, simulated only", 0.49, 5, "deep-learning/compare"),
        )
    ]
    for order in (told, told[::-1]):
        page = weights_page([write(RECORD)], cards, EXECUTED, {}, order)
        # The comparison's number on all scenes stands for the chapter's own on fewer.
        assert "roots: Dice 0.95 (30 images)" in page
        assert "0.91" not in page
        # Fine-tuning made another network of it.
        assert "rootnav: Dice 0.49 (5 images, of a kind it never saw)" in page
        assert "0.89" not in page
        assert page.count("Looked at before") == 2


def test_one_question_under_two_names_is_told_once(write, cards):
    (cards / "roots-unet.toml").write_text(CARD, encoding="utf-8")
    own = "deep-learning/roots-unet"
    whole = Score("roots", "deep learning", "Dice, whole photographs", 0.93, 5, own)
    window = Score("roots", "deep learning", "Dice", 0.91, 1, own)
    compared = Score("roots", "deep learning", "Dice", 0.95, 30, "deep-learning/compare")
    page = weights_page([write(RECORD)], cards, EXECUTED, {}, [window, whole])
    assert "Dice, whole photographs 0.93" in page
    page = weights_page([write(RECORD)], cards, EXECUTED, {}, [window, whole, compared])
    assert "whole photographs" not in page
    assert "Dice 0.95 (30 images)" in page


def test_the_threshold_is_that_of_the_file(write, cards):
    point = "probability above 0.4, chosen on validation scenes"
    for told, record in ((False, RECORD), (True, RECORD | {"threshold": 0.4})):
        page = weights_page([write(record)], cards, EXECUTED, {}, [])
        assert (point in page, "the file names none" in page) == (told, not told)


def test_all_that_the_file_says_is_on_the_page(write, cards):
    page = weights_page([write(RECORD)], cards, EXECUTED, {}, [])
    assert "| numbers | 10 |" in page
    assert "| trained on | Processor X, 4 cores (PyTorch) |" in page
    assert "| data: patch | 192 |" in page
    assert "| data: scenes | 7 of them |" in page
    assert "| depth | 4 |" in page


def test_every_row_has_the_cells_of_its_header(write, cards):
    files = [write(RECORD), write(RECORD, name="another")]
    lines = weights_page(files, cards, EXECUTED, {}, SCORES).splitlines()
    assert table_widths(lines) == [{2}] * 4


def test_no_network_no_table(tmp_path):
    assert "No network has been trained yet" in weights_page([], tmp_path, {}, {}, [])


def test_a_network_without_a_whole_card_is_refused(write, cards):
    card = cards / "roots-unet.toml"
    card.write_text(CARD.replace('takes = "One grey plane."', ""), encoding="utf-8")
    with pytest.raises(CourseError, match="does not tell: takes"):
        read_card(card)
    card.unlink()
    with pytest.raises(CourseError, match="no readable card"):
        weights_page([write(RECORD)], cards, EXECUTED, {}, [])


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
    everything = sorted((paths.data() / "weights").rglob("*"))
    files = [file for file in everything if file.is_file() and file.parent.name == "weights"]
    # Under `again` lie the same trainings with other seeds, of which a chapter tells.
    again = [file for file in everything if file.is_file() and file not in files]
    assert {file.parent.name for file in again} == {"again"}
    assert {file.suffix for file in [*files, *again]} == {".safetensors"}
    assert sum(file.stat().st_size for file in files) <= 12_000_000
    assert sum(file.stat().st_size for file in again) <= 15_000_000  # two more of each of three
    cards = paths.data() / "network-cards"
    assert {card.stem for card in cards.glob("*.toml")} == {file.stem for file in files}
    for file in files:
        about, card = read(file), read_card(cards / f"{file.stem}.toml")
        assert set(card["sets"]) <= set(images.names())
        assert about["record"]["scenes"]
        # Half an hour on two cores at the size of a laptop: an hour where one core did it.
        assert 0 < about["record"]["seconds"] < 60 * 60
        assert (paths.root() / "book" / f"{about['record']['chapter']}.md").is_file()
