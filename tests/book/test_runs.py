"""Every chapter runs to its end as a student meets it: untouched, in a fresh kernel, at `small`.

Those that show photographs are a file of their own, `test_runs_with_photographs.py`, so that two
processes can share the notebooks.
"""

import pytest

from tests.book.student_runs import WITH_CODE, run_without_photographs, shows_photographs

pytestmark = pytest.mark.chapter


@pytest.mark.parametrize("name", [name for name in WITH_CODE if not shows_photographs(name)])
def test_student_notebook_runs_without_network(name, tmp_path):
    run_without_photographs(name, tmp_path)


def test_some_chapter_shows_photographs():
    assert any(map(shows_photographs, WITH_CODE))
