import sys
import types

import numpy as np
import pytest

from gpu_course import exercises
from gpu_course.devices import faults
from gpu_course.errors import CourseError, MachineError
from gpu_course.exercise_result import Result
from gpu_course.exercises import Check, Wrong

ROOM = "gpu_course.lessons.fake.numbers"


def closeness(calls):
    """Return a score of “double the number” that logs its answers: closeness to 42."""

    def score(function):
        answer = function(21)
        calls.append(answer)
        if not isinstance(answer, int | float):
            raise Wrong("Return a number.")
        hint = "That is half of it: multiply by two." if answer == 21 else ""
        return 1 - abs(42 - answer) / 42, hint

    return score


@pytest.fixture
def room(monkeypatch):
    """Return the modules `checks` and `solutions` of a chapter without checks."""
    checks, solutions = (types.ModuleType(f"{ROOM}.{name}") for name in ("checks", "solutions"))
    checks.CHECKS = {}
    package = types.ModuleType(ROOM)
    package.checks, package.solutions = checks, solutions
    for module in (types.ModuleType(ROOM.rpartition(".")[0]), package, checks, solutions):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return package


@pytest.fixture
def doubling(room):
    """Return the log of an exercise “double the number”."""
    calls = []

    def double_it(number):
        calls.append("solution entered")
        return 2 * number

    room.solutions.double_it = double_it
    room.checks.CHECKS["double-it"] = Check(
        metric="closeness", score=closeness(calls), goal=0.9, hint="Try again."
    )
    return calls


def judged_by(room, score):
    """Return what `check` finds on a right function that the given score judges."""
    room.solutions.task = double
    room.checks.CHECKS["task"] = Check(metric="m", score=score, goal=0.9, hint="")
    return exercises.check("fake/numbers/task", double)


def double(number):
    return 2 * number


def test_right_answer_is_solved_and_judged_before_the_solution(doubling):
    result = exercises.check("fake/numbers/double-it", lambda number: number + number)
    assert result.solved
    assert (result.score, result.course_score) == (1.0, 1.0)
    assert doubling == [42, "solution entered", 42]


@pytest.mark.parametrize("stub", [lambda number: None, lambda number: ...], ids=["None", "…"])
def test_stub_is_not_solved_yet_and_runs_no_solution(doubling, stub):
    result = exercises.check("fake/numbers/double-it", stub)
    assert result.state == "not solved yet"
    assert "solution entered" not in doubling


def test_a_case_without_an_answer_is_named_wherever_it_comes(room):
    def score(function):
        right = [function(number, "text", np.zeros((2, 3))) == number for number in (1, 2, 3)]
        return sum(right) / 3

    room.solutions.task = lambda number, *_: number
    room.checks.CHECKS["task"] = Check(metric="m", score=score, goal=1, hint="")
    for missing in (2, 3):
        result = exercises.check(
            "fake/numbers/task",
            lambda number, *_, missing=missing: None if number == missing else number,
        )
        assert (result.state, result.message) == (
            "wrong",
            f"Your function returned something before, but nothing when it was given {missing}, "
            "the text “text”, ndarray of shape (2, 3). Let every way through it end in a `return`.",
        )
    nothing = exercises.check("fake/numbers/task", lambda *_: None)
    assert nothing.state == "not solved yet"
    assert nothing.message.startswith("Your function returned nothing. Write your code")


def test_answer_below_the_goal_shows_its_own_hint(doubling):
    result = exercises.check("fake/numbers/double-it", lambda number: number)
    assert result.state == "below the goal"
    assert "multiply by two" in result.message
    assert "yours 0.500" in str(result)


def test_answer_below_the_goal_without_hint_shows_the_general_one(doubling):
    assert exercises.check("fake/numbers/double-it", lambda number: 0).message == "Try again."


def test_answer_of_the_wrong_kind_says_so(doubling):
    result = exercises.check("fake/numbers/double-it", lambda number: "42")
    assert (result.state, result.message) == ("wrong", "Return a number.")
    assert exercises.check("fake/numbers/double-it", 42).state == "wrong"


def test_exception_is_reported_with_the_students_line_and_not_raised(doubling):
    def broken(number):
        return number / 0

    result = exercises.check("fake/numbers/double-it", broken)
    assert result.state == "wrong"
    assert "ZeroDivisionError" in result.message
    assert "return number / 0" in result.details


def test_box_escapes_what_the_student_wrote(doubling):
    def broken(number):
        raise ValueError("<script>")

    html = exercises.check("fake/numbers/double-it", broken)._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize("name", ["fake/numbers/triple", "no/such/exercise", "short"])
def test_unknown_exercise_is_one_clear_sentence(doubling, name):
    with pytest.raises(CourseError, match="There is no exercise"):
        exercises.check(name, abs)


NOT_BUILT = RuntimeError("Error: Failed to build OpenCL program. CL_BUILD_PROGRAM_FAILURE (-11)")
OF_MACHINE = [
    MachineError("OpenCL has no driver on this machine."),
    ModuleNotFoundError("No module named 'torch'", name="torch"),
    ImportError("libcuda.so.1: cannot open shared object file"),
    MemoryError("Unable to allocate 2 TiB"),
    RuntimeError("CUDA out of memory. Tried to allocate 2 TiB"),
    NOT_BUILT,
]


@pytest.fixture
def broken_driver(monkeypatch):
    monkeypatch.setattr(faults, "opencl_computes", lambda: False)


@pytest.mark.parametrize("error", OF_MACHINE, ids=lambda error: type(error).__name__)
def test_what_the_machine_lacks_is_not_put_down_to_the_student(doubling, broken_driver, error):
    def right(number):
        raise error

    result = exercises.check("fake/numbers/double-it", right)
    assert (result.state, result.solved) == ("could not run here", False)
    assert str(error).rstrip(".") in result.message
    assert "gpu-course doctor" in result.message
    assert "raise error" in result.details
    assert "solution entered" not in doubling


MISTAKES = [
    ImportError("cannot import name 'gausian' from 'scipy.ndimage'"),
    ModuleNotFoundError("No module named 'gpu_course.image'", name="gpu_course.image"),
    CourseError("There is no image set “nuclie”."),
    FileNotFoundError("picture.tif"),
    NOT_BUILT,
]


@pytest.mark.parametrize("error", MISTAKES, ids=lambda error: type(error).__name__)
def test_a_mistake_stays_the_students_where_the_driver_works(doubling, monkeypatch, error):
    monkeypatch.setattr(faults, "opencl_computes", lambda: True)

    def wrong(number):
        raise error

    assert exercises.check("fake/numbers/double-it", wrong).state == "wrong"


def test_no_check_swallows_what_the_machine_lacks(room):
    def score(function):
        try:
            return float(function(21))
        except Exception as error:
            raise Wrong("Your function stopped.") from error

    room.checks.CHECKS["task"] = Check(metric="m", score=score, goal=1, hint="")

    def right(number):
        raise MemoryError

    assert exercises.check("fake/numbers/task", right).state == "could not run here"
    assert exercises.check("fake/numbers/task", lambda number: None).state == "not solved yet"


@pytest.mark.parametrize(
    "error", [NOT_BUILT, FileNotFoundError("nuclei.tif"), KeyError("a bug")], ids=str
)
def test_a_check_that_stops_before_the_function_is_entered_says_nothing_of_it(room, error):
    def score(function):
        raise error

    result = judged_by(room, score)
    assert result.state == "could not run here"
    assert type(error).__name__ in result.message
    assert "nothing about your function" in result.message


@pytest.mark.parametrize("error", [NOT_BUILT, FileNotFoundError("nuclei.tif")], ids=str)
def test_the_machine_may_fail_between_two_calls(room, broken_driver, error):
    def score(function):
        function(21)
        raise error

    assert judged_by(room, score).state == "could not run here"


def test_a_check_that_stops_on_the_answer_says_that_it_cannot_be_judged(room):
    result = judged_by(room, lambda function: function(21)["a bug"])
    assert result.state == "could not be judged"
    assert "what your function returned: TypeError" in result.message


def test_the_courses_own_solution_that_stops_is_named_with_the_students_score(doubling, room):
    def double_it(number):
        raise MemoryError("Unable to allocate 2 TiB")

    room.solutions.double_it = double_it
    result = exercises.check("fake/numbers/double-it", double)
    assert (result.state, result.solved) == ("could not compare", False)
    assert "The course's own solution stopped, not yours: MemoryError" in result.message
    assert "Yours scored 1.000, the goal is 0.90." in result.message


@pytest.mark.parametrize("answer", [None, "42"])
def test_the_courses_own_wrong_answer_is_no_fault_of_the_student(doubling, room, answer):
    room.solutions.double_it = lambda number: answer
    assert exercises.check("fake/numbers/double-it", double).state == "could not compare"


def test_a_solution_elsewhere_is_named_by_its_place(doubling, room):
    room.checks.CHECKS["double-it"] = Check(
        metric="", score=float, solution="operator:index", goal=1, hint=""
    )
    assert exercises.course_solution("fake/numbers/double-it")(7) == 7


def test_a_check_whose_package_is_missing_could_not_run_here(room, monkeypatch):
    def missing(name):
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr(exercises.importlib, "import_module", missing)
    result = exercises.check("fake/numbers/double-it", double)
    assert result.state == "could not run here"
    assert "needs the package torch" in result.message


def test_names_in_a_message_are_shown_as_code():
    result = Result("wrong", "Use `xp` where 1 < 2, not `a<b>`.")
    assert (
        "Use <code>xp</code> where 1 &lt; 2, not <code>a&lt;b&gt;</code>." in result._repr_html_()
    )
    assert "`xp`" in str(result)
