"""The real nuclei, from the wheel of stardist and without importing it."""

import subprocess
import sys

import numpy as np

from gpu_course import images
from gpu_course.images import registry


def test_whole_image_and_its_labels():
    whole = images.load("nuclei", "whole")
    assert whole.image.shape == (512, 512)
    assert whole.image.dtype == np.uint16
    assert whole.labels.max() == 125
    assert whole.voxel_size is None


def test_nuclei_are_brighter_than_background():
    whole = images.load("nuclei", "whole")
    assert whole.image[whole.labels > 0].mean() > 2.5 * whole.image[whole.labels == 0].mean()


def test_halves_do_not_overlap_and_make_the_whole():
    whole, left, right = (images.load("nuclei", split) for split in ("whole", "train", "test"))
    np.testing.assert_array_equal(np.hstack([left.image, right.image]), whole.image)
    np.testing.assert_array_equal(np.hstack([left.labels, right.labels]) > 0, whole.labels > 0)
    cut = set(whole.labels[:, 255]) & set(whole.labels[:, 256]) - {0}
    assert cut
    assert left.labels.max() + right.labels.max() == 125 + len(cut)


def test_they_come_from_the_package_without_importing_it():
    code = (
        "import sys; from gpu_course import images; images.load('nuclei');"
        "print('stardist' in sys.modules, 'tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
    assert registry.verify("nuclei/img2d.tif").where == "package"
