"""A machine without an OpenCL driver that works: whoever is asked answers with one sentence."""

import json
import os
import subprocess
import sys

import pytest

from gpu_course.devices import no_opencl

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="hides the drivers of Linux")

ASKED = """
import contextlib, io, json, sys
from gpu_course import cle, cli, devices, exercises
from gpu_course.doctor.child import ask
from gpu_course.errors import CourseError

def blurred(image):
    return devices.to_numpy(cle.gaussian_blur(image, sigma_x=1, sigma_y=1))

said = {}
try:
    devices.use_opencl()
except CourseError as error:
    said["use_opencl"] = str(error)
check = ask("opencl", "OpenCL")
said["doctor"] = f"{check.what} {check.cure}"
said["exercise"] = exercises.check("classical/segmentation/separate-nuclei", blurred).message
sys.argv[1:] = ["run", "classical/segmentation", "--size", "small"]
with contextlib.redirect_stderr(io.StringIO()) as stream, contextlib.suppress(SystemExit):
    cli.main()
said["command line"] = stream.getvalue()
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """Ask in a process that sees no driver; return what was answered, by who was asked."""
    folder = tmp_path_factory.mktemp("nothing")
    # PyOpenCL adds the PoCL of its wheel to what the first variable names.
    hidden = {"OCL_ICD_VENDORS": str(folder), "POCL_DEVICES": "none"}
    done = subprocess.run(
        [sys.executable, "-c", ASKED],
        cwd=folder,
        env={**os.environ, **hidden, "GPU_COURSE_CACHE": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("who", ["use_opencl", "doctor", "exercise", "command line"])
def test_cause_and_cure_are_told_once(said, who):
    assert said[who].count("OpenCL finds no device on this machine. ") == 1, said[who]
    assert said[who].count(no_opencl.cure()) == 1, said[who]
    assert "Traceback" not in said[who]


def test_an_exercise_does_not_blame_the_function(said):
    assert "This says nothing about your function." in said["exercise"]


def test_the_command_line_names_the_chapter_and_ends_its_sentences_once(said):
    assert "classical/segmentation: the cell that begins" in said["command line"]
    assert ".." not in said["command line"]
