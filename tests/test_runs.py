"""What a GPU measured stands beside what this run measures, or the table says that none did."""

import json

import pytest

from gpu_course import paths, runs
from gpu_course.book import chapters
from gpu_course.devices import Device
from gpu_course.errors import CourseError

GPU = Device("CuPy", "a card", "GPU", memory=None, driver="13.0")
CPU = Device("NumPy and SciPy", "a processor", "CPU", memory=None, driver="2.3")
TABLE = "part/toy/race"


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "data", lambda: tmp_path)
    monkeypatch.delenv(runs.NEW, raising=False)
    return tmp_path


def store(rows):
    shown = {"table": TABLE, "device": "a card", "kind": "GPU", "library": "CuPy", "rows": rows}
    runs.path(TABLE).parent.mkdir(parents=True)
    runs.path(TABLE).write_text(runs.as_json(shown, date="2026-12-24", commit="0123456789ab"))


def test_without_a_gpu_nothing_is_compared_and_no_number_shown(data):
    shown = runs.beside(TABLE, {"blur": 1.0}, CPU)
    assert str(shown).startswith("Nothing is compared with a GPU here")
    bundle = shown._repr_mimebundle_()
    assert "<table" not in bundle["text/html"]
    assert bundle[runs.MIME]["rows"] == {"blur": 1.0}


def test_the_stored_run_stands_beside_this_run(data):
    store({"blur": 12.34, "labelling": 0.5})
    shown = runs.beside(TABLE, {"blur": 1.5, "own": 2000}, CPU)
    assert shown.caption == "Measured on a card, 2026-12-24, beside this run on a processor."
    lines = str(shown).splitlines()
    assert lines[1].split("  ")[-1] == "measured on a card, 2026-12-24"
    assert [line.split() for line in lines[2:]] == [
        ["blur", "1.5", "12.3"],
        ["own", "2,000", "–"],
        ["labelling", "–", "0.5"],
    ]
    assert "12.3" in shown._repr_mimebundle_()["text/html"]


def test_where_nothing_could_be_compared_the_stored_run_stands_alone(data):
    store({"blur": 12.34})
    shown = runs.beside(TABLE, {}, CPU)
    assert list(shown.columns) == ["measured on a card, 2026-12-24"]
    assert shown.caption == "Measured on a card, 2026-12-24."


def test_a_gpu_shows_its_own_and_the_stored_one_unless_it_becomes_that(data, monkeypatch):
    store({"blur": 12.34})
    assert len(runs.beside(TABLE, {"blur": 3.0}, GPU).columns) == 2
    monkeypatch.setenv(runs.NEW, "1")
    new = runs.beside(TABLE, {"blur": 3.0}, GPU)
    assert list(new.columns) == ["this run: a card (GPU)"]
    # Where the table was computed on a processor all the same, it stays one beside the stored run.
    assert len(runs.beside(TABLE, {"blur": 3.0}, CPU).columns) == 2


def test_a_gpu_that_the_table_is_not_about_has_measured_nothing(data):
    # On Apple silicon the course's array library is a GPU's, and CuPy's place is taken by NumPy.
    apple = Device("PyTorch arrays", "a chip", "GPU", memory=None, driver="Metal (MPS)")
    shown = runs.beside(TABLE, {}, apple)
    assert str(shown).startswith("Nothing is compared here: this run measured nothing on a chip")
    assert "Measured" not in str(shown)


def test_names_cannot_become_markup(data):
    html = runs.beside(TABLE, {"<b>": 1.0}, GPU)._repr_mimebundle_()["text/html"]
    assert "<b>" not in html


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_must_be_finite(data, value):
    with pytest.raises(CourseError, match=r"part/toy/race: blur is .* Measure a finite number"):
        runs.beside(TABLE, {"blur": value}, CPU)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"rows": 1}'])
def test_a_damaged_run_is_one_sentence(data, text):
    runs.path(TABLE).parent.mkdir(parents=True)
    runs.path(TABLE).write_text(text)
    with pytest.raises(CourseError, match=r"stored run .* cannot be read"):
        runs.read(TABLE)


COMPARE = {
    *("classical/benchmarking", "classical/devices", "classical/arrays-and-memory"),
    *("classical/cupy-basics", "classical/cupy-drop-in", "classical/custom-kernels"),
    *("deconvolution/chunks-and-memory", "deep-learning/gpu-memory"),
}
"""Chapters that compare devices."""


def tables(name):
    """Return the tables that the cells of a chapter show."""
    found = []
    for cell in chapters.read(name).code_cells:
        found += [part.split('"')[1] for part in cell.source.split("runs.beside(")[1:]]
    return found


def test_chapters_that_compare_devices_show_stored_runs_under_their_own_name():
    shown = {name: tables(name) for name in chapters.names()}
    assert {name for name, found in shown.items() if found} == COMPARE
    assert all(table.startswith(f"{name}/") for name, found in shown.items() for table in found)


def test_every_stored_run_is_one_that_a_chapter_shows():
    folder = paths.data() / "runs"
    stored = {
        file.relative_to(folder).with_suffix("").as_posix() for file in folder.glob("*/*/*.json")
    }
    assert stored <= {table for name in COMPARE for table in tables(name)}
    for table in stored:
        assert json.loads(runs.path(table).read_text())["table"] == table
