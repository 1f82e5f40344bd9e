"""StarDist's prediction: the course's way beside StarDist's own, with the course's nuclei network.

Both call one network of TensorFlow on an image brought to one brightness and size; the course adds
its tiles. The floor counts the convolutions alone: choosing among the stars comes on top.
"""

from importlib.util import find_spec

import numpy as np

from benchmarks import floors
from benchmarks import timing as tables
from gpu_course import devices, sizes, timing
from gpu_course.devices.array_device import numpy_device
from gpu_course.errors import CourseError

COURSE, PEER = "course", "StarDist"


def main() -> list[tables.Measured]:
    """Print the table and return it.

    Raises
    ------
    CourseError
        If the two do not find the same: then nothing is timed.
    """
    if find_spec("tensorflow") is None or find_spec("stardist") is None:
        print("TensorFlow and StarDist are not installed, so nothing is measured.")
        return []
    from gpu_course.classical.operations import scene
    from gpu_course.deep_learning import stardist, weights
    from gpu_course.deep_learning.stardist import storage
    from gpu_course.deep_learning.stardist.model import quiet
    from gpu_course.deep_learning.stardist.prepared import logarithm

    device = devices.tensorflow()
    assert device is not None
    model = storage.load(weights.find("nuclei-stardist"))
    prepared = model.prepared
    assert prepared is not None  # it measures size and brightness itself
    edge = sizes.pick(small=256, laptop=1024, large=4096)
    image = scene(edge)

    def own() -> np.ndarray:
        known = prepared.image(image)
        with quiet():
            pixels = model.prepare(logarithm(known))
            return known.back(model.network.predict_instances(pixels, show_tile_progress=False)[0])

    ways = {COURSE: lambda: stardist.predict(model, image).labels, PEER: own}
    if not np.array_equal(ways[COURSE](), ways[PEER]()):
        raise CourseError("The course does not find what StarDist finds. Nothing timed.")
    operations = sum(
        2 * c.kernel**2 * c.channels_in * c.channels_out / c.scale**2
        for c in model.design.convolutions
    )
    # TensorFlow has no small kernel to measure with; what shares the device stands in for it.
    limits = floors.limits(devices.array_library() if device.kind == "GPU" else numpy_device())
    seen = prepared.image(image).image.size
    work = floors.Work(8.0 * seen, operations * seen)
    row = tables.Row(
        f"nuclei, {edge}²",
        timing.medians(ways, repeats=3, warm_up=1),
        {COURSE: work.floor(limits)},
    )
    measured = tables.Measured("StarDist's prediction", PEER, [row], [limits.in_words])
    tables.show(measured)
    return [measured]
