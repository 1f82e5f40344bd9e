"""What a node runs and what it keeps, and where a bundle may be made."""

import errno

import pytest

from gpu_course.book import chapters, commit
from gpu_course.book.bundle import packing, plan
from gpu_course.errors import CourseError
from tests.toy import CHAPTER


def toy(needs):
    return chapters.parse("part/toy", CHAPTER.replace("needs: [opencl]", f"needs: [{needs}]"))


@pytest.mark.parametrize(
    ("needs", "have", "runs", "why"),
    [
        ("", {}, True, "has no special needs"),
        ("opencl", {}, True, "OpenCL, if a driver answers there"),
        ("cupy", {}, True, "NumPy in the place of CuPy"),
        ("cupy", {"cupy-cuda13x": "14.0"}, True, "CuPy"),
        ("torch", {}, False, "needs PyTorch, which the node lacks"),
        ("torch", {"torch": "2.8.0"}, True, "the node's own torch"),
        ("torch, tensorflow", {"torch": "2.8.0"}, False, "needs TensorFlow"),
        ("display", {"napari": "0.9"}, False, "a node has no screen"),
    ],
)
def test_a_chapter_runs_where_its_needs_are_met(needs, have, runs, why):
    entry = plan.entry(toy(needs), have, (), {})
    assert (entry["run"], entry["why"].startswith(why) or why in entry["why"]) == (runs, True)


def test_a_chapter_whose_image_cannot_be_packed_keeps_its_output(monkeypatch, tmp_path):
    monkeypatch.setenv("GPU_COURSE_MIRROR", str(tmp_path))
    monkeypatch.setenv("GPU_COURSE_CACHE", str(tmp_path / "cache"))
    packed, lacking = plan.pack_images(["roots/test/C_osr_0129.jpg"], tmp_path / "images")
    assert packed == []
    assert "has no roots/test/C_osr_0129.jpg" in lacking["roots/test/C_osr_0129.jpg"]
    entry = plan.entry(toy(""), {}, ["roots/test/C_osr_0129.jpg"], lacking)
    assert not entry["run"]
    assert entry["why"] == "opens roots/test/C_osr_0129.jpg, which cannot be packed"


def test_images_of_a_chapter_are_those_that_its_record_names():
    opened = plan.photographs([chapters.read("start/introduction")])
    assert opened == {"start/introduction": ["nuclei/img2d.tif", "nuclei/mask2d.tif"]}


def test_bundle_needs_a_checkout_without_changes(monkeypatch, tmp_path):
    monkeypatch.setattr(commit, "name", lambda root: "unknown")
    with pytest.raises(CourseError, match="made from a git checkout"):
        packing.current_commit()
    monkeypatch.setattr(commit, "name", lambda root: "0123456789ab+changes")
    monkeypatch.setattr(commit, "changes", lambda root: ["book/index.md"])
    with pytest.raises(CourseError, match=r"book/index\.md differs from the last commit"):
        packing.current_commit()


def test_folder_of_a_bundle_must_be_new_and_holds_nothing_after_a_fault(tmp_path):
    out = tmp_path / "out"

    def half(fault):
        with packing.new_folder(out) as folder:
            (folder / "half").write_text("done")
            raise fault

    with pytest.raises(CourseError, match="no luck"):
        half(CourseError("no luck"))
    with pytest.raises(CourseError, match="the disk is full"):
        half(OSError(errno.ENOSPC, "No space left on device"))
    assert list(tmp_path.iterdir()) == []
    with packing.new_folder(out) as folder:
        (folder / "whole").write_text("done")
    with pytest.raises(CourseError, match="is already there"), packing.new_folder(out):
        pass
    assert [file.name for file in tmp_path.rglob("*")] == ["out", "whole"]


def test_extras_are_read_from_the_wheel(tmp_path):
    from gpu_course.book.bundle.targets import Target
    from tests.book.bundle.toys import wheel

    needs = ["a", 'b; sys_platform == "win32"', 'c; extra == "more"']
    file = wheel(tmp_path, "gpu_course", requires=needs)
    windows, linux = (Target("3.12", name) for name in ("windows-amd64", "linux-x86_64"))
    assert [each.name for each in packing.requirements(file, windows, ())] == ["a", "b"]
    with pytest.raises(CourseError, match="no extra “more”"):
        packing.requirements(file, linux, ("more",))
