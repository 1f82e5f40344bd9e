"""Every chapter that shows real photographs runs with them, too, in a fresh kernel, at `small`."""

import pytest

from tests.book.student_runs import (
    WITH_CODE,
    check_outputs,
    files_of,
    outputs_of,
    shows_photographs,
    text_of,
)

pytestmark = pytest.mark.chapter


@pytest.mark.parametrize("name", list(filter(shows_photographs, WITH_CODE)))
def test_student_notebook_runs_with_the_photographs(name, mirror, tmp_path):
    if not any((mirror / file).is_file() for file in files_of(name)):
        pytest.skip(
            "this mirror holds no photograph of the chapter, so the run would be the other's"
        )
    shown = outputs_of(name, tmp_path, mirror.resolve())
    check_outputs(name, shown)
    left_out = [line for line in text_of(shown).splitlines() if "GPU_COURSE_MIRROR" in line]
    # A mirror of the photographs need not hold the cells of scikit-image.
    assert all("cells3d" in line for line in left_out)
