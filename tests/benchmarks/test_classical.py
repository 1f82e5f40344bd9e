"""The benchmark of section 1 times only what agrees, and shows ratios of one run."""

import numpy as np
import pytest

from benchmarks import classical as b
from gpu_course import timing
from gpu_course.classical import operations as o
from gpu_course.classical.roofline import Roofline
from gpu_course.errors import CourseError


@pytest.fixture(scope="module")
def image():
    return o.scene(96)


def test_a_peer_that_disagrees_is_left_out_and_named(image, capsys):
    ways = b.scikit_image(image, image > o.BRIGHT)
    racing = {
        b.REFERENCE: ways["Gaussian blur"],
        "right": lambda: o.blur_processor(image),
        "wrong": lambda: o.blur_processor(image, 2.2),
    }
    assert list(b.checked("Gaussian blur", image, racing)) == [b.REFERENCE, "right"]
    assert "wrong" in capsys.readouterr().out


def test_the_courses_own_result_must_be_right(image):
    ways = b.scikit_image(image, image > o.BRIGHT)
    racing = {b.REFERENCE: ways["labelling"], b.COURSE: lambda: np.ones((96, 96), int)}
    with pytest.raises(CourseError, match="Nothing timed"):
        b.checked("labelling", image, racing)


def test_every_table_of_measurements_is_compared(image, monkeypatch):
    from gpu_course import devices

    try:
        devices.use_opencl()
    except CourseError as error:
        pytest.skip(str(error))
    assert b.COURSE in b.measuring(image)
    right = b.measure
    monkeypatch.setattr(b, "measure", lambda i, n: right(i, n).assign(centroid_y=0.0))
    with pytest.raises(CourseError, match="measuring"):
        b.measuring(image)


def test_the_whole_table_is_printed(monkeypatch, capsys):
    from gpu_course import devices

    try:
        devices.use_opencl()
    except CourseError as error:
        pytest.skip(str(error))
    monkeypatch.setattr(b.sizes, "pick", lambda **_: (64,))
    monkeypatch.setattr(
        b.timing, "medians", lambda ways, **_: dict.fromkeys(ways, 0.002), raising=True
    )
    monkeypatch.setattr(b.floors, "limits", lambda _: Roofline(bandwidth=1e9, rate=1e12))
    (measured,) = b.main()
    blur = measured.rows[0]
    assert blur.floors[b.COURSE] == b.floors.Floor(16 * 64**2 / 1e9, "memory")
    printed = capsys.readouterr().out
    for name in (*o.OPERATIONS, "measuring"):
        assert f"{name}, 64²" in printed
    assert "2.0 (1.00)" in printed


def test_there_is_one_timer():
    assert b.timing is timing
