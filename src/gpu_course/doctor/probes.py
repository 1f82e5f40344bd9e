"""Checks that let each library compute something small and compare it with NumPy and SciPy.

Each runs in a process of its own (see :mod:`gpu_course.doctor.child`), which also turns what a
probe raises into a check.
"""

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gpu_course import devices
from gpu_course.devices import clesperanto, hardware
from gpu_course.devices.device import Device, installed
from gpu_course.devices.no_opencl import gpu_cure
from gpu_course.doctor import driver
from gpu_course.doctor.check import Check

if TYPE_CHECKING:
    import numpy as np

# Results of one computation in float32 by two libraries agree to about this, relative to 1.
TOLERANCE = 1e-4


def _says(device: Device) -> str:
    note = f"; {device.note}" if device.note else ""
    return f"{device.name} ({device.kind}, {device.driver}{note})"


def _lacking(name: str, packages: Sequence[str], who: str) -> Check | None:
    """Return a warning where packages that `who` needs are not installed; None where all are."""
    missing = [package for package in packages if not installed(package)]
    if not missing:
        return None
    what = (
        f"Not installed: {', '.join(missing)}; {who} need {'it' if missing[1:] == [] else 'them'}."
    )
    return Check(name, "warn", what, f"pip install {' '.join(missing)}")


def _noise(shape: tuple[int, ...]) -> "np.ndarray":
    import numpy as np

    return np.random.default_rng(0).random(shape, dtype=np.float32)


def _wrong(name: str, device: Device, difference: float) -> Check:
    what = f"{_says(device)} computes wrongly: off by {difference:.2g} from the processor."
    return Check(name, "fail", what, "Update the graphics driver, or set GPU_COURSE_DEVICE=cpu.")


def _nvidia() -> str:
    """Return the name of an NVIDIA GPU that the driver finds, or an empty string."""
    gpus = [] if hardware.wanted() == "cpu" else hardware.cuda_gpus()
    return gpus[0].name if gpus else ""


def opencl() -> Check:
    """Blur an image with clesperanto and with SciPy."""
    name = "OpenCL (clesperanto)"
    library = "pyclesperanto_prototype" if clesperanto.is_prototype() else "pyclesperanto"
    if not installed(library):
        package = library.replace("_", "-")
        # The prototype's own requirements would put an old NumPy in the place of this one.
        alone = "--no-deps " if clesperanto.is_prototype() else ""
        return Check(name, "fail", f"{package} is not installed.", f"pip install {alone}{package}")
    if driver.weight() == "fail" and (lacking := driver.no_binding(name)):
        return lacking
    device = devices.use_opencl()
    from scipy.ndimage import gaussian_filter

    from gpu_course import cle

    image = _noise((65, 48))
    blurred = cle.pull(cle.gaussian_blur(image, sigma_x=2, sigma_y=2))
    difference = float(abs(blurred - gaussian_filter(image, 2, mode="nearest")).max())
    if difference > TOLERANCE:
        return _wrong(name, device, difference)
    if device.kind == "CPU" and _nvidia():
        what = f"{_says(device)}; OpenCL does not see the {_nvidia()}."
        return Check(name, "warn", what, gpu_cure("nvidia"))
    vendor = hardware.pci_vendor() if device.kind == "CPU" and hardware.wanted() != "cpu" else ""
    if vendor:
        what = f"{_says(device)}; OpenCL does not see the GPU of this machine ({vendor})."
        return Check(name, "warn", what, gpu_cure(vendor))
    return Check(name, "ok", f"{_says(device)}{_backends()}")


def _backends() -> str:
    """Name the backends of pyclesperanto that are installed and not in use, and how to choose."""
    if clesperanto.is_prototype():
        return "; computed by the prototype"
    library = clesperanto.successor()
    others = [one for one in library.list_available_backends() if one != library.get_backend_name()]
    if not others:
        return ""
    return f"; also installed: {', '.join(others)} ({clesperanto.VARIABLE}={others[0]} selects it)"


def arrays() -> Check:
    """Transform an image with the array library and with NumPy."""
    name = "arrays (CuPy or NumPy)"
    import numpy as np

    device = devices.array_library()
    xp = devices.array_namespace()
    image = _noise((64, 48))
    if device.kind == "GPU":
        spectrum = devices.to_numpy(xp.fft.fftn(devices.to_device(image)))
    else:
        from scipy import fft

        spectrum = fft.fftn(image, workers=-1)
    expected = np.fft.fftn(image)
    difference = float(abs(spectrum - expected).max() / abs(expected).max())
    if difference > TOLERANCE:
        return _wrong(name, device, difference)
    if device.kind == "CPU" and _nvidia():
        major = hardware.cuda_gpus()[0].driver.removeprefix("CUDA ").split(".")[0]
        # [ctk] brings the libraries and headers of CUDA with which CuPy compiles: its own package
        # has neither, and a driver is no toolkit.
        line = f'pip install "cupy-cuda{13 if int(major) >= 13 else 12}x[ctk]>=14,<15"'
        if int(major) >= 13:
            line = f"{line}, or cupy-cuda12x on a card older than the GTX 16 and RTX 20 series"
        what = f"{_says(device)}; CuPy is not installed, so the {_nvidia()} stays idle."
        if installed("cupy"):
            what = f"{_says(device)}; CuPy is installed but cannot compute on the {_nvidia()}."
            line = f"{line} (only one cupy package may be installed)"
        return Check(name, "warn", f"{what} Chapters on CuPy and deconvolution run slower.", line)
    return Check(name, "ok", _says(device))


def torch() -> Check:
    """Convolve an image with PyTorch on its device and on the CPU."""
    name = "PyTorch"
    # What the chapters import beside it is asked for at once: none of them runs with half of it.
    who = "the deep-learning chapters on roots and on CNNs"
    if lacking := _lacking(name, ("torch", "monai", "safetensors"), who):
        return lacking
    device = devices.torch()
    assert device is not None  # it is installed
    import torch

    image, kernel = torch.from_numpy(_noise((1, 1, 64, 48))), torch.from_numpy(_noise((1, 1, 3, 3)))
    here = torch.nn.functional.conv2d(image, kernel)
    there = torch.nn.functional.conv2d(image.to(device.address), kernel.to(device.address))
    difference = float((here - there.cpu()).abs().max() / here.abs().max())
    # GPUs may multiply with ten bits after the point in convolutions (TF32), which is by design.
    if difference > 2e-3:
        return _wrong(name, device, difference)
    if device.kind == "CPU" and _nvidia():
        what = f"{_says(device)}: this build of PyTorch cannot use the {_nvidia()}."
        return Check(name, "warn", what, "Install the CUDA build that pytorch.org names for you.")
    return Check(name, "ok", _says(device))


def tensorflow() -> Check:
    """Convolve with TensorFlow, then import StarDist on top of it."""
    name = "TensorFlow and StarDist"
    if lacking := _lacking(
        name, ("tensorflow", "stardist", "safetensors"), "the chapters on StarDist"
    ):
        return lacking
    device = devices.tensorflow()
    assert device is not None  # it is installed
    import tensorflow as tf
    from scipy.signal import correlate
    from stardist.models import Config2D

    image, kernel = _noise((64, 48)), _noise((3, 3))
    with tf.device(device.address):
        computed = tf.nn.conv2d(image[None, :, :, None], kernel[:, :, None, None], 1, "VALID")
    expected = correlate(image, kernel, mode="valid")
    difference = float(abs(computed.numpy()[0, :, :, 0] - expected).max() / expected.max())
    if difference > 2e-3:
        return _wrong(name, device, difference)
    Config2D(n_rays=32)  # reads Keras's settings, so it fails here if Keras is the wrong one
    what = f"{_says(device)}, StarDist {importlib.metadata.version('stardist')}"
    if device.kind == "CPU" and _nvidia():
        what = f"{what}; TensorFlow does not see the {_nvidia()}."
        cure = 'pip install "tensorflow[and-cuda]"'
        if sys.platform == "win32":
            cure = "TensorFlow uses GPUs on Windows only inside WSL2: install the course there."
        return Check(name, "warn", what, cure)
    return Check(name, "ok", what)


def napari() -> Check:
    """Start Qt, on a virtual screen where there is no real one, and import napari."""
    name = "napari"
    if not installed("napari"):
        what = "Not installed: the steps that open a viewer need it (each has a scripted twin)."
        return Check(name, "warn", what, 'pip install "napari>=0.6" "PyQt6>=6.5"')
    screen = None
    linux = sys.platform.startswith("linux")
    if linux and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        if not shutil.which("Xvfb"):
            what = "Installed, not started: there is no screen (see the check of the display)."
            return Check(name, "warn", what, "sudo apt install xvfb")
        from gpu_course import virtual_screen

        screen, os.environ["DISPLAY"] = virtual_screen.start()
    try:
        # Qt ends the process where it has no way to draw, which is the answer then.
        from qtpy.QtWidgets import QApplication

        application = QApplication([])
        import napari

        what = f"napari {napari.__version__} with Qt on {application.platformName()}"
        return Check(name, "ok", what + (", Xvfb as screen" if screen else ""))
    finally:
        if screen is not None:
            screen.terminate()


def images() -> Check:
    """Open the course's own nuclei, which need no network."""
    name = "images without a network"
    from gpu_course.images import load, names

    sample = load("nuclei")
    count = len(names())
    return Check(
        name, "ok", f"{count} sets; nuclei opened, {' × '.join(map(str, sample.image.shape))}"
    )
