import dataclasses
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage
from skimage.segmentation import watershed

from gpu_course import exercises, metrics
from gpu_course.deconvolution import psf as psfs
from gpu_course.errors import CourseError
from gpu_course.images import phantoms
from gpu_course.images.catalogue import seed_of
from gpu_course.images.phantoms import BLUR, NUCLEI_VOXEL
from gpu_course.lessons.deconvolution.nuclei import figures, recipe, scenes, solutions, study

VOXEL = NUCLEI_VOXEL
MILD = psfs.gaussian((13, 11, 11), BLUR, VOXEL)
SHAPE = (14, 48, 48)
TISSUE = {"voxel_size": VOXEL, "nucleus": scenes.NUCLEUS}
BALLS = {"voxel_size": VOXEL, "nucleus": 5.0}


@pytest.fixture(scope="module")
def tissue():
    return scenes.tissue("train", 0, shape=SHAPE)


# --- scenes ---------------------------------------------------------------------------------


def test_psfs_sum_to_one_and_fit_the_margin():
    for psf in scenes.microscopes().values():
        assert psf.sum() == pytest.approx(1, abs=1e-5)
        assert all(n // 2 <= margin for n, margin in zip(psf.shape, scenes.MARGIN, strict=True))


def test_widefield_leaves_more_light_outside_focus_than_the_mild_blur():
    share = {name: psf[psf.shape[0] // 2].sum() for name, psf in scenes.microscopes().items()}
    assert share["widefield"] < share["mild"]


def test_scenes_have_truth_and_exposure(tissue):
    scene = scenes.photograph(tissue, MILD, photons=50)
    assert scene.image.shape == scene.labels.shape == scene.truth.shape == SHAPE
    assert scene.image.max() > 50
    volumes = np.bincount(scene.labels.ravel())[1:] * np.prod(VOXEL)
    assert volumes.min() >= recipe.smallest_volume(scenes.NUCLEUS) - np.prod(VOXEL)


def test_light_enters_from_outside(tissue):
    dark_middle = dataclasses.replace(tissue, object=tissue.object.copy())
    dark_middle.object[tuple(slice(m, -m) for m in scenes.MARGIN)] = 0
    scene = scenes.photograph(dark_middle, MILD, photons=1000)
    assert scene.image[0].mean() > 2 * scene.image[SHAPE[0] // 2, 15:-15, 15:-15].mean()


def test_splits_share_no_tissue(tissue):
    other = scenes.tissue("test", 0, shape=SHAPE)
    assert not np.array_equal(tissue.labels, other.labels)


def test_fullest_row_is_a_row_and_not_a_plane():
    labels = np.zeros((5, 6, 7), np.int32)
    labels[1, 4], labels[3, 4, 0] = 1, 2
    assert scenes.fullest_row(labels) == 4


@pytest.mark.parametrize("gap", [0.0, 1.0, 2.0])
def test_two_balls_have_their_gap_and_their_volume(gap):
    balls = scenes.two_balls(gap)
    volume = balls.sum() * np.prod(VOXEL)
    assert volume == pytest.approx(2 * 4 / 3 * np.pi * 2.5**3, rel=0.01)
    line = balls[:, 24, 24]  # half a voxel beside the axis, where a ball is hardly shorter
    assert VOXEL[0] * line.sum() == pytest.approx(4 * 2.5, abs=0.1)
    assert VOXEL[0] * (1 - line[16:32]).sum() == pytest.approx(gap, abs=0.1)


# --- the recipe -----------------------------------------------------------------------------


def test_recipe_finds_two_balls_with_their_volume():
    labels = recipe.segment(scenes.two_balls(1.0), recipe.Settings(0.05, None, 1.0), **BALLS)
    assert labels.max() == 2
    assert labels.dtype == np.int32
    volumes = np.bincount(labels.ravel())[1:] * np.prod(VOXEL)
    np.testing.assert_allclose(volumes, 4 / 3 * np.pi * 2.5**3, rtol=0.05)


def test_constant_image_holds_no_nuclei():
    assert recipe.segment(np.full((14, 28, 28), 7.0), **TISSUE).max() == 0


def test_haze_around_is_taken_away():
    balls = scenes.two_balls(3.0, shape=(48, 48, 48))
    slope = np.linspace(0, 6, 48, dtype=np.float32)[:, None, None]
    plain = recipe.segment(balls + slope, recipe.Settings(0.05, None, 1.0), **BALLS)
    local = recipe.segment(balls + slope, recipe.Settings(0.05, 0.6, 1.0), **BALLS)
    truth = recipe.segment(balls, **BALLS)
    assert study.volume_errors(truth, local).size > study.volume_errors(truth, plain).size


def test_depth_is_measured_in_micrometres():
    rod = np.zeros((24, 12, 12), bool)
    rod[2:22, 3:9, 3:9] = True  # 20 planes of 0.1 µm: as short as it is wide
    assert solutions.split_touching(rod, (0.1, 0.33, 0.33), 2.0).max() == 1


def test_small_objects_go_and_the_others_are_numbered_anew():
    labels = np.zeros((4, 10, 10), np.int32)
    labels[0, 0, 0], labels[1:3, 2:8, 2:8] = 1, 5
    kept = recipe.drop_small(labels, (1, 1, 1), smallest=10)
    assert kept.max() == 1
    np.testing.assert_array_equal(kept > 0, labels == 5)


# --- other sizes, other voxels ---------------------------------------------------------------

FINE, COARSE = (0.5, 0.25, 0.25), (1.75, 0.8, 0.8)
#: Edges (z, y, x) of a stack in nuclei: fewer where voxels are many.
EDGES = {(6, FINE): (3.5, 5, 5), (10, FINE): (3, 3.5, 3.5), (16, FINE): (2.3, 2.7, 2.7)}


def stack(nucleus, voxel_size, seed):
    """Return a picture of tissue, and its labels without slivers."""
    edges = EDGES.get((nucleus, voxel_size), (3.5, 6, 6))
    shape = tuple(round(e * nucleus / v) for e, v in zip(edges, voxel_size, strict=True))
    dice = seed_of("validation", seed)
    tissue = phantoms.nuclei_phantom(shape, seed=dice, voxel_size=voxel_size, radius=nucleus / 2)
    smallest = recipe.smallest_volume(nucleus)
    image = phantoms.image_of(tissue, seed=dice)
    return image, recipe.drop_small(tissue.labels, voxel_size, smallest)


@pytest.mark.filterwarnings("ignore:A smoothing")
@pytest.mark.parametrize("voxel_size", [FINE, COARSE])
@pytest.mark.parametrize("nucleus", [6, 10, 16])
def test_right_units_find_nuclei_of_any_size(nucleus, voxel_size):
    few = 3 if voxel_size == FINE else 8  # stacks of coarse voxels are small, and hold the doubt
    pairs = [stack(nucleus, voxel_size, seed) for seed in range(few)]
    found = [recipe.segment(i, voxel_size=voxel_size, nucleus=nucleus) for i, _ in pairs]
    truths = [truth for _, truth in pairs]
    assert metrics.average_precision(truths, found, [0.5])[0] >= 0.9


@pytest.mark.filterwarnings("ignore:A smoothing")
def test_a_voxel_is_cut_into_parts_where_a_nucleus_has_few_and_nowhere_else():
    assert recipe.parts_of_a_voxel(COARSE, 16) == (1, 1, 1)
    assert recipe.parts_of_a_voxel(COARSE, 10) == (3, 1, 1)
    assert recipe.parts_of_a_voxel((2, 1.5, 0.5), 4) == (3, 3, 1)
    ball = np.hypot(np.hypot(*np.ogrid[-4:5, -4:5])[None], 2 * np.arange(-3, 4)[:, None, None])
    ball = (ball < 3.6).astype(np.float32)
    labels = recipe.segment(ball, voxel_size=(2, 1, 1), nucleus=7)
    assert labels.shape == ball.shape
    for axis in range(3):  # the parts of a voxel are not shifted against it
        np.testing.assert_array_equal(labels, np.flip(labels, axis))
    assert labels.max() == 1


@pytest.mark.filterwarnings("ignore:A smoothing")
def test_forgotten_units_are_worse_than_right_ones():
    image, truth = stack(16, COARSE, 0)

    def score(**units):
        return metrics.average_precision(truth, recipe.segment(image, **units), [0.5])[0]

    right = score(voxel_size=COARSE, nucleus=16)
    assert right > score(voxel_size=COARSE, nucleus=6.4) + 0.3
    assert right > score(voxel_size=FINE, nucleus=6.4) + 0.02
    assert right > score(voxel_size=(1, 1, 1), nucleus=16) + 0.02


def test_a_tissue_twice_as_large_gets_the_same_labels(tissue):
    image = scenes.photograph(tissue, MILD, photons=200).image
    larger = {"voxel_size": tuple(2 * v for v in VOXEL), "nucleus": 2 * scenes.NUCLEUS}
    np.testing.assert_array_equal(recipe.segment(image, **TISSUE), recipe.segment(image, **larger))


def test_a_blur_under_half_a_voxel_is_said():
    image, _ = stack(6, COARSE, 0)
    with pytest.warns(UserWarning, match=r"0\.48 µm is under half a voxel along z \(1\.75 µm\),"):
        recipe.segment(image, voxel_size=COARSE, nucleus=6)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recipe.segment(image, voxel_size=FINE, nucleus=6)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"nucleus": 10_000}, "longer than the whole volume, 12 µm"),
        ({"nucleus": 0.3}, "under two voxels of 0.5 µm"),
        ({"nucleus": -6}, "above 0 µm"),
        ({"nucleus": "6"}, "one number, in µm"),
        ({"voxel_size": (500, 250, 250)}, "looks like nm"),
        ({"voxel_size": (0.5, 0.25)}, "2 numbers for 3 axes"),
    ],
)
def test_units_that_cannot_be_are_named(given, says):
    with pytest.raises(CourseError, match=says):
        recipe.segment(np.zeros(SHAPE), **{**TISSUE, **given})


def test_what_is_no_volume_is_refused():
    with pytest.raises(CourseError, match=r"shape \(48, 48\), but a volume"):
        recipe.segment(np.zeros((48, 48)), **TISSUE)
    with pytest.raises(CourseError, match="NaN"):
        recipe.segment(np.full(SHAPE, np.nan), **TISSUE)


# --- the verdict ----------------------------------------------------------------------------


def test_volume_errors_of_the_nuclei_that_were_found():
    truth = np.zeros((4, 10, 20), int)
    truth[:, 1:9, 1:9], truth[:, 1:9, 11:19] = 3, 7
    found = np.zeros_like(truth)
    found[:, 1:9, 1:7] = 2  # three quarters of the first, nothing of the second
    np.testing.assert_allclose(study.volume_errors(truth, found), [-0.25])
    assert study.volume_errors(truth, 0 * found).size == 0
    with pytest.raises(CourseError, match="shape"):
        study.volume_errors(truth, found[1:])


def test_paired_difference_covers_the_true_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for trial in range(100):
        before = rng.uniform(0, 1, 20)
        after = before + 0.1 + rng.normal(0, 0.05, 20)
        _, low, high = solutions.paired_difference(before, after, resamples=500, seed=trial)
        covered += low <= 0.1 <= high
    assert 85 <= covered <= 100


def test_paired_difference_of_equal_methods_is_zero():
    assert solutions.paired_difference([0.1, 0.7], [0.1, 0.7]) == (0, 0, 0)


# --- the experiment -------------------------------------------------------------------------


def test_tuning_takes_the_settings_that_score_best(tissue):
    scene = scenes.photograph(tissue, MILD, photons=200)
    best, score = study.tune([scene.image], [scene.labels], **TISSUE)
    worst = recipe.Settings(0.08, 0.5, 2.5)
    verdict = study.judge(scene, recipe.segment(scene.image, best, **TISSUE))
    assert best in recipe.GRID
    assert score == pytest.approx((verdict["AP@0.5"] + verdict["AP@0.7"]) / 2)
    other = study.judge(scene, recipe.segment(scene.image, worst, **TISSUE))
    assert score > (other["AP@0.5"] + other["AP@0.7"]) / 2


def test_the_truth_is_judged_perfect_and_nothing_is_judged_nothing(tissue):
    scene = scenes.photograph(tissue, MILD, photons=50)
    perfect = study.judge(scene, scene.labels)
    assert perfect == {"AP@0.5": 1, "AP@0.7": 1, "count error": 0, "volume error": 0}
    nothing = study.judge(scene, 0 * scene.labels)
    assert nothing["AP@0.5"] == 0
    assert nothing["count error"] == 1
    assert np.isnan(nothing["volume error"])


def table(gain, noise=0.01):
    rng = np.random.default_rng(0)
    rows = []
    for scene in range(10):
        base = rng.uniform(0.3, 0.6)
        for method in study.METHODS:
            move = gain * (method == "deconvolved") + rng.normal(0, noise)
            rows.append(
                {"microscope": "m", "photons": 5, "scene": scene, "method": method}
                | dict.fromkeys(study.MEASURES, base + move)
            )
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("gain", "precision", "error"),
    [
        (0.2, "better", "worse"),
        (-0.2, "worse", "better"),
        (0.0, "no clear difference", "no clear difference"),
    ],
)
def test_verdicts_know_which_way_is_better(gain, precision, error):
    noise = 0.01 if gain else 0.1
    found = study.differences(table(gain, noise)).set_index("measure").verdict
    assert found["AP@0.5"] == precision
    assert found["count error"] == error


def test_comparison_has_a_row_for_each_scene_and_method(tissue):
    result, chosen = study.compare("mild", MILD, 100, train=[tissue], test=[tissue])
    assert list(result.method) == list(study.METHODS)
    assert set(chosen) == set(study.METHODS)
    assert result[list(study.MEASURES)].notna().all(axis=None)


def test_charts_hold_every_condition_and_have_words():
    results = pd.concat([table(0.1), table(0.1).assign(microscope="other")])
    pairs = figures.paired_chart(results, "AP@0.5", alt="pairs")
    assert pairs.alt == "pairs"
    assert [len(axes.lines) for axes in pairs.axes] == [11, 11]
    chart = figures.difference_chart(study.differences(results), alt="differences")
    assert chart.alt == "differences"
    assert len(chart.axes) == len(study.MEASURES)


# --- the exercises --------------------------------------------------------------------------

SPLIT = "deconvolution/nuclei/split-touching"
PAIRED = "deconvolution/nuclei/paired-comparison"


def in_voxels(mask, voxel_size, nucleus):
    return solutions.split_touching(mask, (1, 1, 1), nucleus)


def connected(mask, voxel_size, nucleus):
    return ndimage.label(mask)[0]


def split(mask, voxel_size, sampling, sigma):
    """Split with a distance and a blur of free choice."""
    depth = ndimage.gaussian_filter(
        ndimage.distance_transform_edt(mask, sampling=sampling).astype(np.float32), sigma
    )
    peaks = (depth == ndimage.maximum_filter(depth, size=5)) & mask
    seeds, _ = ndimage.label(peaks, structure=np.ones((3, 3, 3)))
    return watershed(-depth, seeds, mask=mask)


def well_tuned_in_voxels(mask, voxel_size, nucleus):
    """Reach a high score on these masks, and know nothing of micrometres."""
    return split(mask, voxel_size, None, (0.5, 4, 4))


def only_the_blur_in_micrometres(mask, voxel_size, nucleus):
    return split(mask, voxel_size, None, np.divide(0.5, voxel_size))


def fixed(mask, voxel_size, nucleus):
    """Know the voxels, and nuclei of one size only."""
    return split(mask, voxel_size, voxel_size, np.divide(0.5, voxel_size))


def blurred_in_voxels(mask, voxel_size, nucleus):
    """Measure the distance in micrometres, and nothing else."""
    return split(mask, voxel_size, voxel_size, 1)


@pytest.mark.parametrize("share", [0.08, 0.1, 0.15])
def test_shares_of_a_nucleus_solve_it_whatever_the_blur(share):
    def shares(mask, voxel_size, nucleus):
        return split(mask, voxel_size, voxel_size, np.divide(share * nucleus, voxel_size))

    assert exercises.check(SPLIT, shares).solved


def rough(mask, voxel_size, nucleus):
    depth = ndimage.distance_transform_edt(mask, sampling=voxel_size)
    seeds, _ = ndimage.label((depth == ndimage.maximum_filter(depth, 3)) & mask)
    return watershed(-depth, seeds, mask=mask)


def without_mask(mask, voxel_size, nucleus):
    depth = ndimage.distance_transform_edt(mask, sampling=voxel_size)
    seeds, _ = ndimage.label((depth == ndimage.maximum_filter(depth, 5)) & mask)
    return watershed(-depth, seeds)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (in_voxels, "in µm"),
        (well_tuned_in_voxels, "1 µm and 0.2 µm apart"),
        (only_the_blur_in_micrometres, "sampling=voxel_size"),
        (connected, "Too few"),
        (fixed, "share of nucleus"),
        (blurred_in_voxels, "lengths of its own, in voxels"),
        (rough, "Too many"),
        (without_mask, "beyond the mask"),
        (lambda mask, voxel_size, nucleus: mask, "its own number"),
    ],
)
def test_check_names_the_mistake_in_splitting(wrong, says):
    result = exercises.check(SPLIT, wrong)
    assert not result.solved
    assert says in result.message


def turned(before, after):
    return solutions.paired_difference(after, before)


def unpaired(before, after):
    rng = np.random.default_rng(0)
    n = len(before)
    means = [
        after[rng.integers(n, size=n)].mean() - before[rng.integers(n, size=n)].mean()
        for _ in range(2000)
    ]
    return (after.mean() - before.mean(), *np.percentile(means, [2.5, 97.5]))


def of_scenes(before, after):
    difference = after - before
    return (difference.mean(), *np.percentile(difference, [2.5, 97.5]))


def bootstrap(before, after, tail):
    """Do all as asked for, with another part of the means left out on either side."""
    difference = after - before
    drawn = np.random.default_rng(0).integers(len(difference), size=(5000, len(difference)))
    ends = np.percentile(difference[drawn].mean(axis=1), [tail, 100 - tail])
    return (difference.mean(), *ends)


def narrow(before, after):
    difference = after - before
    return difference.mean(), difference.mean() - 0.001, difference.mean() + 0.001


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (turned, "sign"),
        (unpaired, "too wide"),
        (of_scenes, "single scenes"),
        (narrow, "too narrow"),
        (lambda before, after: bootstrap(before, after, 5), "a little too narrow"),
        (lambda before, after: bootstrap(before, after, 0.5), "a little too wide"),
        (lambda before, after: 0.1, "three numbers"),
    ],
)
def test_check_names_the_mistake_in_pairing(wrong, says):
    result = exercises.check(PAIRED, wrong)
    assert not result.solved
    assert says in result.message
