"""The zoo's own library runs a package and finds it right: in its newest version, once a week."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.model_zoo.conftest import python
from tests.test_installed import pip

pytestmark = [pytest.mark.weekly, pytest.mark.install]

# Every format of weights, several sizes and batches; what it answers is for people to read.
CODE = """
import json
from importlib.metadata import version
from bioimageio.core import test_model

summary = test_model({path!r}, devices=["cpu"], determinism="full")
told = [[d.name, d.status, [e.msg for e in d.errors]] for d in summary.details]
names = ("bioimageio.core", "bioimageio.spec", "torch", "pydantic")
versions = {{name: version(name) for name in names}}
print(json.dumps([summary.status, told, versions]))
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    """Return the Python of an environment that has the zoo's library, with what it asks for.

    PyTorch is gigabytes, so that of the running environment is looked up there, after the
    packages of the new one: what the library pins comes in its own version.
    """
    folder = tmp_path_factory.mktemp("library")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    program = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    # Pydantic 2.14 refuses what bioimageio.spec does up to 0.5.12, which bioimageio.core 0.11 pins.
    wanted = ("bioimageio.core", "pydantic<2.14")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONPATH", raising=False)  # pip takes what lies there for installed
        pip(program, "install", "--quiet", "--only-binary=:all:", *wanted)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    place = subprocess.run([program, "-c", where], capture_output=True, text=True, check=True)
    borrowed = Path(torch.__file__).resolve().parents[1]
    (Path(place.stdout.strip()) / "borrowed.pth").write_text(f"{borrowed}\n", encoding="utf-8")
    return program


def test_it_passes_and_needs_no_network(package, library, tmp_path):
    done = python(
        library,
        CODE.format(path=str(package.path)),
        BIOIMAGEIO_CACHE_PATH=str(tmp_path),
        PYTHONPATH="",
        PYTHONNOUSERSITE="1",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    status, told, versions = json.loads(done.stdout.splitlines()[-1])
    print(versions, *told, sep="\n")
    assert [name for name, state, errors in told if state == "failed" or errors] == []
    assert status == "passed"
    # Both formats gave the output again, and took other sizes and batches.
    names = " ".join(name for name, _, _ in told)
    for weights in ("pytorch_state_dict", "torchscript"):
        assert f"Reproduce test outputs from test inputs ({weights})" in names
        assert f"Run {weights} inference for inputs with batch_size: 2" in names
