"""The recipes with pyclesperanto and with its prototype: the same objects, the same numbers."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gpu_course import scoring
from gpu_course.devices.device import installed

# Each library in a process of its own, as a program uses one or the other.
RECIPES = """
import sys
import numpy as np
from gpu_course import cle, devices, images
from gpu_course.classical import segmentation

devices.use_opencl()
bees = images.load("bees", split="train", size="small")
roots = images.load("roots", split="train", size="small")
nuclei = images.load("nuclei", split="train")
found = {
    "nuclei": (nuclei.image, segmentation.segment_nuclei(nuclei.image)),
    "bees": (bees.image, segmentation.segment_bees(bees.image)),
    "roots": (roots.image, segmentation.segment_roots(roots.image)),
}
kept = {}
for name, (image, labels) in found.items():
    kept[name] = labels
    pixels, numbers = image.astype(np.float32), labels.astype(np.uint32)
    if name == "roots":  # a mask: its connected pieces are the objects
        numbers = cle.pull(cle.connected_component_labeling(cle.push(numbers))).astype(np.uint32)
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
    assert scoring.matching(old[name], new[name], threshold=0.9).f1 == 1


def test_both_libraries_find_the_same_roots(answers):
    new, old = answers
    assert new["roots"].any()
    assert scoring.iou(old["roots"], new["roots"]) > 0.999


@pytest.mark.parametrize("name", ["nuclei", "bees", "roots"])
def test_both_libraries_measure_the_same(answers, name):
    columns = ("area", "centroid_x", "centroid_y", "mean_intensity", "standard_deviation_intensity")
    new, old = (
        pd.DataFrame({column: answer[f"{name}/{column}"] for column in columns})
        # Numbers are names: put the rows in the order of what they measure.
        .sort_values(["centroid_y", "centroid_x"])
        .to_numpy()
        for answer in answers
    )
    np.testing.assert_allclose(new, old, rtol=1e-5, atol=1e-5)
