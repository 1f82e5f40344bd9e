"""No check stops on an answer, whatever its form: it says what is wrong, or scores it."""

import importlib
import itertools
import pkgutil
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from gpu_course import lessons
from gpu_course.exercises import Wrong

SLOW = ("improve-bees", "any-library", "separate-nuclei", "second-look", "split-touching")
"""Their checks take a second or more for an answer that they cannot refuse at sight."""

PARTS = ("classical", "deconvolution", "pixel_classification")

FORMS = {
    "text": lambda: "42",
    "bytes": lambda: b"42",
    "true": lambda: True,
    "whole": lambda: 3,
    "huge": lambda: 10**9,
    "beyond 64 bits": lambda: 10**30,
    "NumPy scalar": lambda: np.float32(3.5),
    "0-d array": lambda: np.array(3),
    "complex": lambda: 3 + 1j,
    "nan": lambda: float("nan"),
    "infinity": lambda: float("inf"),
    "empty list": list,
    "numbers": lambda: [0, 2],
    "three numbers": lambda: (1.0, 2.0, 3.0),
    "three with nan": lambda: (1.0, float("nan"), float("inf")),
    "nothing in a list": lambda: [None, None, None],
    "texts": lambda: ["a", "b", "c"],
    "uneven lists": lambda: [[1, 2], [3]],
    "short pairs": lambda: [(0,), (1, 2, 3)],
    "pairs with a text": lambda: [(0, "a")],
    "pairs with nothing": lambda: [(None, 1.0)],
    "pairs beyond": lambda: [(99, 1.0), (-1, 2.0)],
    "pairs of pairs": lambda: [([0], [[1, 2], [3]])] * 4,
    "pairs of masks": lambda: [(np.ones(240, bool), np.zeros(240, bool))] * 4,
    "pairs of fractions": lambda: [([0.5], [float("nan")])] * 4,
    "slices of arrays": lambda: (slice(np.zeros(2), "b"), slice(None)),
    "one slice": lambda: (slice(0, 5),),
    "no slice": tuple,
    "dictionary": lambda: {0: 1.0},
    "set": lambda: {1, 2},
    "generator": lambda: (number for number in (0, 2)),
    "endless": itertools.count,
    "broken generator": lambda: (1 / number for number in (1, 0)),
    "object": object,
    "class": lambda: int,
    "function": lambda: len,
    "table": lambda: pd.DataFrame({"a": [1, 2]}),
    "column": lambda: pd.Series([1.0, 2.0]),
    "empty array": lambda: np.zeros((0, 3)),
    "array of objects": lambda: np.array([None, "a"], object),
    "array of texts": lambda: np.array(["a", "b"]),
    "dates": lambda: np.array(["2020-01-01"], "datetime64[D]"),
}


def exercises_of_parts():
    """Return all exercises of the parts: the check, and that each n-th answer will do."""
    for part in PARTS:
        package = importlib.import_module(f"{lessons.__name__}.{part}")
        for room in pkgutil.iter_modules(package.__path__):
            name = f"{package.__name__}.{room.name}.checks"
            if find_spec(name):
                for exercise, check in importlib.import_module(name).CHECKS.items():
                    each = 4 if exercise in SLOW else 1
                    yield pytest.param(check, each, id=f"{part}/{room.name}/{exercise}")


@pytest.mark.usefixtures("on_prototype")  # whose memory can be counted
@pytest.mark.parametrize(("check", "each"), list(exercises_of_parts()))
def test_a_check_judges_every_form_of_answer(check, each):
    for form, make in list(FORMS.items())[::each]:
        stopped = ""
        try:
            scored = check.score(lambda *_, make=make, **__: make())
        except Wrong:
            continue
        except Exception as error:  # named with its form, or nobody knows which it was
            stopped = f"{form}: {type(error).__name__}: {error}"
        assert not stopped
        score, hint = scored if isinstance(scored, tuple) else (scored, "")
        assert not score >= check.goal, form
        assert hint or check.hint
        assert np.isfinite(score), form


def shape_of(given):
    """Return the shape of an array; of a library, which has a function of that name, none."""
    shape = getattr(given, "shape", ())
    return () if callable(shape) else tuple(shape)


def like(image):
    """Return arrays of the image's shape that hold anything but what is asked for."""
    shape = image.shape
    yield np.full(shape, np.nan)
    yield np.full(shape, np.inf)
    yield np.full(shape, -1)
    yield np.zeros(shape)
    yield np.ones(shape, bool)
    yield np.ones(shape) * 1j
    yield np.full(shape, "a")
    yield np.full(shape, None)
    yield np.zeros((*shape, 2))
    yield np.full(shape, 7, np.uint8).tolist()


@pytest.mark.usefixtures("on_prototype")  # whose memory can be counted
@pytest.mark.parametrize(("check", "each"), list(exercises_of_parts()))
def test_a_check_judges_arrays_of_the_right_shape_and_wrong_values(check, each):
    for which in range(0, 10, each):

        def answer(*given, which=which, **_):
            arrays = [one for one in given if len(shape_of(one)) > 1]
            if not arrays:
                return which
            return list(like(np.asarray(arrays[0])))[which]

        stopped = ""
        try:
            scored = check.score(answer)
        except Wrong:
            continue
        except Exception as error:
            stopped = f"array {which}: {type(error).__name__}: {error}"
        assert not stopped
        assert not (scored[0] if isinstance(scored, tuple) else scored) >= check.goal
