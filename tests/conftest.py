"""Fixtures shared by all tests."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from gpu_course import devices
from gpu_course.devices import drivers
from gpu_course.errors import CourseError
from tests.browser import launched

# Before any test imports a library that asks OpenCL for its platforms. Without a driver that works,
# each test that needs one says so itself.
with suppress(CourseError):
    drivers.require()


# The same cases every time, and few of them; --hypothesis-profile=long looks for new ones.
calm = {"deadline": None, "suppress_health_check": list(HealthCheck)}
settings.register_profile("short", max_examples=40, derandomize=True, **calm)
settings.register_profile("long", max_examples=2000, **calm)
settings.load_profile("short")


@pytest.fixture
def mirror() -> Path:
    """Return the folder with the real photographs, or skip where it is absent."""
    named = os.environ.get("GPU_COURSE_MIRROR", "")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not (folder / "registry.csv").is_file():
        pytest.skip("the real photographs are absent: set GPU_COURSE_MIRROR to a folder of them")
    return folder


# Not for the whole session: Playwright keeps an event loop running, which the tests that start
# kernels should not meet.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Give the system's browser to the tests of one module."""
    yield from launched()


@pytest.fixture
def device() -> devices.Device:
    """Compute on clesperanto's device, and give its description; skip where there is none."""
    try:
        return devices.use_opencl()
    except CourseError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def on_prototype() -> Iterator[Any]:
    """Compute with clesperanto's prototype, whose memory can be counted, and give the library."""
    library = pytest.importorskip("pyclesperanto_prototype")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GPU_COURSE_CLESPERANTO", "prototype")
        devices.use_opencl()
        yield library
