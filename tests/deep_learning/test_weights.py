"""Where weights are found: the reader's own first, then the course's."""

import pytest

from gpu_course import paths
from gpu_course.deep_learning import weights
from gpu_course.errors import CourseError


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Return the folder of weights of a course that has one network, beside an empty workplace."""
    folder = tmp_path / "data" / "weights"
    folder.mkdir(parents=True)
    (folder / "roots-unet.safetensors").write_bytes(b"the course's")
    monkeypatch.setattr(paths, "data", lambda: tmp_path / "data")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return folder


def test_the_course_s_weights_are_found(course):
    assert weights.shipped() == ["roots-unet"]
    assert weights.find("roots-unet") == course / "roots-unet.safetensors"


def test_what_you_trained_comes_first(course):
    mine = weights.own("roots-unet")
    mine.parent.mkdir()
    mine.write_bytes(b"mine")
    assert weights.find("roots-unet").read_bytes() == b"mine"


def test_a_name_that_nobody_trained_is_refused_and_the_others_named(course):
    with pytest.raises(CourseError, match=r"no weights “bees”.*roots-unet"):
        weights.find("bees")
