import dataclasses
import json
import os
import signal

import numpy as np
import pytest
import torch
from monai.losses import DiceCELoss
from torch.nn import BCEWithLogitsLoss

from gpu_course.deep_learning import checkpoint, losses
from gpu_course.deep_learning import training as module
from gpu_course.deep_learning.data import Patches, Tiles
from gpu_course.deep_learning.losses import Loss
from gpu_course.deep_learning.precision import autocast, best_precision
from gpu_course.deep_learning.progress import bar
from gpu_course.deep_learning.training import evaluate, one_cycle, train
from gpu_course.deep_learning.unet import UNet
from gpu_course.errors import CourseError


class Dropping(UNet):
    """A network that is random while it trains, to see whether a resumed run repeats that too."""

    def forward(self, image):
        return torch.nn.functional.dropout(super().forward(image), 0.1, self.training)


def network(kind=UNet):
    torch.manual_seed(7)
    return kind(1, 1, depth=1, width=4)


def data(scenes, batches=3):
    return Patches(scenes, patch=16, batch=4, batches=batches, device="cpu")


def validation(scenes):
    """Judge by the scenes upside down: by those that it learns from, no network is judged."""
    turned = [
        dataclasses.replace(s, image=s.image[::-1].copy(), mask=s.mask[::-1].copy()) for s in scenes
    ]
    return Tiles(turned, patch=16, batch=8, device="cpu")


def weights(model):
    return torch.cat([value.float().ravel() for value in model.state_dict().values()])


def test_it_learns_to_find_the_bars(scenes, draw):
    model = network()
    held_out = validation([draw(10), draw(11)])
    before = evaluate(model, held_out, losses.dice_cross_entropy())[1]
    run = train(model, data(scenes, 10), held_out, epochs=4, learning_rate=0.02)
    after = evaluate(model, held_out, losses.dice_cross_entropy())[1]
    assert before < 0.6 < 0.85 < after
    assert run.history[0]["training loss"] > run.history[-1]["training loss"]
    # The weights at the end are those of the best epoch, and the history says what they reach.
    assert after == run.history[run.best_epoch - 1]["validation Dice"]
    assert after == max(row["validation Dice"] for row in run.history)
    assert not model.training


def test_two_runs_with_one_seed_are_the_same(scenes):
    results = []
    for seed in (0, 0, 1):
        model = network(Dropping)
        train(model, data(scenes), epochs=1, seed=seed)
        results.append(weights(model))
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


def test_every_epoch_has_patches_of_its_own(scenes):
    asked = []

    class Noted(Patches):
        def batches(self, epoch):
            asked.append(epoch)
            return super().batches(epoch)

    noted = Noted(scenes, patch=16, batch=2, batches=1, device="cpu")
    train(network(), noted, epochs=3)
    assert asked == [0, 1, 2]


def test_training_leaves_the_random_numbers_of_others_alone(scenes):
    torch.manual_seed(3)
    model = UNet(1, 1, depth=1, width=2)
    before = torch.get_rng_state()
    train(model, data(scenes, 1), epochs=1)
    assert torch.equal(torch.get_rng_state(), before)


class Pulled(Exception):
    """The plug."""


@pytest.mark.parametrize("at", [2, 5, 7])  # in the first and second epoch, and as the third begins
def test_an_interrupted_and_resumed_run_ends_with_the_same_weights(
    scenes, tmp_path, monkeypatch, at
):
    whole = network(Dropping)
    complete = train(whole, data(scenes), validation(scenes), epochs=4)

    cut, steps = network(Dropping), []
    step = torch.optim.AdamW.step

    def pull_the_plug(*given, **named):
        steps.append(1)
        if len(steps) == at:
            raise Pulled
        return step(*given, **named)

    file = tmp_path / "run.ckpt"
    monkeypatch.setattr(torch.optim.AdamW, "step", pull_the_plug)
    with pytest.raises(Pulled):
        train(cut, data(scenes), validation(scenes), epochs=4, resume_from=file)
    monkeypatch.setattr(torch.optim.AdamW, "step", step)
    torch.manual_seed(99)  # another process: other weights, other random numbers
    other = Dropping(1, 1, depth=1, width=4)
    with pytest.warns(UserWarning, match="began with other weights"):
        resumed = train(other, data(scenes), validation(scenes), epochs=4, resume_from=file)
    assert torch.equal(weights(other), weights(whole))
    assert resumed.best_epoch == complete.best_epoch
    names = ("training loss", "validation loss", "validation Dice", "learning rate")
    for ours, theirs in zip(resumed.history, complete.history, strict=True):
        assert [ours[name] for name in names] == [theirs[name] for name in names]


def test_a_finished_run_is_not_trained_again(scenes, tmp_path):
    model, file = network(), tmp_path / "run.ckpt"
    first = train(model, data(scenes), validation(scenes), epochs=2, resume_from=file)
    told = []
    again = network()
    second = train(
        again, data(scenes), validation(scenes), epochs=2, resume_from=file, callbacks=[told.append]
    )
    assert told == []
    assert second.history == first.history
    assert torch.equal(weights(again), weights(model))


@pytest.mark.parametrize(
    ("change", "words"),
    [({"learning_rate": 0.1}, "learning_rate"), ({"epochs": 9}, "epochs"), ({"seed": 5}, "seed")],
)
def test_the_checkpoint_of_another_run_is_refused(scenes, tmp_path, change, words):
    file = tmp_path / "run.ckpt"
    train(network(), data(scenes, 1), epochs=1, resume_from=file)
    with pytest.raises(CourseError, match=f"of another run: {words} differ"):
        train(network(), data(scenes, 1), **({"epochs": 1, "resume_from": file} | change))
    for other in (data(scenes[:2], 1), data(scenes, 2)):
        with pytest.raises(CourseError, match=r"of another run: .*data differ"):
            train(network(), other, epochs=1, resume_from=file)
    with pytest.raises(CourseError, match="validation differ"):
        train(network(), data(scenes, 1), validation(scenes), epochs=1, resume_from=file)
    other_loss = Loss(BCEWithLogitsLoss())
    with pytest.raises(CourseError, match="loss differ"):
        train(network(), data(scenes, 1), epochs=1, loss=other_loss, resume_from=file)
    with pytest.raises(CourseError, match="model, shapes differ"):
        train(UNet(1, 1, depth=1, width=5), data(scenes, 1), epochs=1, resume_from=file)


def test_other_shares_of_a_loss_are_another_run(scenes, tmp_path):
    """Its name is the same, and the weights would come from the first one."""
    file = tmp_path / "run.ckpt"
    one, other = (Loss(DiceCELoss(sigmoid=True, lambda_dice=share)) for share in (1.0, 0.2))
    train(network(), data(scenes, 1), epochs=1, loss=one, resume_from=file)
    with pytest.raises(CourseError, match="of another run: loss differ"):
        train(network(), data(scenes, 1), epochs=1, loss=other, resume_from=file)
    train(network(), data(scenes, 1), epochs=1, loss=one, resume_from=file)


def test_a_run_that_began_with_other_weights_goes_on_and_says_so(scenes, tmp_path, recwarn):
    file = tmp_path / "run.ckpt"
    model = network()
    train(model, data(scenes, 1), epochs=1, resume_from=file)
    again = network()
    train(again, data(scenes, 1), epochs=1, resume_from=file)
    assert not recwarn.list
    other = UNet(1, 1, depth=1, width=4)
    with pytest.warns(UserWarning, match=r"began with other weights.*delete the file"):
        train(other, data(scenes, 1), epochs=1, resume_from=file)
    assert torch.equal(weights(again), weights(model))
    assert torch.equal(weights(other), weights(model))


def test_more_patience_goes_on(scenes, tmp_path, monkeypatch):
    dice = iter([0.6, 0.5, 0.4, 0.9])
    monkeypatch.setattr(module, "evaluate", lambda *_: (1.0, next(dice)))
    file = tmp_path / "run.ckpt"

    def run(patience):
        found = train(
            network(), data(scenes, 1), validation(scenes), epochs=4, patience=patience,
            resume_from=file,
        )  # fmt: skip
        return len(found.history), found.best_epoch

    assert run(2) == (3, 1)
    assert run(2) == (3, 1)
    assert run(3) == (4, 4)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"epochs": 2.5}, "epochs is 2.5. Give a whole number"),
        ({"epochs": "2"}, "epochs is the text “2”"),
        ({"epochs": 0}, "epochs is 0. Give a whole number of at least 1"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"learning_rate": -1}, "learning_rate is -1"),
        ({"patience": 0}, "patience is 0"),
    ],
)
def test_impossible_numbers_are_refused(scenes, change, told):
    with pytest.raises(CourseError, match=told):
        train(network(), data(scenes, 1), **({"epochs": 1} | change))


def test_it_stops_early_and_keeps_the_best_weights(scenes, monkeypatch):
    dice = iter([0.2, 0.6, 0.5, 0.6, 0.4, 0.9])
    monkeypatch.setattr(module, "evaluate", lambda *_: (1.0, next(dice)))
    seen = {}
    model = network()
    run = train(
        model,
        data(scenes, 1),
        validation(scenes),
        epochs=6,
        patience=3,
        callbacks=[lambda epoch: seen.update({epoch.number: weights(model)})],
    )
    assert len(run.history) == 5
    assert run.best_epoch == 2
    assert torch.equal(weights(model), seen[2])
    assert not torch.equal(weights(model), seen[5])


def test_a_callback_is_told_every_epoch_and_can_stop(scenes):
    told = []
    run = train(
        network(),
        data(scenes, 1),
        epochs=5,
        callbacks=[told.append, lambda epoch: epoch.number == 2],
    )
    assert [(epoch.number, epoch.of, epoch.best) for epoch in told] == [(1, 5, True), (2, 5, True)]
    assert told[0].dice is None
    assert len(run.history) == 2


def test_history_as_a_table_and_as_a_record(scenes):
    run = train(network(), data(scenes, 1), validation(scenes), epochs=2, seed=4)
    table = run.table()
    assert list(table.index) == [1, 2]
    assert list(table.columns) == [
        "training loss", "validation loss", "validation Dice", "learning rate", "seconds",
    ]  # fmt: skip
    record = run.record()
    assert (record["epochs"], record["seed"], record["device"]) == (2, 4, "cpu")
    assert json.loads(json.dumps(record)) == record  # what `storage` needs
    assert record["data"]["scenes"][2] == ["bars", "train", 2, 48, 56]
    assert record["validation_dice"] == run.history[run.best_epoch - 1]["validation Dice"]


def test_validation_counts_all_pixels_of_all_patches_together(scenes):
    class Half(torch.nn.Module):
        def forward(self, image):
            answer = torch.full_like(image, -9.0)
            answer[..., : image.shape[-1] // 2] = 9.0
            return answer

    tiles = validation(scenes)
    loss, dice = evaluate(Half(), tiles, losses.dice_cross_entropy())
    truth = torch.cat([masks for _, masks in tiles.batches()]).numpy() > 0
    found = np.zeros_like(truth)
    found[..., :8] = True
    assert dice == pytest.approx(2 * (truth & found).sum() / (truth.sum() + found.sum()))
    assert loss > 0


def test_several_classes_train_too(draw):
    import dataclasses

    scene = draw(0)
    classes = np.where(scene.mask, 2, 0)
    classes[:4] = 1
    three = dataclasses.replace(scene, mask=classes)
    model = UNet(1, 3, depth=1, width=4)
    run = train(model, data([three]), validation([three]), epochs=1)
    assert 0 <= run.history[0]["validation Dice"] <= 1


def test_a_loss_that_is_no_number_ends_the_run(scenes):
    class Nothing(torch.nn.Module):
        def forward(self, logits, classes):
            return (logits * float("nan")).sum()

    with pytest.raises(CourseError, match="smaller learning_rate"):
        train(network(), data(scenes, 1), epochs=1, loss=Nothing())


def test_a_full_device_is_said_in_a_sentence(scenes):
    class Greedy(UNet):
        def forward(self, image):
            raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(CourseError, match="smaller batch or patch"):
        train(Greedy(1, 1, depth=1, width=2), data(scenes, 1), epochs=1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"epochs": 0}, "of at least 1"),
        ({"epochs": 1, "learning_rate": 0}, "learning_rate is"),
        ({"epochs": 1, "precision": "int8"}, "no precision 'int8'"),
    ],
)
def test_impossible_runs_are_refused(scenes, options, words):
    with pytest.raises(CourseError, match=words):
        train(network(), data(scenes, 1), **options)


def test_precision_follows_the_device(monkeypatch):
    assert best_precision(torch.device("cpu")) == "float32"
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: True)
    assert best_precision(torch.device("cuda")) == "bfloat16"
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: False)
    assert best_precision(torch.device("cuda")) == "float16"
    layer, image = torch.nn.Conv2d(1, 1, 1), torch.rand(1, 1, 4, 4)
    for precision in ("float32", "bfloat16"):
        with autocast(torch.device("cpu"), precision):
            assert str(layer(image).dtype) == f"torch.{precision}"


def test_sixteen_bits_train_too(scenes):
    model = network()
    run = train(model, data(scenes, 10), epochs=3, learning_rate=0.02, precision="bfloat16")
    assert run.history[-1]["training loss"] < run.history[0]["training loss"]
    assert {value.dtype for value in model.parameters()} == {torch.float32}


def test_the_learning_rate_rises_and_falls_within_any_number_of_steps():
    rates = [one_cycle(step, 50) for step in range(50)]
    assert max(rates) == rates[9] == 1
    assert rates[0] == 0.1
    assert rates[-1] < 0.01
    assert sorted(rates[9:], reverse=True) == rates[9:]
    for steps in range(1, 12):
        assert all(0 < one_cycle(step, steps) <= 1 for step in range(steps))


# --- checkpoints ----------------------------------------------------------------------------


def test_random_generators_go_on_where_they_were():
    import random

    state = checkpoint.random_state()

    def draws():
        return torch.rand(3).tolist(), np.random.rand(3).tolist(), random.random()

    first = draws()
    checkpoint.set_random_state(state)
    assert draws() == first


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process to kill")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.parametrize("moment", ["fsync", "chmod", "replace"])
def test_a_killed_save_leaves_the_last_good_checkpoint(tmp_path, moment):
    file = tmp_path / "run.ckpt"
    checkpoint.save(file, {"epoch": 1, "weights": torch.arange(5.0)})
    child = os.fork()
    if child == 0:  # dies in the middle of its save, as if the power had gone
        setattr(os, moment, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        checkpoint.save(file, {"epoch": 2, "weights": torch.zeros(5)})
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    state = checkpoint.load(file)
    assert state["epoch"] == 1
    assert torch.equal(state["weights"], torch.arange(5.0))


class Hostile:
    def __reduce__(self):
        return (os.system, ("exit 1",))


def test_damaged_and_hostile_checkpoints_are_refused(tmp_path):
    file = tmp_path / "run.ckpt"
    checkpoint.save(file, {"epoch": 1, "weights": torch.arange(100.0)})
    half = tmp_path / "half.ckpt"
    half.write_bytes(file.read_bytes()[:700])
    text = tmp_path / "text.ckpt"
    text.write_text("epoch 1")
    hostile = tmp_path / "hostile.ckpt"
    torch.save({"epoch": Hostile()}, hostile)
    for bad in (half, text, hostile, tmp_path / "missing.ckpt", tmp_path):
        with pytest.raises(CourseError, match="Delete it"):
            checkpoint.load(bad)
    torch.save([1, 2], file)
    with pytest.raises(CourseError, match="no checkpoint of the course"):
        checkpoint.load(file)


# --- what is shown --------------------------------------------------------------------------


def test_a_notebook_sees_no_bar(capsys):
    assert list(bar(range(3), total=3, text="Epoch 1 of 1")) == [0, 1, 2]
    assert capsys.readouterr() == ("", "")
