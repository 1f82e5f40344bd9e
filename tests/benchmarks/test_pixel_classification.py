"""The benchmark of section 3 gives all the same scribbles, and times only what is right."""

import numpy as np
import pytest

from benchmarks import pixel_classification as b
from gpu_course import timing
from gpu_course.errors import CourseError
from gpu_course.images.bees import simulate_bees


@pytest.fixture(scope="module")
def scene():
    image, labels = simulate_bees((160, 160), seed=7)
    mask = labels > 0
    return image, mask, b.strokes(mask, count=8)


def test_strokes_stay_inside_their_class(scene):
    _, mask, scribbles = scene
    assert not mask[scribbles == 1].any()
    assert mask[scribbles == 2].all()
    assert min(np.count_nonzero(scribbles == value) for value in (1, 2)) > 100


def test_all_compute_the_same_number_of_features(scene):
    image, _, scribbles = scene
    count = {
        "course": b.course(image, scribbles)[0]().shape[0],
        "scikit": b.scikit(image, scribbles)[0]().shape[-1],
        "apoc": len(b.APOC_RECIPE.split()),
    }
    assert set(count.values()) == {24}


def test_every_way_labels_the_whole_image(scene):
    image, mask, scribbles = scene
    ways, scores = b.compared(image, mask, scribbles)
    assert {b.PEER, b.COURSE, "course, 50 trees"} <= set(ways) == set(scores)
    for name, (_, refresh) in ways.items():
        assert set(np.unique(refresh())) == {1, 2}, name


def test_a_way_that_is_less_right_is_not_timed(scene, monkeypatch):
    image, mask, scribbles = scene
    monkeypatch.setitem(b.WAYS, b.COURSE, lambda *_: (lambda: None, lambda: 1 + 0 * mask))
    with pytest.raises(CourseError, match="Nothing timed"):
        b.compared(image, mask, scribbles)


def test_the_table_and_the_scores_are_printed(scene, monkeypatch, capsys):
    monkeypatch.setattr(b.sizes, "pick", lambda **_: 160)
    monkeypatch.setattr(b, "compared", lambda *_: ({b.PEER: (1, 2), b.COURSE: (3, 4)}, {b.PEER: 1}))
    took = {b.PEER: 0.004, b.COURSE: 0.002}
    # The limits of the machine are measured by the same function.
    monkeypatch.setattr(
        timing, "medians", lambda ways, **_: {name: took.get(name, 0.1) for name in ways}
    )
    b.main()
    printed = capsys.readouterr().out
    assert "24 features, 160²" in printed
    assert "2.0 (0.50)" in printed
    assert "scikit 1.000" in printed
