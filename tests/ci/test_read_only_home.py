"""A chapter executed where the home folder cannot be written to looks like any other."""

from pathlib import Path

import pytest

from gpu_course.book import chapters, run

BLURRED = """
import time
import numpy as np
from gpu_course import devices
devices.use_opencl()
import pyclesperanto as cle
print(float(np.asarray(cle.gaussian_blur(np.ones((5, 5), "f4"), sigma_x=1, sigma_y=1)).sum()))
time.sleep(1)  # what libraries write themselves arrives later
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="the system has no /proc")
@pytest.mark.parametrize("caches", ["in the home folder", "elsewhere"])
def test_home_that_cannot_be_written_to_puts_no_warning_on_a_page(tmp_path, monkeypatch, caches):
    monkeypatch.setenv("HOME", "/proc")  # where not even an administrator may write
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))  # of this process, not the kernel's
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # with it, kernels keep such warnings to themselves
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if caches == "elsewhere":
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    toy = chapters.parse("part/toy", f"# Toy\n\n```{{code-cell}}{BLURRED}```\n")
    run.execute(toy.notebook, toy.name)
    said = [(one.name, one.text) for one in toy.notebook.cells[-1].outputs]
    assert said == [("stdout", "25.0\n")]
