"""Fixtures shared by all tests."""

import os
import sys
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from gpu_course import devices
from gpu_course.devices import drivers, hardware
from gpu_course.errors import CourseError
from tests import finished, photographs, screens, sharing
from tests.browser import launched

# Before any test imports a library that computes with several threads.
if "PYTEST_XDIST_WORKER_COUNT" in os.environ:
    sharing.share_the_cores(hardware.cores(), int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))

# Before any test imports a library that asks OpenCL for its platforms. Without a driver that works,
# each test that needs one says so itself.
with suppress(CourseError):
    drivers.require()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Answer ``-n auto``."""
    return sharing.processes(hardware.cores(), hardware.ram())


def pytest_addoption(parser: pytest.Parser) -> None:
    """Part the tests that open a window from all others (see ``ci/test.py``), and ask for more."""
    what = "run only the tests that open a window, or all others"
    parser.addoption("--windows", choices=("only", "no"), help=what)
    what = "run chapters with photographs where there are some, or also without them"
    parser.addoption("--photographs", choices=("there", "both"), default="there", help=what)
    what = "note here which tests are over, and leave out those that an earlier run noted"
    parser.addoption("--finished", type=Path, help=what)
    what = "run what the weekly workflow runs, too"
    parser.addoption("--weekly", action="store_true", help=what)


def pytest_configure(config: pytest.Config) -> None:
    """Keep the notes of a run, in the process that hands out the tests."""
    if (file := config.getoption("finished")) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(finished.Notes(file))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even read the files that have nothing to do with windows, where only these count."""
    if config.getoption("windows") != "only" or collection_path.suffix != ".py":
        return None
    return "mark.display" not in collection_path.read_text(encoding="utf-8") or None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest where several processes share the tests."""
    wanted = config.getoption("windows")
    other = [item for item in items if not config.getoption("weekly") and is_marked(item, "weekly")]
    if wanted:
        other += [item for item in items if is_marked(item, "display") != (wanted == "only")]
    if file := config.getoption("finished"):
        to_do = set(finished.left(items, file))
        other += [item for item in items if item not in to_do]
    if other:
        config.hook.pytest_deselected(items=list(dict.fromkeys(other)))
        items[:] = [item for item in items if item not in set(other)]
    if hasattr(config, "workerinput"):
        items[:] = sharing.longest_first(items)


def is_marked(item: pytest.Item, marker: str) -> bool:
    """Return whether a test has a marker, itself or by its file."""
    return item.get_closest_marker(marker) is not None


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Refuse a file that asks for a screen while it is read: each process reads every file."""
    before = screens.named()
    report = yield
    if told := screens.restored(before):
        report.outcome = "failed"
        report.longrepr = f"the file, when it is read, {told}"
    return report


@pytest.fixture(autouse=True)
def same_screen(request: pytest.FixtureRequest) -> Iterator[None]:
    """Refuse a test that changes the screen, but for those whose process keeps to its windows."""
    before = screens.named()
    yield
    if not is_marked(request.node, "display") and (told := screens.restored(before)):
        pytest.fail(f"the test {told}", pytrace=False)


@pytest.fixture(autouse=True)
def same_weights() -> None:
    """Let networks begin with the same weights whichever tests ran before in the same process.

    One network in forty is born dead when it is as small as those of the tests.
    """
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let images come from the folder with the real photographs; skip where it is absent."""
    folder = photographs.folder()
    if folder is None:
        pytest.skip("the real photographs are absent: set GPU_COURSE_MIRROR to a folder of them")
    monkeypatch.setenv("GPU_COURSE_MIRROR", str(folder.resolve()))
    return folder


# Not for the whole session: Playwright keeps an event loop running, which the tests that start
# kernels should not meet.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Give the system's browser to the tests of one module."""
    with launched() as started:
        yield started


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
