"""The recipes with pyclesperanto and with its prototype: the same objects, the same numbers."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from skimage.measure import label

from gpu_course import metrics
from gpu_course.devices.device import installed

# Each library in a process of its own, as a program uses one or the other.
RECIPES = """
import sys
import numpy as np
from skimage.measure import label

from gpu_course import cle, devices, images
from gpu_course.classical import segmentation

devices.use_opencl()
bees = images.load("bees", split="train", size="small")
roots = images.load("roots", split="train", size="small")
nuclei = images.load("nuclei", split="train")
kept = {
    "nuclei": segmentation.segment_nuclei(nuclei.image),
    "bees": segmentation.segment_bees(bees.image),
    "roots": segmentation.segment_roots(roots.image),
}
# Measured are labels that both are given, so that no pixel's owner is in question.
for name, image, labels in [
    ("nuclei", nuclei.image, nuclei.labels),
    ("bees", bees.image, bees.labels),
    ("roots", roots.image, label(roots.mask)),
]:
    pixels, numbers = image.astype(np.float32), labels.astype(np.uint32)
    for column, values in cle.labels_statistics(label=numbers, intensity=pixels).items():
        kept[f"{name}/{column}"] = np.asarray(values).ravel()
np.savez(sys.argv[1], **kept)
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    if not (installed("pyclesperanto") and installed("pyclesperanto_prototype")):
        pytest.skip("pyclesperanto and its prototype are not both installed")
    folder, found = tmp_path_factory.mktemp("both"), {}
    for choice in ("", "prototype"):
        file = Path(folder / f"{choice or 'successor'}.npz")
        done = subprocess.run(
            [sys.executable, "-c", RECIPES, str(file)],
            env={**os.environ, "GPU_COURSE_CLESPERANTO": choice},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found[choice] = dict(np.load(file))
    return found[""], found["prototype"]


@pytest.mark.parametrize("name", ["nuclei", "bees"])
def test_both_libraries_find_the_same_objects(answers, name):
    new, old = answers
    assert new[name].max() > 10
    assert metrics.matching(old[name], new[name], threshold=0.9).f1 == 1


def test_both_libraries_find_the_same_roots(answers):
    new, old = (label(answer["roots"]) for answer in answers)
    assert new.max() > 1
    assert metrics.matching(old, new, threshold=0.9).f1 == 1
    assert metrics.iou(old > 0, new > 0) > 0.999


@pytest.mark.parametrize("name", ["nuclei", "bees", "roots"])
def test_both_libraries_measure_the_same(answers, name):
    columns = ("area", "centroid_x", "centroid_y", "mean_intensity", "standard_deviation_intensity")
    new, old = (np.stack([answer[f"{name}/{column}"] for column in columns]) for answer in answers)
    assert new.shape[1] > 0
    np.testing.assert_allclose(new, old, rtol=1e-5)
