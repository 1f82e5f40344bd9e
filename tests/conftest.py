"""Fixtures shared by all tests."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from gpu_course import devices
from gpu_course.devices import drivers
from gpu_course.errors import CourseError
from tests.browser import launched

# Before any test imports a library that asks OpenCL for its platforms. Without a driver that works,
# each test that needs one says so itself.
with suppress(CourseError):
    drivers.require()


# What takes longest begins first, so that no process is left with it while the others are done.
LONGEST = ("install", "chapter", "browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests must stay together when several processes share them (see `ci/tests.py`).

    A file does, for the sake of what its tests share. A notebook that is run, and a page that is
    opened, share nothing with the next one.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    for item in items:
        group = item.location[0]
        if item.get_closest_marker("chapter"):
            group = item.nodeid
        elif "opened" in getattr(item, "fixturenames", ()):
            group += f"[{item.callspec.params['opened']}]"
        item.add_marker(pytest.mark.xdist_group(group))

    def rank(item: pytest.Item) -> int:
        marks = [item.get_closest_marker(name) is not None for name in LONGEST]
        return marks.index(True) if True in marks else len(LONGEST)

    items.sort(key=rank)


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
