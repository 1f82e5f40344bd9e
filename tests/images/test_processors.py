"""Simulated scenes on other processors: the same truth, and the same picture but for a few pixels.

The simulators compute in float32 and round to whole grey values at the end. Where a value lies on
the border of two, the last digit of a processor decides.
"""

import numpy as np
import pytest

from tests.processors import PROCESSORS, answers_of, on_x86

pytestmark = on_x86

PROGRAM = """
import sys
import numpy as np
from gpu_course import images

saved = {}
for name, number in (("bees", 3), ("roots", 3), ("nuclei-3d", 1)):
    size = {"size": "small"} if number > 1 else {}
    for index in range(number):
        scene = images.load(name, index=index, **size)
        truth = scene.labels if scene.labels is not None else scene.mask
        saved |= {f"{name} {index} image": scene.image, f"{name} {index} truth": truth}
np.savez(sys.argv[1], **saved)
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """Return what each processor draws: its name, and arrays by name."""
    return answers_of(PROGRAM, tmp_path_factory.mktemp("processors"))


@pytest.mark.parametrize("name", list(PROCESSORS)[1:])
def test_the_truth_is_the_same_everywhere(answers, name):
    truths = [key for key in answers[name] if key.endswith("truth")]
    assert len(truths) == 7
    for key in truths:
        np.testing.assert_array_equal(answers[name][key], answers["as it is"][key])


@pytest.mark.parametrize("name", list(PROCESSORS)[1:])
def test_a_pixel_here_and_there_differs_by_little(answers, name):
    for key in (key for key in answers[name] if key.endswith("image")):
        ours, theirs = (answers[which][key].astype(float) for which in ("as it is", name))
        assert (ours != theirs).mean() < 1e-4, key
        assert abs(ours - theirs).max() < 0.05 * np.ptp(ours), key
