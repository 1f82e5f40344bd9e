"""Folders in which images and labels, or channels, were mixed up: each gets a sentence."""

import numpy as np
import pytest

from gpu_course import own_images, picture_files
from gpu_course.files import write_atomic
from gpu_course.images import Sample
from gpu_course.own_images import channels, folder, mixed_up
from tests.own_images.conftest import discs, write_folder, write_picture

SQUARE = {"shape": (96, 96)}


def labelled(place, pairs):
    for n, (image, labels) in enumerate(pairs):
        write_atomic(place / "images" / f"p{n}.tif", picture_files.tiff(image, "YX"))
        write_atomic(place / "labels" / f"p{n}.tif", picture_files.tiff(labels))
    return place


def notes(place, pairs):
    return folder.read(labelled(place, pairs)).notes


PAIRS = [discs(n, **SQUARE) for n in range(6)]


def test_what_belongs_together_is_not_doubted(tmp_path):
    assert notes(tmp_path / "bright", PAIRS) == []
    assert notes(tmp_path / "dark", [discs(n, dark=True, **SQUARE) for n in range(6)]) == []
    wide = [discs(n, shape=(60, 100)) for n in range(4)]
    assert notes(tmp_path / "wide", wide) == []
    # Where objects cannot be told by their brightness, nothing can be said.
    rng = np.random.default_rng(0)
    noise = [(rng.integers(0, 99, (96, 96), dtype=np.uint8), labels) for _, labels in PAIRS]
    assert notes(tmp_path / "noise", noise) == []
    assert own_images.read(write_folder(tmp_path / "masks", 5, kind="masks")).notes == []


@pytest.mark.parametrize("scale", [0.0, 0.1])
@pytest.mark.parametrize("seed", range(4))
def test_uneven_light_is_not_taken_for_objects(scale, seed):
    """Where objects hardly show, light fits the labels of many images better than their own."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1:1:96j, -1:1:96j]
    scenes = []
    for n in range(4):
        row, column = rng.uniform(-0.8, 0.8, 2)
        labels = (np.hypot(y - row, x - column) < 0.13).astype(np.int32)
        light = 40 * np.exp(x + y / 2) + 30 * np.exp(-2 * (x**2 + y**2))
        image = 60 + scale * 100 * labels + light + rng.normal(0, 2, labels.shape)
        scenes.append(
            Sample("uneven", "train", n, image.clip(0, 255).astype(np.uint8), "YX", labels=labels)
        )
    assert mixed_up.doubts(scenes, lambda scene: str(scene.index)) == []


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        (lambda labels: labels.T, "better with rows and columns exchanged:"),
        (lambda labels: labels[::-1], "better upside down:"),
        (lambda labels: labels[:, ::-1], "better mirrored:"),
        (lambda labels: labels[::-1, ::-1], "better turned by 180°:"),
        (lambda labels: np.rot90(labels), "better turned by 270°:"),
        (lambda labels: np.rot90(labels, 3), "better turned by 90°:"),
        (lambda labels: labels.T[::-1, ::-1], "exchanged, and turned by 180°:"),
    ],
)
def test_labels_that_were_turned_are_told(tmp_path, turn, said):
    (note,) = notes(tmp_path / "turned", [(image, turn(labels)) for image, labels in PAIRS])
    assert said in note
    assert "Turn them" in note


def test_labels_of_other_images_are_told(tmp_path):
    others = [PAIRS[n - 1][1] for n in range(6)]
    pairs = [(image, labels) for (image, _), labels in zip(PAIRS, others, strict=True)]
    (note,) = notes(tmp_path / "shifted", pairs)
    assert note.startswith("Labels seem to lie with other images than theirs: those of p1 fit")
    # One that is wrong among many is not the rule.
    mostly = [(PAIRS[0][0], PAIRS[1][1]), *PAIRS[1:]]
    assert not any("other images" in note for note in notes(tmp_path / "mostly", mostly))


def test_one_file_of_labels_for_two_images_is_told(tmp_path):
    (note,) = notes(tmp_path / "same", [*PAIRS, (discs(9, **SQUARE)[0], PAIRS[2][1])])
    assert note == "p2 and p6 have the very same labels: were those of one saved for the other?"


@pytest.mark.parametrize(
    "coded",
    [
        lambda image: image.astype(np.uint16) * 257,
        lambda image: (image / 255).astype(np.float32),
        lambda image: np.clip(image + np.random.default_rng(0).normal(0, 0.6, image.shape), 0, 255)
        .astype(np.uint8),
    ],
    ids=["16 bits", "0 to 1", "as JPEG changes it"],
)  # fmt: skip
def test_a_copy_in_another_coding_is_told(tmp_path, coded):
    image, labels = PAIRS[3]
    found = notes(tmp_path / "twice", [*PAIRS, (coded(image), labels)])
    assert found[0].startswith("p3 and p6 are nearly the same picture:")


@pytest.mark.parametrize("code", [1, 255])
def test_an_image_that_is_its_own_labels_is_told(tmp_path, code):
    for name, image in {
        "numbers": lambda labels: labels.astype(np.uint16),
        "mask": lambda labels: np.where(labels > 0, code, 0).astype(np.uint8),
    }.items():
        pairs = [(image(labels), labels) for _, labels in PAIRS]
        (note,) = notes(tmp_path / f"{name} {code}", pairs)
        assert note.startswith("The image of p0 shows its labels and nothing else")
    # A simulation without any background shows more than its labels.
    bare = [(np.where(labels > 0, image, 0), labels) for image, labels in PAIRS]
    assert notes(tmp_path / "bare", bare) == []


def test_all_types_of_a_folder_are_named(tmp_path):
    mixed = [(i if n % 2 else i.astype(np.uint16) * 7, lab) for n, (i, lab) in enumerate(PAIRS)]
    said = []
    own_images.train(
        labelled(tmp_path / "mixed", mixed),
        tmp_path / "m.safetensors",
        method="threshold",
        say=said.append,
    )
    assert "1 channel(s), uint16 and uint8, with labels" in said[0]


# --- channels ---


def two_channels(seed, second=30):
    image, labels = discs(seed)
    other = np.random.default_rng(seed).poisson(second, image.shape)
    return np.stack([image, other.clip(0, 255).astype(np.uint8)], axis=-1), labels


def test_exchanged_channels_are_told(tmp_path):
    for n in range(6):
        image, labels = two_channels(n)
        write_atomic(tmp_path / "two/images" / f"p{n}.tif", picture_files.tiff(image, "YXC"))
        write_atomic(tmp_path / "two/labels" / f"p{n}.tif", picture_files.tiff(labels))
    (tmp_path / "two/labels.csv").write_text(
        "file,axes\n" + "".join(f"p{n},YXC\n" for n in range(6)), encoding="utf-8"
    )
    trained = own_images.train(
        tmp_path / "two", tmp_path / "two.safetensors", method="threshold", say=lambda s: None
    )
    assert len(trained.model.settings.learned.channels) == 2
    right, wrong = two_channels(8)[0], two_channels(9)[0][..., ::-1]
    write_picture(tmp_path / "new/right.png", right, "YXC")
    write_picture(tmp_path / "new/wrong.png", wrong, "YXC")
    said = []
    done = own_images.predict(
        trained.file, tmp_path / "new", tmp_path / "out", say=said.append, with_outlines=False
    )
    told = {row.image: " ".join(row.warnings) for row in done.rows}
    assert told["right"] == ""
    assert "Channel 0 looks like channel 1 of the training images" in told["wrong"]


def test_only_exchanged_channels_are_called_so():
    images = [two_channels(n)[0] for n in range(4)]
    before = channels.medians([channels.marks(image) for image in images])
    assert channels.exchanged(images[0], before) == ""
    # Brighter, darker or noisier channels stay what they are.
    assert channels.exchanged(images[0].astype(np.uint16) * 100, before) == ""
    assert channels.exchanged(images[0] // 2, before) == ""
    assert channels.exchanged(images[0][..., ::-1], before)
    # Of three, those two are named that were exchanged.
    dark = 255 - images[0][..., :1]
    three = np.concatenate([images[0], dark], axis=-1)
    marks = channels.medians([channels.marks(three)])
    assert channels.exchanged(three[..., [2, 1, 0]], marks).startswith("Channel 0 looks like ch")
    assert "channel 2 like channel 0" in channels.exchanged(three[..., [2, 1, 0]], marks)
    assert channels.exchanged(images[0], ()) == ""
    assert channels.exchanged(images[0][..., 0], before) == ""
    assert channels.medians([channels.marks(images[0][..., 0])]) == ()
