"""A convolution in 3D beside its peers and its floor, on the same picture and PSF."""

import numpy as np

from benchmarks import floors
from benchmarks import timing as tables
from gpu_course import devices, sizes, timing
from gpu_course.deconvolution import convolve, psf
from gpu_course.deconvolution.fourier import shape_without_wrap
from gpu_course.devices.array_device import numpy_device
from gpu_course.errors import CourseError

COURSE, GPU, PEER = "course", "course, GPU", "SciPy's fftconvolve"


def main() -> list[tables.Measured]:
    """Print the table and return it.

    Raises
    ------
    CourseError
        If the results differ: then nothing is timed.
    """
    from scipy.signal import fftconvolve, oaconvolve

    shape = sizes.pick(small=(32, 64, 64), laptop=(64, 256, 256), large=(128, 512, 512))
    image = np.random.default_rng(0).random(shape, dtype=np.float32)
    lens = psf.gaussian((17, 33, 33), (0.6, 0.3, 0.3), (0.3, 0.15, 0.15))
    ways = {
        PEER: lambda: fftconvolve(image, lens, mode="same"),
        "SciPy's oaconvolve": lambda: oaconvolve(image, lens, mode="same"),
        COURSE: lambda: convolve(image, lens),
    }
    own = {COURSE: numpy_device()}
    if devices.array_library().kind == "GPU":
        own[GPU] = devices.array_library()
        there, lens_there = devices.to_device(image), devices.to_device(lens)
        ways[GPU] = lambda: convolve(there, lens_there)
    expected = ways[PEER]()
    for name, way in ways.items():
        if np.abs(devices.to_numpy(way()) - expected).max() > 1e-4 * np.abs(expected).max():
            raise CourseError(f"The result of {name} is not {PEER}. Nothing timed.")
    work = floors.convolution(shape_without_wrap(shape, lens.shape))
    limits = {name: floors.limits(device) for name, device in own.items()}
    row = tables.Row(
        f"{' × '.join(map(str, shape))}, PSF {' × '.join(map(str, lens.shape))}",
        timing.medians(ways, repeats=5, warm_up=1),
        {name: work.floor(limits[name]) for name in own},
    )
    notes = [f"{name}: {limits[name].in_words}" for name in own]
    measured = tables.Measured("Convolution beside its peers", PEER, [row], notes)
    tables.show(measured)
    return [measured]
