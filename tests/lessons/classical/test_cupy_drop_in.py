import array_api_compat
import numpy as np
import pytest

from gpu_course import exercises
from gpu_course.devices import array_libraries
from gpu_course.lessons.classical.cupy_drop_in import solutions

NAME = "classical/cupy-drop-in/any-library"
IMAGE = np.random.default_rng(0).integers(0, 256, (12, 17), dtype=np.uint8)


@pytest.mark.parametrize("library", array_libraries.libraries())
def test_arrays_go_into_each_library_and_come_back(library):
    put = array_libraries.libraries()[library]
    np.testing.assert_array_equal(array_libraries.back(put(IMAGE)), IMAGE)


@pytest.mark.parametrize("library", array_libraries.libraries())
def test_libraries_get_copies(library):
    image = IMAGE.copy()
    inside = array_libraries.libraries()[library](image)
    image[...] = 0
    np.testing.assert_array_equal(array_libraries.back(inside), IMAGE)


def test_pretended_device_cannot_be_read_by_numpy():
    pytest.importorskip("array_api_strict")
    with pytest.raises(RuntimeError, match="device"):
        np.asarray(array_libraries.libraries()["strict"](IMAGE))


def test_errors_are_printed_beside_results_and_not_raised(capsys):
    def only_numpy(array):
        if isinstance(array, np.ndarray):
            return "fine"
        raise ValueError("not here\nsecond line")

    solutions.on_each(only_numpy, IMAGE)
    printed = capsys.readouterr().out
    assert "NumPy    fine" in printed
    assert printed.count("ValueError: not here\n") == len(array_libraries.libraries()) - 1


def test_outcomes_are_one_short_line_each(capsys):
    solutions.on_each(lambda a: (a, a), np.array([1, 2], np.float32))
    solutions.on_each(lambda a: "x" * 500, IMAGE)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 * len(array_libraries.libraries())
    assert max(map(len, lines)) <= 100
    assert not any("device1" in line for line in lines)


@pytest.mark.parametrize("library", array_libraries.libraries())
def test_flatten_stays_in_its_library_and_takes_row_means_out(library):
    striped = IMAGE + 50.0 * np.arange(12, dtype=np.float32)[:, None]
    given = array_libraries.libraries()[library](striped.astype(np.float32))
    flat = solutions.flatten(given)
    assert type(flat) is type(given)
    values = array_libraries.back(flat)
    assert values.dtype == np.float32
    assert (values.min(), values.max()) == (0, 1)
    np.testing.assert_allclose(values, solutions.flatten(IMAGE), atol=1e-5)


def still_numpy(image):
    flat = image.astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    flat[flat < 0] = 0
    return flat / np.max(flat)


def through_numpy(image):
    return solutions.flatten(array_libraries.back(image))


def in_place(image):
    xp = array_api_compat.array_namespace(image)
    flat = xp.astype(image, xp.float32, copy=False)
    flat -= xp.mean(flat, axis=1, keepdims=True)
    flat = xp.clip(flat, 0, None)
    return flat / xp.max(flat)


def column_means(image):
    xp = array_api_compat.array_namespace(image)
    flat = xp.astype(image, xp.float32)
    flat = xp.clip(flat - xp.mean(flat, axis=0, keepdims=True), 0, None)
    return flat / xp.max(flat)


def in_double_precision(image):
    xp = array_api_compat.array_namespace(image)
    flat = xp.astype(image, xp.float64)
    flat = xp.clip(flat - xp.mean(flat, axis=1, keepdims=True), 0, None)
    return flat / xp.max(flat)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (still_numpy, "it stopped"),
        (through_numpy, "NumPy's own"),
        (in_place, "changed the image"),
        (column_means, "values"),
        (in_double_precision, "float32"),
    ],
)
def test_check_names_the_mistake(wrong, says):
    pytest.importorskip("array_api_strict")
    result = exercises.check(NAME, wrong)
    assert not result.solved
    assert says in result.message
