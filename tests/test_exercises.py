import sys
import types

import pytest

from gpu_course import exercises
from gpu_course.errors import CourseError
from gpu_course.exercises import Check, Wrong


@pytest.fixture
def doubling(monkeypatch):
    """Return the log of an exercise “double the number”, judged by closeness to 42."""
    calls = []

    def score(function):
        answer = function(21)
        calls.append(answer)
        if not isinstance(answer, int | float):
            raise Wrong("Return a number.")
        hint = "That is half of it: multiply by two." if answer == 21 else ""
        return 1 - abs(42 - answer) / 42, hint

    def solution():
        calls.append("solution imported")
        return lambda number: 2 * number

    module = types.ModuleType("gpu_course.fake.exercises.numbers")
    module.CHECKS = {"double": Check("closeness", score, solution, goal=0.9, hint="Try again.")}
    for name in ("gpu_course.fake", "gpu_course.fake.exercises"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return calls


def test_right_answer_is_solved_and_judged_before_the_solution(doubling):
    result = exercises.check("fake/numbers/double", lambda number: number + number)
    assert result.solved
    assert (result.score, result.course_score) == (1.0, 1.0)
    assert doubling == [42, "solution imported", 42]


@pytest.mark.parametrize("stub", [lambda number: None, lambda number: ...])
def test_stub_is_not_solved_yet_and_runs_no_solution(doubling, stub):
    result = exercises.check("fake/numbers/double", stub)
    assert result.state == "not solved yet"
    assert "solution imported" not in doubling


def test_answer_below_the_goal_shows_its_own_hint(doubling):
    result = exercises.check("fake/numbers/double", lambda number: number)
    assert result.state == "below the goal"
    assert "multiply by two" in result.message
    assert "yours 0.500" in str(result)


def test_answer_below_the_goal_without_hint_shows_the_general_one(doubling):
    assert exercises.check("fake/numbers/double", lambda number: 0).message == "Try again."


def test_answer_of_the_wrong_kind_says_so(doubling):
    assert exercises.check("fake/numbers/double", lambda number: "42").message == "Return a number."
    assert exercises.check("fake/numbers/double", 42).state == "wrong"


def test_exception_is_reported_with_the_students_line_and_not_raised(doubling):
    def broken(number):
        return number / 0

    result = exercises.check("fake/numbers/double", broken)
    assert result.state == "wrong"
    assert "ZeroDivisionError" in result.message
    assert "return number / 0" in result.details


def test_box_escapes_what_the_student_wrote(doubling):
    def broken(number):
        raise ValueError("<script>")

    html = exercises.check("fake/numbers/double", broken)._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize("name", ["fake/numbers/triple", "no/such/exercise", "short"])
def test_unknown_exercise_is_one_clear_sentence(doubling, name):
    with pytest.raises(CourseError, match="There is no exercise"):
        exercises.check(name, abs)
