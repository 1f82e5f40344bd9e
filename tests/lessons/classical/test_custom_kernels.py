import os
import warnings

import numpy as np
import pytest
from scipy import ndimage

from gpu_course import devices, exercises
from gpu_course.lessons.classical.custom_kernels import checks, compiler, kernel_process, solutions

THRESHOLD = "classical/custom-kernels/local-threshold"
MEDIAN = "classical/custom-kernels/median"

DOUBLE = """
__kernel void twice(IMAGE_src_TYPE src, IMAGE_dst_TYPE dst)
{
    const int here = get_global_id(1) * GET_IMAGE_WIDTH(src) + get_global_id(0);
    dst[here] = 2 * src[here];
}
"""


@pytest.fixture(scope="module")
def cle():
    from gpu_course import cle

    devices.use_opencl()
    return cle


def run(cle, source):
    """Run the kernel `twice` and return its messages and its result, -1 where none was."""
    src = cle.push(np.arange(6, dtype=np.float32).reshape(2, 3))
    dst = cle.push(np.full((2, 3), -1, dtype=np.float32))
    file = compiler.save(source, "twice")
    with compiler.compiler_messages(file) as messages:
        cle.execute(
            kernel_source=file,
            kernel_name="twice",
            global_size=dst.shape,
            parameters={"src": src, "dst": dst},
        )
    return messages, cle.pull(dst)


def test_clean_kernel_runs_and_nothing_is_said_of_clesperantos_own_lines(cle, capfd):
    messages, result = run(cle, DOUBLE)
    assert messages == []
    np.testing.assert_array_equal(result, [[0, 2, 4], [6, 8, 10]])
    out, err = capfd.readouterr()
    assert "nothing to say" in out
    assert err == ""


def test_warning_is_shown_with_the_line_one_sees_also_the_second_time(cle, capsys, monkeypatch):
    pytest.importorskip("pyclesperanto_prototype")
    monkeypatch.setenv("GPU_COURSE_CLESPERANTO", "prototype")  # the one that hands warnings on
    if not devices.use_opencl().driver.startswith("PoCL"):
        pytest.skip("PoCL's compiler is known to warn of this")
    source = DOUBLE.replace("dst[here] = 2 *", "const int two = 2.5; dst[here] = two *")
    for _ in range(2):
        messages, result = run(cle, source)
        assert [message.split(": ")[:2] for message in messages] == [["twice, line 4", "warning"]]
        assert result[1, 2] == 10
    assert "line 4: warning" in capsys.readouterr().out


def test_error_is_printed_and_not_raised_and_nothing_ran(cle, capfd):
    messages, result = run(cle, DOUBLE.replace("dst[here] = 2", "dst[there] = 2"))
    assert any("line 4: error" in message and "there" in message for message in messages)
    assert (result == -1).all()
    out, err = capfd.readouterr()
    assert "not compiled" in out
    assert err == ""


def test_other_errors_pass_through(cle):
    with pytest.raises(ZeroDivisionError), compiler.compiler_messages("x.cl"):
        1 / 0  # noqa: B018


def test_environment_and_warnings_are_as_before(cle):
    before, filters = dict(os.environ), list(warnings.filters)
    run(cle, DOUBLE.replace("2 *", "two *"))
    assert dict(os.environ) == before
    assert list(warnings.filters) == filters


@pytest.mark.parametrize(
    "log",
    [
        "error: gamma.cl:6:25 <Spelling=gamma.cl:6:45>: use of x",
        "gamma.cl:6:25: error: use of x",
        "In file included from <built-in>:1:\ngamma.cl:6:25: fatal error: use of x\n    x\n    ^",
    ],
)
def test_messages_of_all_drivers_become_one_form(log):
    log = f"warning: tempfile.cl:27:26: not yours\n{log}\n{log}"
    assert compiler.concerning(log, "gamma") == ["gamma, line 6: error: use of x"]


def altered(source, *replacements):
    for old, new in replacements:
        assert old in source
        source = source.replace(old, new)
    return lambda: source


@pytest.mark.parametrize(
    ("replacements", "says"),
    [
        ([("mean + offset", "mean")], "forgot the offset"),
        ([("mean + offset", "mean + 3")], "as they are given"),
        ([("-radius", "-4"), ("<= radius", "<= 4"), ("2 * radius", "2 * 4")], "as they are given"),
        ([("const float mean", "const int mean")], "with float"),
        ([("value > mean", "value < mean")], "wrong way round"),
        ([("CONVERT_dst_PIXEL_TYPE(bright)", "value")], "should hold 1"),
        ([("float sum = 0", "float sum = O")], "line 8: error"),
        ([("local_threshold(", "threshold(")], "no kernel named"),
    ],
)
def test_threshold_check_names_the_mistake(replacements, says):
    wrong = altered(solutions.local_threshold_kernel(), *replacements)
    result = exercises.check(THRESHOLD, wrong)
    assert not result.solved
    assert says in result.message


@pytest.mark.parametrize(
    ("replacements", "says"),
    [
        ([("last >= 4", "last > 8")], "sort the nine"),
        ([("values[i + 1] = fmax(values[i], values[i + 1]);", "")], ""),
        ([("    float val", "    if (x == 0 || y == 0) return;\n    float val")], "border"),
    ],
)
def test_median_check_names_the_mistake(replacements, says):
    result = exercises.check(MEDIAN, altered(solutions.median_kernel(), *replacements))
    assert not result.solved
    assert says in result.message


def test_check_tells_a_mean_from_a_median():
    mean = altered(
        solutions.median_kernel(),
        ("float values[9];", "float values[9], sum = 0;"),
        ("place).x;", "place).x, sum += values[i];"),
        ("PIXEL_TYPE(values[4])", "PIXEL_TYPE(sum / 9)"),
    )
    assert "That is the mean" in exercises.check(MEDIAN, mean).message


@pytest.mark.parametrize("shape", [(1, 1), (2, 5), (61, 77)])
def test_median_equals_scipy_also_with_equal_values(shape):
    image = np.random.default_rng(1).integers(0, 9, shape).astype(np.float32)
    found = kernel_process.run(solutions.median_kernel(), "median_3x3", image)
    np.testing.assert_array_equal(found, ndimage.median_filter(image, 3, mode="nearest"))


def test_check_survives_a_kernel_that_kills_its_process():
    far = altered(
        solutions.median_kernel(),
        ("    WRITE_dst", "    dst[x + 400000000000L] = values[4];\n    WRITE_dst"),
    )
    result = exercises.check(MEDIAN, far)
    assert result.state == "wrong"
    assert "Your kernel ended its process (SIG" in result.message
    assert "outside an array" in result.message


def test_course_kernel_is_run_once_for_many_checks(monkeypatch):
    runs = []

    def counted(source, name, image, **others):
        runs.append(name)
        return ndimage.median_filter(image, 3, mode="nearest")

    checks._in_child.cache_clear()
    monkeypatch.setattr(kernel_process, "run", counted)
    for end in ("", " ", "  "):
        own = altered(solutions.median_kernel(), ("}", "}" + end))
        assert exercises.check(MEDIAN, own).solved
    checks._in_child.cache_clear()
    assert len(runs) == 3  # the first of the three is the course's own
