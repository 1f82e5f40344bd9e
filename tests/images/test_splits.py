import numpy as np
import pytest

from gpu_course.errors import CourseError
from gpu_course.images import Sample
from gpu_course.images.sample import split_named

SPELLED = {
    "train": ["train", "Train", "TRAIN", " train ", "training", "Training"],
    "validation": ["validation", "Validation", "val", "VAL", "valid"],
    "test": ["test", "Test", "TEST", "test\n", "Testing"],
}


@pytest.mark.parametrize(("split", "spelled"), [(s, w) for s in SPELLED for w in SPELLED[s]])
def test_a_split_has_one_spelling_however_it_is_written(split, spelled):
    assert split_named(spelled) == split
    assert Sample("x", spelled, 0, np.zeros((2, 2)), "YX").split == split


@pytest.mark.parametrize("split", ["", "tset", "trains", "all", "0", None, 1, np.nan])
def test_anything_else_is_refused_where_it_is_read(split):
    with pytest.raises(CourseError, match="train, validation or test"):
        Sample("x", split, 0, np.zeros((2, 2)), "YX")
