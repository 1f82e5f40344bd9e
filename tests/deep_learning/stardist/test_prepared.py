"""Scenes of any camera come to one brightness and one size, those without an object, too."""

import numpy as np
import pytest
from scipy import ndimage

from gpu_course import brightness
from gpu_course.deep_learning.stardist.prepared import Prepared
from gpu_course.errors import CourseError
from gpu_course.images import Sample
from gpu_course.labels import labelled_diameter


def scene(diameter, *, shape=(160, 200)):
    every = 2.5 * diameter
    y, x = (n % every - every / 2 for n in np.mgrid[: shape[0], : shape[1]])
    labels = ndimage.label(y**2 + x**2 < diameter**2 / 4)[0].astype(np.int32)
    image = 300 + 2000 * ndimage.gaussian_filter((labels > 0).astype(float), diameter / 12)
    image += np.random.default_rng(0).normal(0, 20, shape)
    return Sample("mine", "train", 0, image, "YX", labels)


def test_a_scene_comes_to_the_known_size_and_levels():
    sample = scene(40)
    ready = Prepared(20).scene(sample)
    assert ready.image.shape == ready.labels.shape
    assert ready.image.shape[0] == round(160 * 20 / labelled_diameter(sample.labels))
    assert set(np.unique(ready.labels)) == set(np.unique(sample.labels))
    middle = np.median(ready.image[ready.labels > 0])
    assert middle == pytest.approx(np.log1p(brightness.COURSE.objects), abs=0.1)


@pytest.mark.filterwarnings("ignore:The image is the same everywhere:UserWarning")
def test_a_scene_of_nothing_but_background_is_background_at_its_own_size():
    sample = scene(40)
    noise = np.random.default_rng(0).normal(300, 20, sample.image.shape)
    empty = Sample("empty", "train", 1, noise, "YX", np.zeros_like(sample.labels))
    ready = Prepared(20).scene(empty)
    assert ready.image.shape == ready.labels.shape == noise.shape
    assert not ready.labels.any()
    np.testing.assert_allclose(ready.image, np.log1p(brightness.COURSE.background), rtol=1e-6)


def test_a_scene_without_labels_is_refused():
    sample = scene(40)
    with pytest.raises(CourseError, match="has no labels"):
        Prepared(20).scene(Sample("mine", "train", 0, sample.image, "YX"))
