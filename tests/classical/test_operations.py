"""Each operation does the same on the device and on the processor, or is not raced."""

import dataclasses

import numpy as np
import pytest

from gpu_course.classical import operations as o
from gpu_course.errors import CourseError


@pytest.mark.parametrize("name", o.OPERATIONS)
@pytest.mark.parametrize("edge", [96, 256])
def test_device_and_processor_do_the_same(device, name, edge):
    o.compare(name, o.scene(edge))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("Gaussian blur", lambda image: o.blur(image, 2.1)),
        ("Otsu", lambda image: image),
        ("labelling", o.otsu),
        ("labelling", lambda image: np.maximum(o.label_processor(image[:]), 1)),
        ("pipeline", o.label),
    ],
    ids=["another sigma", "no mask", "a mask", "one object", "no blur"],
)
def test_a_race_between_different_things_is_refused(device, name, wrong, monkeypatch):
    changed = dataclasses.replace(o.OPERATIONS[name], on_device=wrong)
    monkeypatch.setitem(o.OPERATIONS, name, changed)
    with pytest.raises(CourseError, match="different results"):
        o.compare(name, o.scene(128))


def test_the_scene_has_any_size_and_no_seam():
    assert o.scene(64).shape == (64, 64)
    large = o.scene(1024)
    assert large.shape == (1024, 1024)
    assert large.dtype == np.float32
    np.testing.assert_array_equal(large[511], large[512])
