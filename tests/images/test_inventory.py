import pytest
from rich.console import Console

from gpu_course.errors import CourseError
from gpu_course.images import catalogue, inventory, registry
from gpu_course.images.nuclei_dsb import frames, masks


def text(table) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def test_sets_and_files_may_be_named_together():
    assert inventory.files_of(["nuclei", "bees/labels.db", "nuclei"]) == [
        "nuclei/img2d.tif",
        "nuclei/mask2d.tif",
        "bees/labels.db",
    ]
    assert inventory.files_of(["bees"]) == []
    everything = inventory.files_of([])
    assert len(everything) == len(set(everything)) > 40
    assert set(everything) <= {entry.path for entry in registry.entries()}


def test_unknown_name_is_one_clear_sentence():
    with pytest.raises(CourseError, match=r"no image set or file “nuclej”.*nuclei"):
        inventory.files_of(["nuclej"])


def test_list_shows_every_set_and_what_is_to_fetch(tmp_path, monkeypatch):
    monkeypatch.setenv("GPU_COURSE_CACHE", str(tmp_path))
    monkeypatch.delenv("GPU_COURSE_MIRROR", raising=False)
    shown = text(inventory.table_of_sets([]))
    assert all(f"\n {name} " in f"\n{shown}" for name in catalogue.names())
    hive = next(line for line in shown.splitlines() if line.startswith(" beesbook "))
    assert "1 of 1 files to fetch, 2.4 MB" in hive
    assert "ready" in next(line for line in shown.splitlines() if line.startswith(" nuclei "))


def test_fetch_goes_on_after_a_failure(tmp_path, monkeypatch):
    monkeypatch.setenv("GPU_COURSE_CACHE", str(tmp_path))
    monkeypatch.setenv("GPU_COURSE_MIRROR", str(tmp_path))
    failed = inventory.fetch(["bees/labels.db", "nuclei/img2d.tif"])
    assert len(failed) == 1
    assert "bees/labels.db" in failed[0]


def test_damaged_file_is_named_with_its_cure(tmp_path, monkeypatch):
    monkeypatch.setenv("GPU_COURSE_CACHE", str(tmp_path))
    monkeypatch.delenv("GPU_COURSE_MIRROR", raising=False)
    (tmp_path / "bees").mkdir()
    (tmp_path / "bees" / "labels.db").write_bytes(b"half a file")
    assert inventory.faults(["bees/labels.db", "nuclei/img2d.tif"]) == [
        "bees/labels.db is damaged. Run `gpu-course images fetch bees/labels.db`."
    ]
    assert "damaged" in text(inventory.table_of_files(["bees/labels.db"]))


def test_masks_of_a_picture_share_a_row(tmp_path, monkeypatch):
    monkeypatch.setenv("GPU_COURSE_CACHE", str(tmp_path))
    monkeypatch.delenv("GPU_COURSE_MIRROR", raising=False)
    frame = frames("validation")[0]
    shown = text(inventory.table_of_files([frame.picture, *masks(frame.picture)]))
    assert f"masks ({frame.nuclei} files)" in shown
    assert len(shown.splitlines()) == 3
    assert shown.count("absent") == 2


@pytest.mark.parametrize("mirror", ["nowhere", "a file", "'quoted'"])
def test_a_mirror_that_is_no_folder_is_told_and_not_only_absent(monkeypatch, tmp_path, mirror):
    monkeypatch.setenv("GPU_COURSE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "a file").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GPU_COURSE_MIRROR", mirror)
    (told,) = inventory.faults(["bees/labels.db"])
    assert "no such folder is there. Correct it" in told
    monkeypatch.setenv("GPU_COURSE_MIRROR", str(tmp_path))
    assert inventory.faults(["bees/labels.db"]) == []
