"""Colours differ where labels touch, to every eye and on paper."""

import numpy as np
import pytest
from skimage.color import rgb2lab
from skimage.segmentation import watershed

from gpu_course.display.colours import (
    PALETTE,
    adjacency,
    colour_map,
    label_colours,
    palette,
)

# G. M. Machado, M. M. Oliveira, L. A. F. Fernandes (2009) A physiologically-based model for
# simulation of color vision deficiency, IEEE TVCG 15(6), doi:10.1109/TVCG.2009.113.
# Severity 1, applied to linear RGB.
MACHADO = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def seen(colours, eye):
    """sRGB uint8 colours as CIE Lab, through an eye."""
    srgb = colours / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    changed = np.clip(linear @ np.array(MACHADO[eye]).T, 0, 1)
    back = np.where(changed <= 0.0031308, 12.92 * changed, 1.055 * changed ** (1 / 2.4) - 0.055)
    return rgb2lab(back[None])[0]


def gaps(values):
    """All distances between two different rows."""
    a, b = np.triu_indices(len(values), 1)
    return np.linalg.norm(values[a] - values[b], axis=-1)


@pytest.mark.parametrize("eye", MACHADO)
def test_palette_is_apart_in_lightness_and_colour_to_every_eye(eye):
    lab = seen(PALETTE, eye)
    assert gaps(lab[:, :1]).min() > 5.9  # of 100; a step of 2.3 in Lab is just noticeable
    assert gaps(lab).min() > 20


def test_palette_survives_a_grey_printout():
    luma = PALETTE @ np.array([0.299, 0.587, 0.114])
    assert gaps(luma[:, None]).min() > 10  # of 255


def test_palette_can_grow():
    many = palette(20)
    assert len(np.unique(many, axis=0)) == 20
    assert palette(3) is PALETTE


def test_adjacency_counts_corners_but_not_background():
    labels = np.array([[1, 1, 0, 4], [2, 2, 0, 4], [0, 0, 3, 0]])
    assert adjacency(labels).tolist() == [[1, 2], [2, 3], [3, 4]]
    assert adjacency(np.array([[[1]], [[2]]])).tolist() == [[1, 2]]
    assert adjacency(np.zeros((3, 3), int)).shape == (0, 2)


def tessellation(shape, n, seed):
    """Regions that fill the whole frame: the hardest case for a map."""
    rng = np.random.default_rng(seed)
    markers = np.zeros(shape, int)
    at = tuple(rng.integers(0, size, n) for size in shape)
    markers[at] = rng.permutation(np.arange(n) * 3 + 1)  # numbers with gaps, in no order
    return watershed(np.zeros(shape), markers)


@pytest.mark.parametrize("shape", [(120, 150), (24, 40, 40)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_touching_labels_never_share_a_colour(shape, seed):
    labels = tessellation(shape, 150, seed)
    colours = colour_map(labels, seed=seed)
    one = {int(n): tuple(colours[labels == n][0]) for n in np.unique(labels)}
    pairs = adjacency(labels)
    assert len(pairs) > 200
    assert all(one[a] != one[b] for a, b in pairs.tolist())
    if len(shape) == 2:  # the seven do for any map in the plane
        assert set(one.values()) <= {tuple(c) for c in PALETTE}


def test_labels_a_gap_apart_differ_too():
    for seed in range(20):
        colours = colour_map(np.array([[1, 1, 0, 0, 0, 2, 2]]), seed=seed)
        assert tuple(colours[0, 0]) != tuple(colours[0, -1])


def test_a_label_has_one_colour_and_background_is_black():
    labels = tessellation((60, 60), 40, 0)
    labels[20:30] = 0
    colours = colour_map(labels)
    assert (colours[labels == 0] == 0).all()
    for n in np.unique(labels[labels > 0]):
        assert len(np.unique(colours[labels == n], axis=0)) == 1


def test_same_seed_same_colours():
    labels = tessellation((60, 60), 40, 0)
    assert (colour_map(labels, 3) == colour_map(labels, 3)).all()
    assert (colour_map(labels, 3) != colour_map(labels, 4)).any()


def test_huge_label_numbers_and_none_at_all():
    assert colour_map(np.array([[0, 2_000_000_000]])).any()
    assert not colour_map(np.zeros((3, 3), int)).any()


def test_label_colours_differ_from_one_label_to_the_next():
    colours = label_colours(500, seed=1)
    assert colours.shape == (501, 3)
    assert not colours[0].any()
    assert (np.diff(colours.astype(int), axis=0) != 0).any(axis=1).all()
    assert (colours == label_colours(500, seed=1)).all()
    assert label_colours(0).shape == (1, 3)
