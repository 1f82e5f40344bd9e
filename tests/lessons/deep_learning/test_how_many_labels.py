"""Learning curves: what is kept and when it may be used again, the points, and the exercise."""

import dataclasses
import json
import math

import numpy as np
import pytest
from scipy.stats import norm

from gpu_course import exercises, images, paths
from gpu_course.deep_learning.augmentation import Augmentation
from gpu_course.errors import CourseError
from gpu_course.images import Sample
from gpu_course.lessons.deep_learning.how_many_labels import figures, learners, solutions, study
from gpu_course.lessons.deep_learning.how_many_labels.kept import Kept, code_digest

NAME = "deep-learning/how-many-labels/effort-for"


# --- kept results -------------------------------------------------------------------------------


def never():
    raise AssertionError("computed again")


def test_a_result_is_computed_once_and_found_again_in_the_file(tmp_path):
    file = tmp_path / "checkpoints" / "kept.json"
    settings = {"steps": 3, "scenes": [["bees", "train", 0]]}
    first = Kept(file)(settings, lambda: {"scores": (0.1 + 0.2, 1), "actions": 7})
    assert first == {"scores": [0.1 + 0.2, 1], "actions": 7}
    again = Kept(file)
    assert len(again) == 1
    assert again(dict(reversed(settings.items())), never) == first
    assert [f.name for f in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize(
    "other",
    [
        {"steps": 4, "rate": 1e-3},
        {"steps": 3, "rate": 1.0000000001e-3},
        {"steps": 3},
        {"steps": 3, "rate": 1e-3, "seed": 0},
    ],
)
def test_another_setting_is_another_result(tmp_path, other):
    kept = Kept(tmp_path / "kept.json")
    kept({"steps": 3, "rate": 1e-3}, lambda: {"score": 1})
    assert kept(other, lambda: {"score": 2}) == {"score": 2}


def test_an_interruption_costs_the_training_in_progress_alone(tmp_path):
    kept = Kept(tmp_path / "kept.json")
    kept({"seed": 0}, lambda: {"score": 1})

    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept({"seed": 1}, interrupted)
    again = Kept(tmp_path / "kept.json")
    assert again({"seed": 0}, never) == {"score": 1}
    assert again({"seed": 1}, lambda: {"score": 2}) == {"score": 2}


@pytest.mark.parametrize("content", ["{", "[]", '{"kind": "other"}', '{"results": {}}'])
def test_a_damaged_file_is_refused_with_its_cure(tmp_path, content):
    file = tmp_path / "kept.json"
    file.write_text(content)
    with pytest.raises(CourseError, match="Delete it"):
        Kept(file)


def test_without_a_file_results_are_kept_in_memory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kept = Kept()
    kept({"seed": 0}, lambda: {"score": 1})
    assert kept({"seed": 0}, never) == {"score": 1}
    assert list(tmp_path.iterdir()) == []


def test_changed_code_has_another_digest(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "_PACKAGE", tmp_path)
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "one.py").write_text("a = 1\n")
    (tmp_path / "single.py").write_text("b = 1\n")
    before = code_digest(["part", "single"])
    assert code_digest(["part", "single"]) == before
    (tmp_path / "part" / "one.py").write_text("a = 2\n")
    changed = code_digest(["part", "single"])
    (tmp_path / "part" / "two.cl").write_text("\n")
    assert len({before, changed, code_digest(["part", "single"])}) == 3
    with pytest.raises(CourseError, match="no module"):
        code_digest(["nowhere"])


def test_the_code_that_decides_a_score_is_there():
    assert len(code_digest(study.CODE)) == 16


# --- curves -------------------------------------------------------------------------------------


@pytest.fixture
def pools():
    """Return three scenes for each of three seeds: noise, and one object."""
    rng = np.random.default_rng(0)
    labels = np.zeros((12, 12), np.int32)
    labels[3:8, 3:8] = 1
    return [
        [
            Sample("made", "train", 3 * seed + i, rng.random((12, 12)), "YX", labels.copy())
            for i in range(3)
        ]
        for seed in range(3)
    ]


@pytest.fixture
def judged():
    labels = np.zeros((12, 12), np.int32)
    labels[2:9, 2:9] = 1
    return [
        Sample("made", "validation", i, np.full((12, 12), float(i)), "YX", labels) for i in (0, 1)
    ]


class Pupil:
    """A learner that finds the more of an object the more scenes and the larger its seed."""

    __name__ = "pupil"

    def __init__(self, stop_after=math.inf):
        self.calls, self.stop_after = [], stop_after

    def __call__(self, scenes, seed, *, strokes):
        if len(self.calls) >= self.stop_after:
            raise KeyboardInterrupt
        self.calls.append((len(scenes), seed, strokes))

        def find(image):
            found = np.zeros((12, 12), np.int32)
            found[2 : 4 + len(scenes) + seed, 2:9] = 1
            return found

        return learners.Learned(find, strokes * len(scenes))


def overlap(truth, found):
    return ((truth > 0) & (found > 0)).sum() / (truth > 0).sum()


STEPS = [study.Step(1, {"strokes": 6}), study.Step(3, {"strokes": 6})]


def drawn(kept, pupil, pools, judged):
    return study.curve(kept, pupil, STEPS, pools, judged=judged, score=overlap, seconds=30)


def test_a_curve_has_the_middle_seed_and_the_two_ends(pools, judged):
    pupil = Pupil()
    first, second = drawn(Kept(), pupil, pools, judged)
    assert pupil.calls == [(1, 0, 6), (1, 1, 6), (1, 2, 6), (3, 0, 6), (3, 1, 6), (3, 2, 6)]
    assert first == pytest.approx((1, 3.0, 4 / 7, 3 / 7, 5 / 7))
    assert second == pytest.approx((3, 9.0, 6 / 7, 5 / 7, 1.0))


def test_a_curve_goes_on_where_it_was_interrupted(pools, judged, tmp_path):
    file = tmp_path / "kept.json"
    with pytest.raises(KeyboardInterrupt):
        drawn(Kept(file), Pupil(stop_after=4), pools, judged)
    rest = Pupil()
    points = drawn(Kept(file), rest, pools, judged)
    assert rest.calls == [(3, 1, 6), (3, 2, 6)]
    assert points == drawn(Kept(), Pupil(), pools, judged)
    assert len(json.loads(file.read_text())["results"]) == 6


def test_a_corrected_label_or_another_judge_trains_anew(pools, judged):
    kept, pupil = Kept(), Pupil()

    def once(scenes, judged, seed=0, score=overlap):
        study.trial(kept, pupil, {"strokes": 6}, scenes, seed, judged=judged, score=score)
        return len(pupil.calls)

    scenes = pools[0][:2]
    assert once(scenes, judged) == once(scenes, judged) == 1
    labels = scenes[1].labels.copy()
    labels[0, 0] = 2
    assert once([scenes[0], dataclasses.replace(scenes[1], labels=labels)], judged) == 2
    assert once(scenes, judged[:1]) == 3
    assert once(scenes, judged, seed=1) == 4
    assert once(scenes[::-1], judged) == 5
    assert once(scenes, judged, score=study.ap) == 6


def test_scores_between_points_lie_on_a_line_over_the_logarithm():
    points = [study.Point(1, 1.0, 0.2, 0, 1), study.Point(9, 100.0, 0.6, 0, 1)]
    found = study.score_at(points, [0.5, 1, 10, 100, 1000])
    np.testing.assert_allclose(found, [np.nan, 0.2, 0.4, 0.6, 0.6])


def test_a_single_point_has_no_band(judged):
    learned = Pupil()(judged, 0, strokes=1)
    point = study.single_point(learned.find, 128, 900, judged=judged, score=overlap, seconds=20)
    assert point == pytest.approx((128, 300.0, 4 / 7, 4 / 7, 4 / 7))


def test_the_known_curve_is_the_mean_of_its_learners():
    rng = np.random.default_rng(1)
    for n in (1, 4):
        middle = (rng.normal(-1, 1, (40_000, n)) + rng.normal(1, 1, (40_000, n))).mean(axis=1) / 2
        right = (norm.cdf(1 + middle) + norm.cdf(1 - middle)) / 2
        known = norm.cdf(1 / np.sqrt(1 + 1 / (2 * n)))
        assert right.mean() == pytest.approx(known, abs=2e-3)


# --- learners -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def roots():
    whole = images.load("roots", "train", index=0, size="small")
    return [whole.crop(slice(0, 128), slice(0, 128)), whole.crop(slice(128, 256), slice(0, 128))]


@pytest.fixture(scope="module")
def bees():
    whole = images.load("bees", "train", index=0, size="small")
    return [whole.crop(slice(0, 192), slice(0, 192))]


def test_a_forest_of_roots_learns_from_one_scene_and_counts_its_strokes(roots):
    one = learners.root_forest(roots[:1], 0, strokes=12, trees=3)
    two = learners.root_forest(roots, 0, strokes=12, trees=3)
    assert (one.actions, two.actions) == (2 * 2 * 12, 2 * 2 * 2 * 12)
    found = one.find(roots[1].image)
    assert (found.shape, found.dtype) == (roots[1].image.shape, bool)


def test_a_forest_of_bees_counts_strokes_of_all_rounds(bees):
    learned = learners.bee_forest(bees, 0, strokes=6, turns=2, trees=3)
    assert learned.actions == 3 * 2 * 6
    assert learned.find(bees[0].image).shape == bees[0].image.shape


def test_a_forest_of_nuclei_counts_strokes_of_all_classes():
    half = images.load("nuclei", "train")
    learned = learners.nuclei_forest([half], 0, strokes=8)
    assert learned.actions == 8 + 8 + 13
    found = learned.find(half.image)
    assert study.ap(half.labels, found) > 0.5


def test_a_unet_depends_on_its_seed_and_on_nothing_else(roots):
    pytest.importorskip("torch")
    how = {
        "depth": 2, "width": 4, "patch": 64, "batch": 2, "steps": 2, "rate": 5e-3,
        "foreground": 0.75, "augmentation": Augmentation(), "threshold": 0.5,
    }  # fmt: skip
    first, again, other = (learners.u_net(roots, seed, **how) for seed in (0, 0, 1))
    assert first.actions == 2
    same, twin, another = (one.find(roots[0].image) for one in (first, again, other))
    assert same.dtype == bool
    assert (same == twin).all()
    assert (same != another).any()


def test_a_star_network_learns_an_easy_scene_with_its_last_weights():
    pytest.importorskip("tensorflow")
    pytest.importorskip("stardist")
    from gpu_course.deep_learning.stardist import Design

    labels = np.zeros((64, 64), np.int32)
    for number, (y, x) in enumerate([(6, 6), (6, 38), (38, 8), (36, 40)], start=1):
        labels[y : y + 18, x : x + 18] = number
    scene = Sample("squares", "train", 0, (labels > 0) * 1.0, "YX", labels)
    learned = learners.stars(
        [scene], 0, design=Design(rays=16, grid=2, depth=1, width=8, features=16, patch=64),
        batch=2, steps=200, rate=1e-2, augmentation=Augmentation(flips=True),
        probability=0.3, overlap=0.3,
    )  # fmt: skip
    assert learned.actions == 4
    assert study.ap(labels, learned.find(scene.image)) == 1


def test_objects_are_counted_in_what_was_cut_out():
    labels = np.zeros((6, 8), np.int32)
    labels[:2, :2], labels[4:, :2], labels[2:4, 6:] = 1, 2, 7
    scene = Sample("made", "train", 0, labels * 1.0, "YX", labels)
    assert learners.objects(scene) == 3
    assert learners.objects(scene.crop(slice(None), slice(4, None))) == 1


def test_a_star_network_that_saw_shrunk_scenes_answers_at_the_size_of_the_image():
    pytest.importorskip("tensorflow")
    pytest.importorskip("stardist")
    from gpu_course.deep_learning.stardist import Design

    labels = np.zeros((64, 64), np.int32)
    labels[4:28, 4:28], labels[34:58, 30:54] = 1, 2
    scene = Sample("squares", "train", 0, (labels > 0) * 1.0, "YX", labels)
    learned = learners.stars(
        [scene], 0, design=Design(rays=8, grid=2, depth=1, width=4, features=8, patch=32),
        batch=1, steps=1, rate=1e-3, augmentation=Augmentation(flips=True), scale=0.5,
        probability=0.01, overlap=0.3,
    )  # fmt: skip
    assert learned.actions == 2
    assert learned.find(scene.image).shape == (64, 64)


# --- charts -------------------------------------------------------------------------------------


def test_charts_have_a_panel_for_each_set_with_bands_and_numbers_of_scenes():
    points = [study.Point(1, 2.0, 0.3, 0.2, 0.4), study.Point(3, 6.0, 0.5, 0.4, 0.6)]
    far = study.Point(96, 2000.0, 0.9, 0.9, 0.9)
    methods = {"pixel classification": points, "deep learning": points}
    figure = figures.learning_curves_figure(
        {"bees": methods, "roots": methods},
        {"bees": far, "roots": far},
        up={"bees": "AP", "roots": "clDice"},
        alt="Two curves.",
    )
    assert figure.alt == "Two curves."
    assert len(figure.axes) == 2
    for axes in figure.axes:
        assert axes.get_xscale() == "log"
        assert len(axes.lines) == 3
        assert len(axes.collections) == 2
        assert sorted(text.get_text() for text in axes.texts) == ["1", "1", "3", "3", "96"]
    star = figure.axes[0].lines[-1]
    assert (list(star.get_xdata()), list(star.get_ydata())) == ([2000.0], [0.9])


def test_the_chart_of_the_known_answer_draws_the_middle_seed():
    figure = figures.known_answer_figure(
        [1, 10], [[0.5, 0.8], [0.7, 0.8], [0.6, 0.9]], [0.6, 0.8], 0.84, alt="A curve."
    )
    (axes,) = figure.axes
    lines = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
    assert lines["3 seeds"] == [0.6, 0.8]
    assert lines["best possible"] == [0.84, 0.84]


# --- the exercise -------------------------------------------------------------------------------


def over_the_effort(efforts, scores, wanted):
    if wanted > max(scores):
        return math.inf
    at = int(np.argmax(scores >= wanted))
    if at == 0:
        return efforts[0]
    return float(np.interp(wanted, scores[at - 1 : at + 1], efforts[at - 1 : at + 1]))


def as_if_it_only_rose(efforts, scores, wanted):
    if wanted > max(scores):
        return math.inf
    return float(np.exp(np.interp(wanted, scores, np.log(efforts))))


def more_than_wanted(efforts, scores, wanted):
    return solutions.effort_for(efforts, np.where(scores == wanted, scores - 1e-12, scores), wanted)


def nearest_point(efforts, scores, wanted):
    good = np.flatnonzero(scores >= wanted)
    return efforts[good[0]] if len(good) else math.inf


def last_time(efforts, scores, wanted):
    below = np.flatnonzero(scores < wanted)
    if not len(below):
        return efforts[0]
    if below[-1] + 1 == len(scores):
        return math.inf
    i = below[-1] + 1
    return solutions.effort_for(efforts[i - 1 : i + 1], scores[i - 1 : i + 1], wanted)


def no_end(efforts, scores, wanted):
    return min(solutions.effort_for(efforts, scores, wanted), efforts[-1])


def no_beginning(efforts, scores, wanted):
    found = solutions.effort_for(efforts, scores, wanted)
    return 0.0 if found == efforts[0] else found


@pytest.mark.parametrize(
    ("function", "state", "word"),
    [
        (over_the_effort, "wrong", "logarithm first"),
        (more_than_wanted, "wrong", "that it just has"),
        (as_if_it_only_rose, "wrong", "only rise"),
        (nearest_point, "wrong", "Interpolate between"),
        (last_time, "wrong", "first time"),
        (no_end, "wrong", "infinity"),
        (no_beginning, "wrong", "first point"),
        (lambda e, s, w: np.log(solutions.effort_for(e, s, w)), "wrong", "np.exp"),
        (lambda e, s, w: solutions.effort_for(e, s, w + 1e-3), "wrong", ""),
        (lambda e, s, w: "many", "wrong", "one number"),
        (lambda e, s, w: math.nan, "wrong", "nan"),
    ],
)
def test_checks(function, state, word):
    result = exercises.check(NAME, function)
    assert result.state == state
    assert word in str(result)
