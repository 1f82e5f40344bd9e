"""Labels that were saved in a way from which nothing right can be learned: each gets a sentence."""

import tracemalloc

import numpy as np
import pytest
from scipy import ndimage
from skimage.segmentation import find_boundaries
from skimage.transform import resize

from gpu_course import picture_files
from gpu_course.files import write_atomic
from gpu_course.own_images import folder
from tests.own_images.conftest import discs

PAIRS = [discs(n, shape=(96, 100), diameter=14) for n in range(4)]


def many(seed, count=20):
    """Return more discs than 8 bits can number, in rows."""
    labels = np.zeros((10 * count, 10 * count), np.uint16)
    y, x = np.mgrid[: labels.shape[0], : labels.shape[1]]
    near = np.hypot(y % 10 - 5, x % 10 - 5) < 3.5
    labels[near] = (1 + y // 10 * count + x // 10)[near]
    noise = np.random.default_rng(seed).normal(40, 4, labels.shape)
    return (noise + 100 * near).clip(0, 255).astype(np.uint8), labels


MANY = [many(n) for n in range(3)]


def notes(place, pairs, kind="labels"):
    for n, (image, labels) in enumerate(pairs):
        write_atomic(place / "images" / f"p{n}.tif", picture_files.tiff(image, "YX"))
        write_atomic(place / kind / f"p{n}.tif", picture_files.tiff(labels))
    # That the same labels lie twice is another matter.
    return [note for note in folder.read(place).notes if "very same" not in note]


def changed(pairs, change):
    return [(image, change(labels)) for image, labels in pairs]


def outlines(labels):
    return labels * find_boundaries(labels, mode="inner")


def middles(labels):
    marks = np.zeros_like(labels)
    for number, (y, x) in enumerate(ndimage.center_of_mass(labels > 0, labels, labels_of(labels))):
        marks[round(y), round(x)] = number + 1
    return marks


def labels_of(labels):
    return np.unique(labels)[1:]


def boxes(labels):
    drawn = np.zeros_like(labels)
    for number, window in enumerate(ndimage.find_objects(labels), 1):
        drawn[window] = number
    return drawn


def lines(labels):
    return np.where(find_boundaries(labels, mode="outer"), 65535, labels)


def test_what_was_drawn_and_saved_well_is_not_doubted(tmp_path):
    assert notes(tmp_path / "few", PAIRS) == []
    assert notes(tmp_path / "many", MANY) == []
    touching = changed(PAIRS, lambda lab: ndimage.grey_dilation(lab, 5))
    assert notes(tmp_path / "touching", touching) == []
    masks = changed(PAIRS, lambda lab: np.where(lab > 0, 255, 0).astype(np.uint8))
    assert notes(tmp_path / "masks", masks, "masks") == []
    # Cells with a dark middle are drawn with a hole, and thin things are no outlines.
    holes = changed(PAIRS, lambda lab: lab * (ndimage.distance_transform_edt(lab > 0) < 5))
    assert notes(tmp_path / "holes", holes) == []
    thin = np.zeros((96, 100), np.int32)
    thin[10:12, 5:60], thin[40:90, 30:32], thin[40:42, 32:90] = 1, 2, 2
    assert notes(tmp_path / "thin", [(image, thin) for image, _ in PAIRS]) == []


def test_a_net_of_vessels_is_no_outline(tmp_path):
    y, x = np.mgrid[:96, :100]
    net = ((y % 20 < 2) | (x % 20 < 2)) & (abs(y - 48) < 45) & (abs(x - 50) < 47)
    net = np.where(net, 255, 0).astype(np.uint8)
    assert notes(tmp_path / "net", [(image, net) for image, _ in PAIRS], "masks") == []


def test_the_image_is_named_that_one_object_covers(tmp_path):
    large = [(image, (labels == 0).astype(np.int32)) for image, labels in PAIRS]
    (note,) = notes(tmp_path / "large", [PAIRS[0], *large[1:]])
    share = (PAIRS[1][1] == 0).mean()
    assert note.startswith(f"One object covers {share:.0%} of p1, and at least half of most images")


def test_large_numbers_of_objects_need_no_large_memory(tmp_path):
    pairs = changed(PAIRS, lambda labels: labels.astype(np.uint32) * 3_000_000)
    tracemalloc.start()
    try:
        assert notes(tmp_path / "large", pairs) == []
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "code",
    [
        lambda labels: labels.astype(np.uint8),
        lambda labels: np.round(labels * (255 / labels.max())).astype(np.uint8),
        lambda labels: np.minimum(labels, 255).astype(np.uint8),
    ],
    ids=["wrapped", "scaled", "clipped"],
)
def test_more_objects_than_8_bits_hold_are_told(tmp_path, code):
    (note,) = notes(tmp_path / "eight", changed(MANY, code))
    assert note.startswith("In p0 the highest number is 255, and ")
    assert "Save the labels with 16 bits" in note


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (outlines, "Most objects are rings"),
        (middles, "Most objects have fewer than 4 pixels"),
        (boxes, "Most objects are rectangles"),
        (lines, "In p0 the number 65535 lies in"),
        (lambda labels: labels + 1, "No pixel of the labels is 0"),
        (lambda labels: (labels == 0).astype(np.int32), "One object covers"),
    ],
    ids=["outlines", "middles", "boxes", "lines", "background", "inverted"],
)
def test_what_is_no_object_is_told(tmp_path, change, said):
    found = notes(tmp_path / "odd", changed(PAIRS, change))
    assert len(found) == 1
    assert found[0].startswith(said)


def test_outlines_are_told_in_masks_too(tmp_path):
    drawn = changed(PAIRS, lambda lab: np.where(outlines(lab) > 0, 255, 0).astype(np.uint8))
    (note,) = notes(tmp_path / "masks", drawn, "masks")
    assert note.startswith("Most objects are rings")


def test_labels_that_were_resized_with_interpolation_are_told(tmp_path):
    def to(shape, array, order):
        return resize(array.astype(float), shape, order=order, preserve_range=True).round()

    for order, count in ((0, 0), (1, 1)):
        pairs = [
            (to((70, 72), image, 1).astype(np.uint8), to((70, 72), labels, order).astype(np.int32))
            for image, labels in PAIRS
        ]
        found = notes(tmp_path / f"{order}", pairs)
        assert len(found) == count
        assert all("scraps of other numbers lie along the edges" in note for note in found)


def test_numbers_of_other_objects_along_the_edges_are_no_objects_in_pieces(tmp_path):
    """With many objects, interpolation gives one number many times, each beside another object."""
    labels = np.zeros((96, 100), np.int32)
    for number in range(1, 21):
        row, column = 4 + 18 * (number // 5), 4 + 18 * (number % 5)
        labels[row : row + 3, column : column + 3] = number
        labels[row, column + 3] = 1 if number < 9 else number - 1
    (note,) = notes(tmp_path / "edges", [(image, labels) for image, _ in PAIRS])
    assert "scraps of other numbers lie along the edges" in note
