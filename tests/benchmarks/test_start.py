"""`make bench`: what would stop it after minutes of measuring stops it at once."""

import pytest

from benchmarks import __main__ as start
from benchmarks import convolution
from gpu_course.errors import CourseError


@pytest.fixture
def measured(monkeypatch):
    """Return a list that grows with every benchmark that begins."""
    begun = []
    monkeypatch.setattr(start.drivers, "prepare", lambda: None)
    monkeypatch.setattr(convolution, "main", lambda: begun.append("convolution") or [])
    return begun


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["convolutions"], "There is no benchmark “convolutions”. Choose from: classical, con"),
        (["floors"], "There is no benchmark “floors”"),
        (["--into"], "Name a folder after --into"),
        (["--into", "--small", "scaling"], "Name a folder after --into"),
        (["--into", "file/below", "convolution"], "Cannot write file/below/convolution.json: Not"),
        (["convolution", "--small"], "“convolution” takes no options. Leave them out"),
        (["convolution", "stars", "--small"], "Options belong to one benchmark"),
    ],
)
def test_wrong_words_are_told_before_anything_is_measured(
    tmp_path, monkeypatch, measured, arguments, said
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(CourseError, match=said):
        start.main(arguments)
    assert measured == []


def test_wrong_size_is_told_before_anything_is_measured(monkeypatch, measured):
    monkeypatch.setenv("GPU_COURSE_SIZE", "gigantic")
    with pytest.raises(CourseError, match="GPU_COURSE_SIZE is 'gigantic'"):
        start.main(["convolution"])
    assert measured == []


def test_folder_in_any_letters_gets_the_table(tmp_path, monkeypatch, measured, capsys):
    folder = tmp_path / "Übung eins" / "neu"
    assert start.main(["--into", str(folder), "convolution"]) == 0
    assert [file.name for file in folder.iterdir()] == ["convolution.json"]
    assert measured == ["convolution"]


def test_help_names_every_benchmark(capsys):
    assert start.main(["--help"]) == 0
    assert "convolution, deconvolution" in capsys.readouterr().out
