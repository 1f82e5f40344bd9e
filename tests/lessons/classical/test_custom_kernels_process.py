import json
import os
import sys

import numpy as np
import pytest

from gpu_course.errors import CourseError, MachineError
from gpu_course.lessons.classical.custom_kernels import kernel_process

IMAGE = np.arange(12, dtype=np.float32).reshape(3, 4)


def kernel(line, head=""):
    return f"""
__kernel void task(IMAGE_src_TYPE src, IMAGE_dst_TYPE dst{head})
{{
    const int here = get_global_id(1) * GET_IMAGE_WIDTH(src) + get_global_id(0);
    {line}
}}
"""


def test_result_comes_back_with_parameters_in_order():
    source = kernel("dst[here] = a * src[here] + b;", ", const int a, const float b")
    found = kernel_process.run(source, "task", IMAGE, a=2, b=0.5)
    np.testing.assert_array_equal(found, 2 * IMAGE + 0.5)


def test_untouched_pixels_are_marked():
    found = kernel_process.run(kernel("if (here > 5) dst[here] = src[here];"), "task", IMAGE)
    np.testing.assert_array_equal(found.ravel()[:6], kernel_process.UNTOUCHED)
    np.testing.assert_array_equal(found.ravel()[6:], IMAGE.ravel()[6:])


def test_error_shows_the_students_line_and_text():
    with pytest.raises(CourseError, match=r"does not compile.*task, line 4: error.*there"):
        kernel_process.run(kernel("dst[there] = 1;"), "task", IMAGE)


def test_another_head_is_named():
    with pytest.raises(CourseError, match="head"):
        kernel_process.run(kernel("dst[here] = a;", ", const int a"), "task", IMAGE)


def test_kernel_without_end_is_stopped():
    source = kernel("volatile int go = 1; while (go) {} dst[here] = 1;")
    with pytest.raises(CourseError, match="did not end within 3 seconds"):
        kernel_process.run(source, "task", IMAGE, limit=3)


def test_kernel_that_ends_its_process_is_the_students():
    source = kernel("dst[here + 400000000000L] = 1;")
    with pytest.raises(CourseError, match=r"Your kernel ended its process \(SIG(SEGV|BUS)\)"):
        kernel_process.run(source, "task", IMAGE)


def test_missing_device_is_not_the_students(monkeypatch):
    monkeypatch.setenv("GPU_COURSE_DEVICE", "no such device")
    with pytest.raises(MachineError, match=r"kernel is not the reason.*no such device.*doctor"):
        kernel_process.run(kernel("dst[here] = 1;"), "task", IMAGE)


def answer(folder):
    """Do the child's work here and return its answer."""
    np.save(folder / "image.npy", IMAGE)
    request = {
        "source": kernel("!"),
        "name": "task",
        "device": None,
        "parameters": {},
        "options": "",
    }
    (folder / "request.json").write_text(json.dumps(request))
    kernel_process.serve(folder)
    return json.loads((folder / "answer.json").read_text())["fault"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("value + 1", "worth + 1"), "a kernel known to be right fails, too"),
        (("value + 1", "value + 2"), "gives a wrong result"),
    ],
)
def test_compiler_that_fails_at_anything_is_not_the_students(tmp_path, monkeypatch, change, says):
    monkeypatch.setattr(kernel_process, "KNOWN_GOOD", kernel_process.KNOWN_GOOD.replace(*change))
    fault = answer(tmp_path)
    assert "Your kernel is not the reason" in fault
    assert says in fault
    assert not (tmp_path / "ready").exists()


def test_known_good_kernel_leaves_the_fault_to_the_student(tmp_path):
    assert answer(tmp_path).startswith("It does not compile.")
    assert (tmp_path / "ready").exists()


def child(code):
    return lambda folder: [sys.executable, "-c", code, str(folder)]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
def test_driver_that_dies_before_the_kernel_is_not_the_students(monkeypatch):
    code = (
        "import os, signal; print('LLVM ERROR', flush=True); os.kill(os.getpid(), signal.SIGABRT)"
    )
    monkeypatch.setattr(kernel_process, "_command", child(code))
    with pytest.raises(MachineError, match=r"not the reason.*\(SIGABRT\)\. LLVM ERROR"):
        kernel_process.run(kernel("dst[here] = 1;"), "task", IMAGE)


def test_driver_that_never_starts_is_stopped_and_not_the_students(monkeypatch):
    monkeypatch.setattr(kernel_process, "_command", child("import time; time.sleep(60)"))
    monkeypatch.setattr(kernel_process, "START_LIMIT", 0.5)
    with pytest.raises(MachineError, match=r"not the reason.*took too long"):
        kernel_process.run(kernel("dst[here] = 1;"), "task", IMAGE)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
def test_division_by_zero_is_told_from_an_index(monkeypatch):
    code = (
        "import os, pathlib, signal, sys; pathlib.Path(sys.argv[1], 'ready').touch();"
        "os.kill(os.getpid(), signal.SIGFPE)"
    )
    monkeypatch.setattr(kernel_process, "_command", child(code))
    with pytest.raises(CourseError, match=r"\(SIGFPE\)\. It divided a whole number by zero"):
        kernel_process.run(kernel("dst[here] = 1;"), "task", IMAGE)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
def test_crash_of_the_optimised_kernel_alone_casts_doubt_on_the_compiler(monkeypatch):
    # Stands for a compiler's fault: it crashes unless the request asks for no optimisation.
    code = (
        "import json, os, pathlib, signal, sys; at = pathlib.Path(sys.argv[1]);"
        "from gpu_course.lessons.classical.custom_kernels import kernel_process;"
        "kernel_process.serve(at) if json.loads((at / 'request.json').read_text())['options'] else"
        " ((at / 'ready').touch(), os.kill(os.getpid(), signal.SIGSEGV))"
    )
    monkeypatch.setattr(kernel_process, "_command", child(code))
    with pytest.raises(CourseError, match=r"\(SIGSEGV\)\. Compiled without optimisation"):
        kernel_process.run(kernel("dst[here] = 1;"), "task", IMAGE)
