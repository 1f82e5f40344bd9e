import pytest

from gpu_course import paths
from gpu_course.book import chapters
from gpu_course.errors import CourseError
from tests.toy import CHAPTER


def test_front_matter_title_and_cells_are_read():
    toy = chapters.parse("part/toy", CHAPTER)
    assert toy.title == "A toy chapter"
    assert toy.course == {"minutes": 5, "needs": ["opencl"]}
    assert len(toy.code_cells) == 4


def test_digest_sees_code_and_neither_prose_nor_tags():
    digest = chapters.parse("toy", CHAPTER).code
    prose = CHAPTER.replace("How many pixels", "How very many pixels")
    tags = CHAPTER.replace("tags: [hide-input]", "tags: [hide-output]")
    code = CHAPTER.replace("pixels = [0, 1, 1]", "pixels = [0, 1, 2]")
    assert chapters.parse("toy", prose).code == digest
    assert chapters.parse("toy", tags).code == digest
    assert chapters.parse("toy", code).code != digest


def test_unknown_chapter_names_the_closest():
    with pytest.raises(CourseError, match="Did you mean 'classical/segmentation'"):
        chapters.read("clasical/segmentation")


def test_name_may_be_given_as_a_path():
    assert chapters.read("book/start/setup.md").name == "start/setup"


def test_broken_front_matter_names_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "root", lambda: tmp_path)
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "bad.md").write_text("---\njupytext: [\n---\n# Title\n")
    with pytest.raises(CourseError, match=r"book/bad\.md"):
        chapters.read("bad")
