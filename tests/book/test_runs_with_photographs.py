"""Every chapter that shows real photographs runs in a fresh kernel, at `small`.

With the photographs where there are any, without them where there are none: a machine meets one of
the two, and each takes minutes. ``--photographs=both`` asks for both.
"""

import pytest

from tests.book.student_runs import (
    WITH_CODE,
    check_outputs,
    files_of,
    outputs_of,
    run_without_photographs,
    shows_photographs,
    text_of,
)
from tests.photographs import folder

pytestmark = pytest.mark.chapter

SHOWING = [name for name in WITH_CODE if shows_photographs(name)]
QUICK = {"start/images"}
"""Both ways of these take seconds."""


def has_some(name):
    return folder() is not None and any((folder() / file).is_file() for file in files_of(name))


@pytest.mark.parametrize("name", SHOWING)
def test_student_notebook_runs_with_the_photographs(name, tmp_path):
    if not has_some(name):
        pytest.skip("there is no photograph of this chapter: it runs without")
    shown = outputs_of(name, tmp_path, folder().resolve())
    check_outputs(name, shown)
    left_out = [line for line in text_of(shown).splitlines() if "GPU_COURSE_MIRROR" in line]
    # A mirror of the photographs need not hold the cells of scikit-image.
    assert all("cells3d" in line for line in left_out)


@pytest.mark.parametrize("name", SHOWING)
def test_student_notebook_runs_without_network_and_photographs(name, tmp_path, pytestconfig):
    both = pytestconfig.getoption("photographs") == "both" or name in QUICK
    if has_some(name) and not both:
        pytest.skip("it runs with the photographs; --photographs=both asks for both")
    run_without_photographs(name, tmp_path)
