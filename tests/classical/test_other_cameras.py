"""Nuclei of one image as other cameras would show it: the same objects, or a warning."""

import warnings

import numpy as np
import pytest

from gpu_course import images, metrics
from gpu_course.classical import segment_nuclei


@pytest.fixture(scope="module")
def plain():
    image = images.load("nuclei", "train").image[:256, :256].astype(float)
    return image, segment_nuclei(image)


def in_a_black_frame(image):
    frame = np.zeros((2048, 2048))
    frame[900:1156, 300:556] = image
    return frame


VERSIONS = {
    "bright": lambda image: 5 * image,
    "on an offset": lambda image: image + 1000,
    "dark": lambda image: np.round(image / 3).astype(np.uint8),
    "16 bits": lambda image: (image * 257).clip(0, 65535).astype(np.uint16),
    "floats from 0 to 1": lambda image: (image / image.max()).astype(np.float32),
    "in a black frame": in_a_black_frame,
}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_same_nuclei_are_found(plain, version):
    image, expected = plain
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = segment_nuclei(VERSIONS[version](image))
    if version == "in a black frame":
        found = found[900:1156, 300:556]
    assert metrics.average_precision(expected, found, [0.5])[0] >= 0.95


DOUBTFUL = {
    "turned round": (lambda image: image.max() - image, "dark objects"),
    "exposed far too long": (lambda image: np.minimum(8 * image, 255).astype(np.uint8), "full"),
    "exposed far too short": (lambda image: (image / 25).astype(np.uint8), "grey values"),
    "lit from one side": (lambda image: image * np.linspace(1, 0.1, 256), "light falls off"),
    "empty": (np.zeros_like, "the same everywhere"),
}


@pytest.mark.parametrize("version", DOUBTFUL)
def test_what_cannot_be_trusted_is_said_in_one_sentence(plain, version):
    change, words = DOUBTFUL[version]
    with pytest.warns(UserWarning, match=words):
        segment_nuclei(change(plain[0]))


@pytest.mark.parametrize(
    "lit",
    [
        lambda image: 400 + image * np.linspace(1, 0.25, 256),
        lambda image: image * np.linspace(0.2, 1, 256)[:, None],
        lambda image: image + np.linspace(0, 300, 256),
    ],
    ids=["a quarter at the right", "a fifth at the top", "a glow at the right"],
)
def test_the_same_nuclei_are_found_in_uneven_light(plain, lit):
    image, expected = plain
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = segment_nuclei(lit(image))
    assert metrics.average_precision(expected, found, [0.5])[0] >= 0.9


def test_pixels_of_another_size_show_the_same_nuclei(plain):
    from gpu_course import object_size

    image, expected = plain
    finer = object_size.to_diameter(image, 1, 2)
    found = object_size.labels_back(segment_nuclei(finer), expected.shape)
    assert metrics.average_precision(expected, found, [0.5])[0] >= 0.8
    told = object_size.labels_back(segment_nuclei(finer, diameter=46), expected.shape)
    assert metrics.average_precision(expected, told, [0.5])[0] >= 0.8
