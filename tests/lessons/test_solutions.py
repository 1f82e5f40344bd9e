"""Every exercise is solved by the course's own solution, and knows a stub."""

import importlib
import pkgutil
from importlib.util import find_spec

import pytest

from gpu_course import exercises, lessons
from tests.one_thread import one_thread

__all__ = ["one_thread"]

BY_THEMSELVES = {
    "deep-learning/gpu-memory/largest-patch",
    "pixel-classification/exercise/second-look",
}
"""Take so long that the tests of their chapter run them once, for all that they ask."""


def names():
    """Return the names of all exercises, as chapters write them."""
    for part in pkgutil.iter_modules(lessons.__path__):
        package = importlib.import_module(f"{lessons.__name__}.{part.name}")
        for room in pkgutil.iter_modules(package.__path__):
            module = f"{package.__name__}.{room.name}.checks"
            if find_spec(module):
                chapter = f"{part.name}/{room.name}".replace("_", "-")
                yield from (f"{chapter}/{e}" for e in importlib.import_module(module).CHECKS)


def counts_memory(name):
    """Return whether an exercise needs clesperanto's prototype, whose memory can be counted."""
    return "/memory-and-tiles/" in name


def stub(*_, **__): ...


# All that come after one that counts compute with the prototype, too.
@pytest.mark.parametrize(
    "name", sorted({*names()} - BY_THEMSELVES, key=lambda name: (counts_memory(name), name))
)
def test_the_solution_solves_it_and_the_stub_is_not_solved_yet(name, request):
    if counts_memory(name):
        request.getfixturevalue("on_prototype")
    result = exercises.check(name, exercises.course_solution(name))
    if result.state == "could not run here":
        pytest.skip(result.message)
    assert result.solved, str(result)
    assert result.score == pytest.approx(result.course_score)
    assert exercises.check(name, stub).state == "not solved yet"
