"""The benchmark of section 2 takes whichever peers are here, and measures what it says."""

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import deconvolution as b
from gpu_course import timing
from gpu_course.deconvolution import convolve
from gpu_course.errors import CourseError


@pytest.fixture(scope="module")
def scene():
    return b.scene((8, 24, 24), (5, 7, 7), 1)


def test_light_enters_from_outside(scene):
    inside = convolve(scene.truth, scene.psf)
    border = np.ones(scene.image.shape, bool)
    border[2:-2, 3:-3, 3:-3] = False
    missing = (scene.image - b.BACKGROUND - inside)[border].mean()
    assert missing > 0.05 * inside[border].mean()


def test_scale_does_not_count_as_an_error_but_form_does(scene):
    assert b.errors(7 * scene.truth, scene.truth) == pytest.approx((0, 1), abs=1e-6)
    assert b.errors(scene.without_background, scene.truth)[0] > 0.1
    assert np.isnan(b.errors(scene.truth * np.nan, scene.truth)[0])


def test_the_course_is_right_before_it_is_fast(scene):
    raw = b.errors(scene.without_background, scene.truth)[0]
    for name, way in b.ours(scene).items():
        assert b.errors(way(6), scene.truth)[0] < raw, name


def test_a_peer_that_cannot_run_is_named_and_left_out(scene, monkeypatch, capsys):
    def broken(scene):
        raise ImportError("no such package")

    monkeypatch.setitem(b.PEERS, "broken", broken)
    assert list(b.peers(["broken", "scikit-image"], scene)) == ["scikit-image"]
    assert "broken is left out: ImportError" in capsys.readouterr().out


def test_time_per_iteration_leaves_out_the_preparation(monkeypatch):
    now = [0.0]

    def way(iterations):
        now[0] += 100 + 2 * iterations

    def plain():
        now[0] += 5

    medians = timing.medians
    monkeypatch.setattr(
        b.timing, "medians", lambda ways, **options: medians(ways, clock=lambda: now[0], **options)
    )
    seconds = b.per_iteration({"way": way}, {"plain": plain}, 1)
    assert seconds == {"plain": 5, "way": 2}


def test_both_kinds_of_four_transforms_run(scene):
    for windowed in (False, True):
        b.four_transforms(scene, windowed=windowed)()


def test_the_whole_table_is_printed_by_the_command(monkeypatch, capfd):
    monkeypatch.setattr(b, "SMALL", (8, 24, 24))
    monkeypatch.setattr(b, "PSF_SMALL", (5, 7, 7))
    monkeypatch.setattr(
        b.timing, "medians", lambda ways, **_: {name: 0.1 + i for i, name in enumerate(ways)}
    )
    assert command.main(["deconvolution", "--small", "--repeats", "1", "--counts", "3"]) == 0
    printed = capfd.readouterr().out
    for word in ("course, accelerated, TV", "scikit-image", "four FFTs", "NRMSE, SSIM at 3", "MiB"):
        assert word in printed


def test_options_need_one_name():
    with pytest.raises(CourseError, match="name it before"):
        command.main(["--small"])
    with pytest.raises(CourseError, match="no benchmark “nothing”"):
        command.main(["nothing"])
