import numpy as np
import pytest

from gpu_course import exercises, napari_view
from gpu_course.lessons.pixel_classification.napari_plugins import plugin_files, solutions

NAME = "pixel-classification/napari-plugins/visible-region"


def without_the_last_pixel(corners, shape):
    return tuple(slice(int(a), int(b)) for a, b in zip(*corners, strict=True))


def unlimited(corners, shape):
    return tuple(slice(int(a), int(b) + 1) for a, b in zip(*corners, strict=True))


def never_beside(corners, shape):
    return tuple(
        slice(max(int(a), 0), min(int(b) + 1, n)) for a, b, n in zip(*corners, shape, strict=True)
    )


def not_to_the_end(corners, shape):
    return tuple(slice(max(int(a), 0), int(b) + 1) for a, b in zip(*corners, strict=True))


def only_rows_beside(corners, shape):
    rows, *_ = solutions.visible_region(corners, shape)
    ends = zip(*np.asarray(corners)[:, 1:], shape[1:], strict=True)
    return (rows, *(slice(max(int(a), 0), min(int(b) + 1, n)) for a, b, n in ends))


def planes_only(corners, shape):
    return solutions.visible_region(np.asarray(corners)[:, :2], shape[:2])


def in_floats(corners, shape):
    region = solutions.visible_region(corners, shape)
    return tuple(slice(float(part.start), float(part.stop)) for part in region)


def pixels(corners, shape):
    return np.zeros(shape)[solutions.visible_region(corners, shape)]


def test_an_end_that_is_left_out_is_that_of_the_image():
    def short(corners, shape):
        region = solutions.visible_region(corners, shape)
        return tuple(
            slice(part.start or None, None if part.stop == length else part.stop)
            for part, length in zip(region, shape, strict=True)
        )

    assert exercises.check(NAME, short).solved


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (without_the_last_pixel, "one further"),
        (unlimited, "negative start"),
        (not_to_the_end, "where the image does"),
        (never_beside, "the nearest"),
        (only_rows_beside, "the nearest"),
        (planes_only, "slice for each"),
        (pixels, "tuple of slices"),
        (in_floats, "whole numbers"),
    ],
)
def test_check_names_the_mistake(wrong, says):
    result = exercises.check(NAME, wrong)
    assert not result.solved
    assert says in result.message


def test_validate_says_what_is_wrong_with_a_manifest(tmp_path):
    pytest.importorskip("npe2")
    files = {"toy_plugin/__init__.py": "def go():\n    pass\n"}
    files["toy_plugin/napari.yaml"] = "name: toy-plugin\ndisplay_name: Toy\n"
    plugin_files.write(tmp_path, files)
    assert "valid" in plugin_files.validate(tmp_path, "toy_plugin/napari.yaml")
    files["toy_plugin/napari.yaml"] += "contributions:\n  widgets:\n    - display_name: Go\n"
    plugin_files.write(tmp_path, files)
    said = plugin_files.validate(tmp_path, "toy_plugin/napari.yaml")
    assert "command" in said
    assert str(tmp_path) not in said


@pytest.mark.display
def test_corners_say_nothing_of_an_axis_that_is_not_shown():
    if missing := napari_view.missing():
        pytest.skip(missing)
    seen = {}

    def build(viewer):
        layer = viewer.add_image(np.zeros((8, 40, 60)))
        viewer.dims.set_current_step(0, 5)
        napari_view.live(0.3)
        seen["2D"] = np.array(layer.corner_pixels)
        viewer.dims.ndisplay = 3
        napari_view.live(0.3)
        seen["3D"] = np.array(layer.corner_pixels)

    napari_view.snapshot(build, size=(500, 400))
    assert seen["2D"][:, 0].tolist() == [0, 0]
    assert seen["2D"][1, 1:].min() > 30
    assert seen["3D"][1].min() > 0
