"""Files of models that were damaged, or come from elsewhere: refused when they are opened."""

import json

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from gpu_course import own_images
from gpu_course.errors import CourseError

GONE = object()
PART = ("record", "own_images")
LEARNED = (*PART, "learned")


def changed(file, target, place, value):
    """Write what a model's file says again, with another value in one place."""
    with safe_open(file, "np") as opened:
        about = json.loads(opened.metadata()["about"])
    part = about
    for name in place[:-1]:
        part = part[name]
    if value is GONE:
        del part[place[-1]]
    else:
        part[place[-1]] = value
    save_file({"level": np.zeros(1, np.float32)}, target, {"about": json.dumps(about)})
    return target


@pytest.mark.parametrize(
    ("place", "values"),
    [
        (("rule", "channel"), [1, -2, "a", None, 0.5]),
        (("rule", "blur"), [-1, "x", float("nan"), 1e6]),
        (("rule", "level"), [None, float("inf"), "x"]),
        (("rule", "darker"), ["no", 1]),
        (("rule",), [[], GONE, {}]),
        ((*PART, "kind"), ["other", 1, GONE]),
        ((*PART, "channels"), ["1", 0, 1.5]),
        ((*PART, "channel"), [-1, "0"]),
        ((*PART, "scale"), [0, -1, "a", float("inf")]),
        ((*PART, "threshold"), [None, 2, -1]),
        ((*PART, "flips"), ["yes"]),
        ((*PART, "smallest"), [None, -1]),
        ((*PART, "newer"), [1]),
        (PART, [7, [], {}]),
        (LEARNED, [{}, 5]),
        ((*LEARNED, "diameter"), [0, "a", float("nan")]),
        ((*LEARNED, "measured"), [[1], 3, ["a", "b", "c"], [0, 0, 0]]),
        ((*LEARNED, "ground"), [None, [1], [2, 3]]),
        ((*LEARNED, "contrast"), ["x", -1]),
        ((*LEARNED, "background"), [None]),
        ((*LEARNED, "channels"), [[[0.5, 3], [0.5, 3]], 7, ["a"], [[0.5]], [[2, 3]]]),
        (("record", "files"), [7, {}]),
        (("record", "folder"), [GONE, 1]),
        (("record", "digests"), [7, [1]]),
        (("record", "test_scores"), [[1], {"a": "b"}, {"a": float("nan")}]),
        (("record",), [[], "x"]),
        (("kind",), [5, "gpu-course threshold 2", "gpu-course U-Net 1", GONE]),
    ],
    # Of the place alone: the values hold an object, whose address differs from process to process.
    ids=lambda given: "-".join(given) if isinstance(given, tuple) else "",
)
def test_what_cannot_be_right_is_refused_when_the_file_is_opened(
    model_file, tmp_path, place, values
):
    for value in values:
        file = changed(model_file, tmp_path / "m.safetensors", place, value)
        with pytest.raises(CourseError, match="is no file of weights to be used"):
            own_images.load(file)


def test_what_is_right_is_read(model_file, tmp_path):
    file = changed(model_file, tmp_path / "m.safetensors", (*LEARNED, "measured"), None)
    assert own_images.load(file).settings.learned.measured is None
    # Of an earlier time, when nothing was noted of channels.
    file = changed(model_file, tmp_path / "m.safetensors", (*LEARNED, "channels"), GONE)
    assert own_images.load(file).settings.learned.channels == ()
    file = changed(model_file, tmp_path / "m.safetensors", LEARNED, None)
    assert own_images.load(file).settings.learned is None


@pytest.mark.parametrize("name", ["", ".", "nuclei", "a folder.safetensors"])
def test_a_folder_or_nothing_is_no_model(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a folder.safetensors").mkdir()
    with pytest.raises(CourseError, match="There is no model"):
        own_images.load(name)
