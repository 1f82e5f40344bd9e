"""The packages' faces: every public name is there, and brings along only what it needs."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

import gpu_course

FACES = [
    name
    for _, name, is_package in pkgutil.walk_packages(gpu_course.__path__, "gpu_course.")
    # The plugin's face needs Qt and is opened in its own tests.
    if is_package and name.count(".") == 1 and name != "gpu_course.napari_plugin"
]
LAZY = [
    "classical",
    "deconvolution",
    "devices",
    "display",
    "images",
    "metrics",
    "model_zoo",
    "own_images",
    "pixel_classification",
    "scaling",
]


@pytest.mark.parametrize("package", FACES)
def test_every_public_name_resolves(package):
    face = importlib.import_module(package)
    for name in getattr(face, "__all__", ()):
        assert getattr(face, name) is not None
        assert name in dir(face)


@pytest.mark.parametrize("package", LAZY)
def test_no_public_name_is_that_of_a_module(package):
    face = importlib.import_module(f"gpu_course.{package}")
    modules = {module.name for module in pkgutil.iter_modules(face.__path__)}
    assert not modules & set(face.__all__)


@pytest.mark.parametrize("package", LAZY)
def test_an_unknown_name_is_an_attribute_error(package):
    face = importlib.import_module(f"gpu_course.{package}")
    with pytest.raises(AttributeError, match=f"gpu_course.{package}.*abacus"):
        _ = face.abacus


def _modules_after(code: str) -> set[str]:
    code += "; import sys; print(*[m for m in sys.modules if m.startswith('gpu_course')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_showing_a_picture_imports_no_widgets():
    loaded = _modules_after("from gpu_course.display import show")
    assert "gpu_course.display.figures" in loaded
    for unused in ("linked", "scatter", "maps", "scrubber", "divider"):
        assert f"gpu_course.display.{unused}" not in loaded


def test_selecting_a_device_imports_no_record():
    loaded = _modules_after("from gpu_course.devices import use_opencl")
    assert "gpu_course.devices.opencl_device" in loaded
    assert not loaded & {"gpu_course.devices.record", "gpu_course.devices.array_device"}


def test_the_version_is_that_of_the_installation():
    from importlib.metadata import version

    assert gpu_course.__version__ == version("gpu-course")
    with pytest.raises(AttributeError, match="no attribute"):
        _ = gpu_course.abacus
