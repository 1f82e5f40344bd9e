"""The faces of deep learning: a map of all modules, and names that load only what they need."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

FACES = ["gpu_course.deep_learning", "gpu_course.deep_learning.stardist"]


@pytest.mark.parametrize("package", FACES)
def test_the_map_names_every_module(package):
    face = importlib.import_module(package)
    modules = [module.name for module in pkgutil.iter_modules(face.__path__)]
    assert [name for name in modules if f"`{name}`" not in face.__doc__] == []


@pytest.mark.parametrize("package", FACES)
def test_public_names_resolve_and_none_is_that_of_a_module(package):
    face = importlib.import_module(package)
    assert all(callable(getattr(face, name)) for name in face.__all__)
    assert not {module.name for module in pkgutil.iter_modules(face.__path__)} & set(face.__all__)


def test_the_network_brings_no_training_loop_along():
    code = "from gpu_course.deep_learning import UNet; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "gpu_course.deep_learning.unet" in loaded
    assert not loaded & {"gpu_course.deep_learning.training", "gpu_course.deep_learning.stardist"}
