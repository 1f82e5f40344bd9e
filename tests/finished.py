"""Which tests of a run are over, so that another run can go on where a process died.

A test may die of what others loaded into its process before: compilers, threads, drivers. It then
takes the process along, and with it all that this process had left to do.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

MOMENTS = ("setup", "call", "teardown")


class Notes:
    """A file with a line for every test that is over, and for every process that died.

    Written by the process that hands out the tests, read by ``ci/test.py`` and by the next run.
    """

    def __init__(self, file: Path) -> None:
        self.file = file

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test that is over, and one that failed before; xdist reports deaths otherwise."""
        if report.when == "teardown" or (report.when in MOMENTS and report.failed):
            self._add(test=report.nodeid, failed=report.failed)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str) -> None:
        """Note a test that took its process along."""
        self._add(died=crashitem)

    def _add(self, **line: Any) -> None:
        with self.file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")


def lines(file: Path) -> Iterator[dict[str, Any]]:
    """Read what was noted; nothing where no test is over yet."""
    if file.is_file():
        yield from map(json.loads, file.read_text(encoding="utf-8").splitlines())


def left(items: list[Any], file: Path) -> list[Any]:
    """Return the tests that no earlier run has finished."""
    over = {line["test"] for line in lines(file) if "test" in line}
    return [item for item in items if item.nodeid not in over]
