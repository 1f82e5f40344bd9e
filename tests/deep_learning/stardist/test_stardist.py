"""Training, thresholds and prediction of StarDist, on drawn discs that a tiny network learns."""

import dataclasses
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from gpu_course.deep_learning.augmentation import Augmentation
from gpu_course.deep_learning.normalisation import Normalisation
from gpu_course.deep_learning.receptive_field import effective_size
from gpu_course.deep_learning.stardist import scores, storage, thresholds
from gpu_course.deep_learning.stardist.data import StarPatches, StarTiles, targets
from gpu_course.deep_learning.stardist.design import Design
from gpu_course.deep_learning.stardist.model import build
from gpu_course.deep_learning.stardist.prediction import predict, tiles_for
from gpu_course.deep_learning.stardist.receptive_field import effective
from gpu_course.deep_learning.stardist.training import train
from gpu_course.errors import CourseError
from gpu_course.images import Sample

# Not importorskip: StarDist must find its Keras asked for before TensorFlow is imported.
needed = ("tensorflow", "stardist")
pytestmark = pytest.mark.skipif(
    any(find_spec(name) is None for name in needed), reason="StarDist or TensorFlow is missing"
)

DESIGN = Design(rays=8, grid=2, depth=1, width=8, features=16, patch=48)


def scene(index, *, split="train", shape=(96, 96), channels=None):
    """Draw bright discs on noise, far enough from each other to be simple."""
    rng = np.random.default_rng(index + 1000 * len(split))
    labels = np.zeros(shape, np.int32)
    rows, columns = np.indices(shape)
    for number, (row, column) in enumerate(np.argwhere(np.ones((shape[0] // 24, shape[1] // 24)))):
        middle = (24 * row + 12 + rng.integers(-2, 3), 24 * column + 12 + rng.integers(-2, 3))
        radius = rng.uniform(6, 9)
        labels[(rows - middle[0]) ** 2 + (columns - middle[1]) ** 2 < radius**2] = number + 1
    image = rng.normal(100, 8, (*shape, channels or 1)) + 80 * (labels > 0)[..., None]
    pixels = image if channels else image[..., 0]
    axes = "YXC" if channels else "YX"
    return Sample("discs", split, index, pixels.astype(np.float32), axes, labels=labels)


@pytest.fixture(scope="module")
def scenes():
    return [scene(index) for index in range(3)]


@pytest.fixture(scope="module")
def validation():
    return [scene(index, split="validation") for index in range(2)]


def batches(scenes, validation, **options):
    options = {"batch": 4, "batches": 30} | options
    return StarPatches(scenes, DESIGN, **options), StarTiles(validation, DESIGN)


@pytest.fixture(scope="module")
def trained(scenes, validation):
    """Train for seconds and find the thresholds; tests that change it must not use it."""
    model = build(DESIGN, seed=1)
    seen = []
    result = train(
        model, *batches(scenes, validation), epochs=4, learning_rate=1e-2, callbacks=[seen.append]
    )
    found = thresholds.optimise(model, validation)
    return model, result, found, seen


# What the network must say


def test_targets_of_a_disc_are_known():
    labels = np.zeros((40, 40), np.int32)
    rows, columns = np.indices(labels.shape)
    labels[(rows - 20) ** 2 + (columns - 20) ** 2 <= 10**2] = 7
    probability, distances = targets(labels, 16, 2)
    assert probability.shape == (20, 20)
    assert distances.shape == (20, 20, 16)
    assert probability[10, 10] == 1
    assert np.allclose(distances[10, 10], 10.5, atol=1)
    assert not probability[labels[::2, ::2] == 0].any()
    assert not distances[labels[::2, ::2] == 0].any()
    # Left of the middle it is farther to the right: the first direction.
    assert distances[10, 8, 0] > distances[10, 8, 8] + 5


def test_batches_are_those_of_stardist(scenes):
    """StarDist's own data class makes the same targets from the same patches."""
    model = build(DESIGN)
    # Not before: the network's builder tells TensorFlow first which Keras to take.
    from stardist.models.model2d import StarDistData2D

    labels = scenes[0].labels[:48, :48]
    image = model.prepare(scenes[0].image)[:48, :48]
    theirs = StarDistData2D(
        [image], [labels], batch_size=1, n_rays=8, length=1, patch_size=(48, 48), grid=(2, 2)
    )
    (pixels,), (probability, distances) = theirs[0]
    crop = scenes[0].crop(slice(0, 48), slice(0, 48))
    batch = next(StarTiles([crop], DESIGN, batch=1).batches())
    assert np.array_equal(batch.probability, probability)
    assert np.array_equal(batch.distances, distances)
    assert batch.images.shape == pixels.shape


def test_batches_follow_from_the_seed(scenes):
    def first(**options):
        data = StarPatches(scenes, DESIGN, batch=2, batches=2, **options)
        return next(data.batches(options.pop("epoch", 0)))

    same = [first(seed=3, augmentation=Augmentation(noise=0.1)) for _ in range(2)]
    assert all(np.array_equal(a, b) for a, b in zip(*same, strict=True))
    assert not np.array_equal(same[0].images, first(seed=4).images)


def test_flips_move_labels_and_image_together():
    """The bright pixels of a noise-free scene are those of the discs, however it is turned."""
    plain = scene(0)
    clean = dataclasses.replace(plain, image=100 + 80 * (plain.labels > 0).astype(np.float32))
    data = StarPatches([clean], DESIGN, batch=8, batches=1, augmentation=Augmentation(flips=True))
    batch = next(data.batches(0))
    bright = batch.images[:, ::2, ::2] > 0.5
    assert np.array_equal(bright, batch.probability > 0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"labels": None}, "has no labels"),
        ({"labels": np.zeros((96, 96), np.int32)}, "All label images are empty"),
        ({"labels": np.ones((96, 90), np.int32)}, r"\(96, 90\) and the image \(96, 96\)"),
        ({"labels": np.full((96, 96), -1, np.int32)}, "whole numbers"),
        ({"split": "test"}, "Test scenes are for the last score only"),
        ({"image": np.zeros((96, 96, 3), np.float32), "axes": "YXC"}, "3 channel"),
    ],
)
def test_scenes_that_cannot_be_learned_from_are_refused(change, words):
    broken = dataclasses.replace(scene(0), **change)
    for kind in (StarPatches, StarTiles):
        with pytest.raises(CourseError, match=words):
            kind([broken], DESIGN)


def test_no_scenes_and_scenes_smaller_than_a_patch_are_refused():
    with pytest.raises(CourseError, match="no scenes"):
        StarTiles([], DESIGN)
    with pytest.raises(CourseError, match="patch of 48"):
        StarPatches([scene(0, shape=(24, 96))], DESIGN)


# The network


@pytest.mark.parametrize(
    "design",
    [
        Design(rays=8, grid=1, depth=1, width=4, features=8, patch=16),
        Design(rays=16, grid=4, depth=2, width=4, features=8, patch=32, channels=3),
        Design(rays=16, grid=2, depth=3, width=2, features=8, patch=32),
    ],
)
def test_the_weights_are_those_that_the_design_says(design):
    model = build(design)
    keras = model.network.keras_model
    assert [tuple(w.shape) for w in keras.get_weights()] == list(design.weights.values())
    names = [weight.path for weight in keras.weights]
    ours = list(design.weights)
    ends = [names[at] for at in (-1, -3, -5)]
    assert ends == ["dist/bias", "prob/bias", "features/bias"]
    assert [ours[at] for at in (-1, -3, -5)] == [
        "distances/bias",
        "probability/bias",
        "features/bias",
    ]


def test_the_network_sees_as_far_as_its_design_says():
    import tensorflow as tf

    design = Design(rays=4, grid=2, depth=2, width=4, features=4, patch=32)
    model = build(design)
    # All weights above 0: nothing cancels.
    model.weights = {name: np.full(shape, 0.05) for name, shape in design.weights.items()}
    keras, reach = model.network.keras_model, design.field
    image = np.zeros((1, 128, 128, 1), np.float32)
    # Above 0 everywhere, so that no gradient is cut off.
    lit = tf.constant(image + 1)
    with tf.GradientTape() as tape:
        tape.watch(lit)
        answer = keras(lit)[1][0, 32, 32, 0]
    (seen,) = np.nonzero(np.abs(tape.gradient(answer, lit).numpy()[0, :, :, 0]).sum(axis=0))
    before, after = 64 - seen.min(), seen.max() - 64
    assert before <= reach.before
    assert after <= reach.after
    # At this place of the pooling grid; the design says the largest of all places.
    assert before + after + 1 > 0.8 * reach.size


def test_what_it_really_looks_at_lies_inside_its_field_and_is_smaller(trained):
    model = trained[0]
    weights = effective(model, (64, 64), repeats=2)
    assert weights.shape == (64, 64)
    assert weights.sum() == pytest.approx(1, abs=1e-4)
    reach = DESIGN.field
    rows, columns = np.nonzero(weights)
    assert 32 - min(rows.min(), columns.min()) <= reach.before
    assert max(rows.max(), columns.max()) - 32 <= reach.after
    assert effective_size(weights) < reach.size
    assert np.array_equal(weights, effective(model, (64, 64), repeats=2))
    with pytest.raises(CourseError, match="multiple of 4"):
        effective(model, (64, 63))


def test_first_weights_follow_from_the_seed_and_nothing_else_is_seeded():
    before = np.random.get_state()[1].copy()
    one, same, other = (build(DESIGN, seed=s).weights for s in (1, 1, 2))
    assert np.array_equal(np.random.get_state()[1], before)
    assert all(np.array_equal(one[name], same[name]) for name in one)
    assert not np.array_equal(one["features/kernel"], other["features/kernel"])


def test_building_says_nothing(capfd):
    build(DESIGN)
    said = capfd.readouterr()
    assert said.out == said.err == ""


def test_without_tensorflow_the_cure_is_said(monkeypatch):
    from gpu_course import devices

    monkeypatch.setattr(devices, "tensorflow", lambda: None)
    with pytest.raises(CourseError, match="pip install tensorflow stardist"):
        build(DESIGN)


# Training


def test_a_tiny_network_learns_discs(trained, validation):
    model, result, found, _ = trained
    predictions = [predict(model, s.image).labels for s in validation]
    assert scores.table(validation, predictions)[0.5].median() > 0.8
    assert found.score > 0.6
    assert result.history[-1]["training loss"] < result.history[0]["training loss"]


def test_training_reports_and_records(trained):
    model, result, found, seen = trained
    assert [epoch.number for epoch in seen] == [1, 2, 3, 4]
    assert [epoch.row() for epoch in seen] == result.history
    assert seen[result.best_epoch - 1].best
    assert list(result.table().columns)[:3] == ["training loss", "validation loss", "star IoU"]
    record = model.record
    assert record["data"]["scenes"][0] == ["discs", "train", 0, 96, 96]
    assert record["validation_loss"] == min(row["validation loss"] for row in result.history)
    assert record["thresholds"]["probability"] == found.probability
    assert record["thresholds"]["scenes"] == record["validation"]["scenes"]
    assert "validation_dice" not in record


def test_the_best_weights_are_kept(trained, validation):
    from gpu_course.deep_learning.stardist.training import evaluate

    model, result, _, _ = trained
    loss, iou = evaluate(model, StarTiles(validation, DESIGN))
    best = result.history[result.best_epoch - 1]
    assert loss == pytest.approx(best["validation loss"], rel=1e-4)
    assert iou == pytest.approx(best["star IoU"], rel=1e-3)


def test_patience_ends_training(scenes, validation):
    # A learning rate of nearly nothing makes nothing better after the first epoch or two.
    data = batches(scenes, validation, batches=1)
    still = train(build(DESIGN), *data, epochs=9, learning_rate=1e-12, patience=2)
    assert len(still.history) <= 4


def test_an_interrupted_run_ends_with_the_same_weights(scenes, validation, tmp_path, capfd):
    def run(path, **options):
        model = build(DESIGN, seed=5)
        data = batches(scenes, validation, batches=2, batch=2)
        return model.weights, train(model, *data, epochs=3, resume_from=path, **options), model

    class PowerCut(Exception):
        pass

    def cut(epoch):
        if epoch.number == 2:
            raise PowerCut

    _, whole, straight = run(tmp_path / "whole")
    with pytest.raises(PowerCut):
        run(tmp_path / "cut", callbacks=[cut])
    seen = []
    _, resumed, mended = run(tmp_path / "cut", callbacks=[seen.append])
    assert [epoch.number for epoch in seen] == [2, 3]
    assert [row["training loss"] for row in resumed.history] == pytest.approx(
        [row["training loss"] for row in whole.history], rel=1e-6
    )
    for name, weights in straight.weights.items():
        assert np.allclose(mended.weights[name], weights, atol=1e-6)
    # A run that is over is not trained on.
    _, again, same = run(tmp_path / "cut", callbacks=[seen.append])
    assert len(seen) == 2
    assert again.history == resumed.history
    assert np.array_equal(same.weights["features/kernel"], mended.weights["features/kernel"])
    said = capfd.readouterr()
    assert said.out == said.err == ""


def test_checkpoints_of_other_runs_and_broken_ones_are_refused(scenes, validation, tmp_path):
    data = batches(scenes, validation, batches=1, batch=1)
    path = tmp_path / "run"
    model = build(DESIGN)
    ended = train(model, *data, epochs=3, resume_from=path, callbacks=[lambda epoch: True])
    assert len(ended.history) == 1
    with pytest.raises(CourseError, match="epochs, learning_rate differ"):
        train(model, *data, epochs=1, learning_rate=0.1, resume_from=path)
    content = path.read_bytes()
    path.write_bytes(content[:-10])
    with pytest.raises(CourseError, match="cut short"):
        train(model, *data, epochs=1, resume_from=path)
    storage.save(path, model)
    with pytest.raises(CourseError, match="no checkpoint of StarDist"):
        train(model, *data, epochs=1, resume_from=path)


def test_training_that_makes_no_sense_is_refused(scenes, validation):
    model = build(DESIGN)
    data, tiles = batches(scenes, validation)
    with pytest.raises(CourseError, match="of at least 1"):
        train(model, data, tiles, epochs=0)
    other = build(dataclasses.replace(DESIGN, rays=16))
    with pytest.raises(CourseError, match="another design"):
        train(other, data, tiles, epochs=1)
    with pytest.raises(CourseError, match="both training and validation"):
        train(model, data, StarTiles(scenes, DESIGN), epochs=1)
    scaled = build(DESIGN, normalisation=Normalisation(5, 95))
    with pytest.raises(CourseError, match="normalised otherwise"):
        train(scaled, data, tiles, epochs=1)


def test_a_loss_that_is_no_number_and_a_full_device_are_said(scenes, validation, monkeypatch):
    import tensorflow as tf

    data = batches(scenes, validation, batches=1)
    broken = build(DESIGN)
    broken.weights = {name: w * np.nan for name, w in broken.weights.items()}
    with pytest.raises(CourseError, match="no number any more"):
        train(broken, *data, epochs=1)
    full = build(DESIGN)

    def fail(*_):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM")

    monkeypatch.setattr(full.network.keras_model, "train_on_batch", fail)
    with pytest.raises(CourseError, match="smaller batch or patch"):
        train(full, *data, epochs=1)


# Thresholds


def test_thresholds_are_used_and_good(trained):
    model, _, found, _ = trained
    assert model.network.thresholds.prob == found.probability
    assert model.network.thresholds.nms == found.overlap
    assert 0 < found.probability < 1


def test_thresholds_come_from_validation_scenes_only(trained, scenes, validation):
    model = trained[0]
    with pytest.raises(CourseError, match="last score only"):
        thresholds.optimise(model, [scene(0, split="test")])
    with pytest.raises(CourseError, match="trained on some"):
        thresholds.optimise(model, [*validation, scenes[0]])
    empty = dataclasses.replace(validation[0], labels=np.zeros((96, 96), np.int32))
    with pytest.raises(CourseError, match="All label images are empty"):
        thresholds.optimise(model, [empty])
    with pytest.raises(CourseError, match="between 0 and 1"):
        thresholds.apply(model, 1.0, 0.4)


def test_a_network_that_sees_nothing_has_no_thresholds(validation):
    model = build(DESIGN)
    weights = model.weights
    weights["probability/bias"] -= 50
    model.weights = weights
    with pytest.raises(CourseError, match="Train it for longer"):
        thresholds.optimise(model, validation)


# Prediction


def test_tiles_change_nothing(trained):
    model = trained[0]
    image = scene(7, split="validation", shape=(240, 192)).image
    whole = predict(model, image)
    cut = predict(model, image, tiles=(3, 2))
    assert whole.tiles == (1, 1)
    assert cut.tiles == (3, 2)
    assert len(whole) == len(cut) > 40
    assert (whole.labels > 0).mean() == pytest.approx((cut.labels > 0).mean(), rel=1e-3)
    from gpu_course.metrics import same_objects

    assert same_objects(whole.labels, cut.labels)


def test_a_prediction_belongs_together(trained):
    found = predict(trained[0], scene(8, split="validation").image)
    assert found.labels.dtype == np.int32
    assert len(found) == found.labels.max() == len(found.probability) == len(found.outlines)
    assert found.outlines.shape[1:] == (2, DESIGN.rays)
    rows, columns = found.points.T
    assert np.array_equal(found.labels[rows, columns] > 0, np.ones(len(found), bool))


def test_nothing_found_is_an_empty_prediction(trained):
    found = predict(trained[0], np.zeros((64, 64), np.float32), probability=0.99)
    assert len(found) == 0
    assert not found.labels.any()
    assert found.outlines.shape == (0, 2, DESIGN.rays)


def test_an_image_at_another_scale_keeps_its_size(trained):
    big = np.kron(scene(9, split="validation").image, np.ones((2, 2), np.float32))
    found = predict(trained[0], big, scale=0.5)
    assert found.labels.shape == big.shape
    assert 10 <= len(found) <= 20
    with pytest.raises(CourseError, match="larger scale"):
        predict(trained[0], big, scale=0.01)


def test_images_that_do_not_fit_the_network_are_refused(trained):
    model = trained[0]
    with pytest.raises(CourseError, match="3 channel"):
        predict(model, np.zeros((64, 64, 3), np.float32))
    with pytest.raises(CourseError, match="smaller than the network's stride of 4"):
        predict(model, np.zeros((64, 3), np.float32))
    with pytest.raises(CourseError, match="one plane of a stack"):
        predict(model, np.zeros((2, 3, 64, 64), np.float32))


def test_a_full_device_gets_smaller_tiles_and_says_so(trained, monkeypatch):
    import tensorflow as tf

    model = trained[0]
    image = scene(7, split="validation", shape=(240, 192)).image
    real, asked, said = model.network.predict_instances, [], []

    def small_only(pixels, *, n_tiles, **options):
        asked.append(n_tiles)
        if n_tiles[0] * n_tiles[1] < 4:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM")
        return real(pixels, n_tiles=n_tiles, **options)

    monkeypatch.setattr(model.network, "predict_instances", small_only)
    found = predict(model, image, say=said.append)
    assert found.tiles == (2, 2)
    assert asked == [(1, 1, 1), (2, 1, 1), (2, 2, 1)]
    assert len(said) == 2
    assert "2 × 2 tiles" in said[-1]

    def never(pixels, **options):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM")

    monkeypatch.setattr(model.network, "predict_instances", never)
    with pytest.raises(CourseError, match="GPU_COURSE_DEVICE=cpu"):
        predict(model, image, say=said.append)


def test_tiles_follow_from_image_and_memory():
    design = Design(grid=4, depth=2, patch=64)
    assert tiles_for((500, 500), design, 2**40) == (1, 1)
    rows, columns = tiles_for((2000, 1000), design, 2**28)
    assert rows > columns
    margin = 2 * design.field.radius
    side = 2000 / rows + margin
    assert side * (1000 / columns + margin) * design.bytes_per_pixel <= 2**28
    # However little memory there is, tiles do not shrink to nothing.
    rows, columns = tiles_for((2000, 1000), design, 1.0)
    assert min(2000 / rows, 1000 / columns) >= 4 * design.stride


# Scores


def test_curves_are_those_of_the_course(validation):
    shifted = np.roll(validation[0].labels, 3, axis=1)
    found = scores.table(validation, [shifted, validation[1].labels])
    assert list(found.columns) == [0.5, 0.6, 0.7, 0.8, 0.9]
    assert (found.loc[1] == 1).all()
    assert found.loc[0, 0.5] > found.loc[0, 0.9]
    with pytest.raises(CourseError, match="2 scenes and 1 predictions"):
        scores.table(validation, [shifted])
    with pytest.raises(CourseError, match="shape"):
        scores.table(validation, [shifted, shifted[:50]])


def test_curves_are_drawn(validation):
    table = scores.table(validation, [s.labels for s in validation])
    figure = scores.draw({"StarDist": table, "classical": table * 0.4}, alt="Two curves.")
    assert figure.alt == "Two curves."
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["StarDist", "classical"]
    assert np.allclose(axes.lines[1].get_ydata(), 0.4)


def test_importing_the_package_imports_nothing_heavy():
    code = (
        "import sys, gpu_course.deep_learning.stardist; "
        "print(sorted(set(sys.modules) & {'torch', 'tensorflow', 'stardist', 'numpy'}))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
