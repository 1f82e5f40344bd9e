"""Every chapter runs to its end as a student meets it: untouched, in a fresh kernel, at `small`.

The runs with the photographs are a file of their own, `test_runs_with_photographs.py`, so that two
processes can share the notebooks.
"""

import pytest

from tests.book.student_runs import (
    WITH_CODE,
    check_outputs,
    outputs_of,
    shows_photographs,
    text_of,
)

pytestmark = pytest.mark.chapter


@pytest.mark.parametrize("name", WITH_CODE)
def test_student_notebook_runs_without_network_and_photographs(name, tmp_path):
    mirror = tmp_path / "empty"
    mirror.mkdir()
    shown = outputs_of(name, tmp_path, mirror)
    check_outputs(name, shown)
    # The reader is told what is left out and how to get it.
    told = "GPU_COURSE_MIRROR" in text_of(shown)
    assert told == shows_photographs(name)


def test_some_chapter_shows_photographs():
    assert any(map(shows_photographs, WITH_CODE))
