"""A folder as people have it: each image gets its result, each bad file its sentence."""

import numpy as np
import PIL.Image
import pytest
import tifffile
from PIL import Image

from gpu_course.errors import CourseError
from gpu_course.napari_plugin import folder as folders
from gpu_course.napari_plugin.requests import ObjectSettings
from gpu_course.pixel_classification import PixelClassifier, Recipe
from tests.napari_plugin.pictures import discs, every_fifth


@pytest.fixture(scope="module")
def forest():
    image, truth = discs()
    return PixelClassifier(Recipe((1.0, 3.0)), trees=5).fit(image, every_fifth(truth))


@pytest.fixture
def filled(tmp_path):
    image, _ = discs(seed=3)
    grey = image.clip(0, 255).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", grey, compression="lzw")
    PIL.Image.fromarray(grey).save(tmp_path / "b.png")
    movie = np.stack([grey, grey[::-1]])
    tifffile.imwrite(tmp_path / "movie.tif", movie, imagej=True, metadata={"axes": "TYX"})
    PIL.Image.fromarray(np.stack([grey] * 3, -1)).save(tmp_path / "colour.png")
    (tmp_path / "broken.tif").write_bytes(b"II*\x00 and no more")
    tifffile.imwrite(tmp_path / "empty.tif", np.full((40, 50), np.nan, np.float32))
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / ".hidden.tif").write_bytes(b"")
    return tmp_path, grey


def test_each_image_gets_its_classes_and_each_bad_file_a_sentence(forest, filled):
    folder, grey = filled
    steps = list(folders.classify_folder(forest, folder, ObjectSettings(2)))
    ends = {step.name: step.problem for step in steps if step.finished}
    assert list(ends) == ["a.tif", "b.png", "broken.tif", "colour.png", "empty.tif", "movie.tif"]
    assert [n for n, problem in ends.items() if not problem] == ["a.tif", "b.png", "movie.tif"]
    assert "cannot be read" in ends["broken.tif"]
    assert "planes of grey values" in ends["colour.png"]
    assert "missing" in ends["empty.tif"]
    expected = forest.predict(grey)
    written = sorted(file.name for file in (folder / "classified").iterdir())
    kinds = ("classes", "objects")
    assert written == [f"{name} {kind}.tif" for name in ("a", "b", "movie") for kind in kinds]
    for name in ("a", "b"):
        found = tifffile.imread(folder / "classified" / f"{name} classes.tif")
        np.testing.assert_array_equal(found, expected)
    found = tifffile.imread(folder / "classified" / "movie classes.tif")
    np.testing.assert_array_equal(found, [expected, forest.predict(grey[::-1].copy())])


@pytest.mark.parametrize("how", ["without names", "named", "a stack"])
def test_channels_are_found_where_the_file_does_not_name_them(tmp_path, how):
    image, truth = discs(seed=3)
    two = np.stack([image, image[::-1]]).clip(0, 255).astype(np.uint8)
    last = np.moveaxis(two, 0, -1)
    forest = PixelClassifier(Recipe((1.0, 3.0), channels=2), trees=5)
    forest.fit(last, every_fifth(truth))
    axes = {"without names": {}, "named": {"axes": "CYX"}, "a stack": {"axes": "ZYX"}}[how]
    tifffile.imwrite(tmp_path / "a.tif", two, imagej=bool(axes), metadata=axes or None)
    *_, step = folders.classify_folder(forest, tmp_path)
    if how == "a stack":
        assert "forest learned from planes of 2 channels" in step.problem
        return
    assert not step.problem
    found = tifffile.imread(tmp_path / "classified" / "a classes.tif")
    np.testing.assert_array_equal(found, forest.predict(last))


def test_one_name_with_two_endings_is_two_results(forest, tmp_path):
    grey = np.zeros((40, 50), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", grey)
    PIL.Image.fromarray(grey).save(tmp_path / "a.png")
    list(folders.classify_folder(forest, tmp_path))
    names = sorted(file.name for file in (tmp_path / "classified").iterdir())
    assert names == ["a.png classes.tif", "a.tif classes.tif"]


def test_no_result_takes_the_place_of_another(forest, tmp_path):
    grey = (discs(seed=3)[0]).clip(0, 255).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", grey)
    for name, picture in (("a.png", grey.T), ("a.tif.png", grey[::-1]), ("B.png", grey[:, ::-1])):
        PIL.Image.fromarray(np.ascontiguousarray(picture)).save(tmp_path / name)
    list(folders.classify_folder(forest, tmp_path))
    names = sorted(file.name for file in (tmp_path / "classified").iterdir())
    assert names == [f"{n} classes.tif" for n in ("B", "a.png", "a.tif", "a.tif.png")]
    found = tifffile.imread(tmp_path / "classified" / "a.tif classes.tif")
    np.testing.assert_array_equal(found, forest.predict(grey))


def test_results_of_an_earlier_time_do_not_stay_beside_new_ones(forest, tmp_path):
    grey = (discs(seed=3)[0]).clip(0, 255).astype(np.uint8)
    for name in ("a", "b"):
        tifffile.imwrite(tmp_path / f"{name}.tif", grey)
    list(folders.classify_folder(forest, tmp_path, ObjectSettings(2)))
    (tmp_path / "b.tif").write_bytes(b"II*\x00 and no more")
    list(folders.classify_folder(forest, tmp_path))
    names = sorted(file.name for file in (tmp_path / "classified").iterdir())
    assert names == ["a classes.tif"]


def test_stopped_work_leaves_whole_files_only(forest, filled):
    folder, grey = filled
    job = folders.classify_folder(forest, folder)
    next(step for step in job if step.finished)
    next(job)
    job.close()
    assert [file.name for file in (folder / "classified").iterdir()] == ["a classes.tif"]
    assert tifffile.imread(folder / "classified" / "a classes.tif").shape == grey.shape


def test_photographs_are_listed_and_links_that_lead_nowhere_are_told(tmp_path):
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(tmp_path / "a.JPG")
    (tmp_path / "b.tif").symlink_to(tmp_path / "nowhere.tif")
    (tmp_path / "c.tif").mkdir()
    assert [file.name for file in folders.images_of(tmp_path)] == ["a.JPG", "b.tif"]
    with pytest.raises(CourseError, match="where a link leads"):
        folders.read_image(tmp_path / "b.tif")


def test_a_folder_without_images_is_one_sentence(tmp_path):
    with pytest.raises(CourseError, match="holds no image"):
        folders.images_of(tmp_path)
    with pytest.raises(CourseError, match="cannot be read"):
        folders.images_of(tmp_path / "missing")


@pytest.mark.display
def test_the_button_says_how_far_it_is_and_what_was_wrong(window, filled, heard):
    folder, _ = filled
    image, truth = discs()
    window.viewer.add_image(image)
    widget = window.open_plugin()
    widget.apply_to_folder(folder)
    assert heard() == ["There is no model yet. Paint a stroke of each class first."]
    widget.panel.trees.setValue(5)
    widget.new_scribbles()
    strokes = widget.panel.scribbles.value
    marks = every_fifth(truth)
    strokes.data_setitem(np.nonzero(marks), marks[np.nonzero(marks)])
    window.wait(lambda: widget.engine.classifier is not None)
    window.idle(widget)
    widget.apply_to_folder(folder)
    assert widget.panel.stop.isEnabled()
    window.idle(widget)
    text = widget.panel.status.text()
    assert text.startswith("3 of 6 images classified, into “classified”. broken.tif: It cannot be")
    assert heard()[-1] == text
    assert widget.panel.progress.value() == 6
    widget.apply_to_folder(folder)
    widget.cancel()
    window.idle(widget)
    assert widget.panel.status.text().startswith("Cancelled")
