"""Check a student's function on the course's images and show the score beside the course's own.

A chapter's exercise is named ``part/chapter/exercise``. Its :class:`Check` lives in the module
``gpu_course.lessons.<part>.<chapter>.checks``, in the dictionary ``CHECKS``; it is found by
name, so that a new exercise touches no list here. Its solution is found likewise.
"""

import importlib
import pkgutil
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gpu_course.errors import CourseError, MachineError
from gpu_course.exercise_result import Result, told

Function = Callable[..., Any]


class Wrong(Exception):
    """Raised by a check's score: the answer has a fault that a number would hide.

    The message is the hint shown to the student, for example ``"Your function returned a mask;
    give every nucleus its own number."``.
    """


@dataclass(frozen=True, kw_only=True)
class Check:
    """How one exercise is judged.

    Parameters
    ----------
    metric : str
        What the score is, as the reader will see it: ``"average precision at IoU 0.5"``.
    score : callable
        ``score(function)`` runs the student's function on the course's image and returns a float,
        higher is better, or ``(float, hint)``. It raises :class:`Wrong` with a hint for an answer
        of the wrong kind, and lets a :class:`gpu_course.errors.MachineError` pass.
    solution : str, optional
        Where the course's own function is, as ``"module:function"``. Without it: the function in
        the room's module ``solutions`` that has the exercise's name, with ``_`` for ``-``.
    goal : float
        The score from which the exercise counts as solved.
    hint : str
        Shown when the score stays below the goal and the score brought no hint of its own.
    """

    metric: str
    score: Callable[[Function], float | tuple[float, str]]
    solution: str = ""
    goal: float
    hint: str


def find(name: str) -> Check:
    """Return the check of the exercise `name`, ``"part/chapter/exercise"``.

    Raises
    ------
    CourseError
        If there is no such exercise.
    MachineError
        If a package that the check needs is missing.
    """
    room, exercise = _room(name)
    try:
        checks: dict[str, Check] = importlib.import_module(f"{room}.checks").CHECKS
    except ModuleNotFoundError as error:
        # A library that the exercise itself needs may be the missing one: say which.
        if error.name and not error.name.startswith("gpu_course"):
            raise MachineError(
                f"The exercise “{name}” needs the package {error.name}, which is not installed. "
                f"Run `gpu-course doctor` to see how to get it."
            ) from error
        checks = {}
    if exercise not in checks:
        known = f" The chapter has: {', '.join(sorted(checks))}." if checks else ""
        raise CourseError(f"There is no exercise “{name}”.{known} Copy the name from the chapter.")
    return checks[exercise]


def course_solution(name: str) -> Function:
    """Return the course's own function for the exercise `name`, ``"part/chapter/exercise"``.

    Examples
    --------
    >>> from gpu_course.exercises import course_solution
    >>> course_solution("deep-learning/compare/paired-difference").__name__
    'paired_difference'
    """
    room, exercise = _room(name)
    place = find(name).solution or f"{room}.solutions:{exercise.replace('-', '_')}"
    function: Function = pkgutil.resolve_name(place)
    return function


def _room(name: str) -> tuple[str, str]:
    """Return the package of the chapter's own modules, and the exercise's name in the chapter."""
    part, _, rest = name.partition("/")
    chapter, _, exercise = rest.partition("/")
    return f"gpu_course.lessons.{part}.{chapter}".replace("-", "_"), exercise


def check(name: str, function: Function) -> Result:
    """Run the student's `function` on the course's image and judge what it returns.

    Nothing of the course's solution runs before the student's own function has been judged. A
    fault is reported, never raised, so the notebook goes on; it is put down to the student's
    function only where that function raised it and the machine is not the reason.

    Parameters
    ----------
    name : str
        ``"part/chapter/exercise"``, as written in the chapter.
    function : callable
        The student's function.

    Returns
    -------
    Result
        The score beside the course's own, with a hint where it falls short. Where the machine
        cannot run the check, or the course's own solution, the result is not ``solved`` and its
        ``state`` says which.

    Raises
    ------
    CourseError
        If there is no such exercise.

    Examples
    --------
    >>> from gpu_course.exercises import check
    >>> check("deep-learning/compare/paired-difference", lambda first, second: None).solved
    False
    """
    try:
        judge = find(name)
    except MachineError as error:
        return _not_here(error)
    if not callable(function):
        return Result("wrong", f"Give the function itself, not {type(function).__name__}.")
    watched = _Watched(function)
    try:
        score, hint = _run(judge, watched)
    except _Nothing as nothing:
        return Result(nothing.state, str(nothing))
    except Wrong as mistake:
        return Result("wrong", str(mistake))
    except _OfMachine as stop:
        return _not_here(stop.args[0], _students_lines(stop.args[0], function))
    except Exception as error:
        return _stopped(error, watched)
    try:
        course_score, _ = _run(judge, _Watched(course_solution(name)))
    except (Exception, _Signal) as error:
        return Result(
            "could not compare",
            f"The course's own solution stopped, not yours: {_said(error)}. Yours scored "
            f"{score:.3f}, the goal is {judge.goal:.2f}. {_DOCTOR}",
        )
    solved = score >= judge.goal
    return Result(
        "solved" if solved else "below the goal",
        "Well done." if solved else (hint or judge.hint),
        judge.metric,
        score,
        course_score,
        judge.goal,
    )


_DOCTOR = "Run `gpu-course doctor` to see what this machine lacks."


class _Signal(BaseException):
    """Ends a check, whatever exceptions its score catches itself."""


class _Nothing(_Signal):
    """The function returned nothing: it is still the stub, or forgot one case; it says which."""

    def __init__(self, given: tuple[Any, ...], *, answered: bool) -> None:
        self.state = "wrong" if answered else "not solved yet"
        case = f" when it was given {', '.join(map(told, given))}" if given else ""
        super().__init__(
            f"Your function returned something before, but nothing{case}. Let every way through "
            "it end in a `return`."
            if answered
            else "Your function returned nothing. Write your code in the cell above, with a "
            "`return`, and run both cells."
        )


class _OfMachine(_Signal):
    """The function stopped with an error, the argument, that says what this machine lacks."""


class _Watched:
    """A function that remembers whether it was entered, answered, and how it stopped."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.entered = False
        self.answered = False
        self.error: Exception | None = None

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self.entered = True
        try:
            answer = self.function(*arguments, **options)
        except Exception as error:
            if _is_of_machine(error):
                raise _OfMachine(error) from error
            self.error = error
            raise
        if answer is None or answer is Ellipsis:
            raise _Nothing(arguments, answered=self.answered)
        self.answered = True
        return answer


def _run(judge: Check, function: _Watched) -> tuple[float, str]:
    scored = judge.score(function)
    score, hint = scored if isinstance(scored, tuple) else (scored, "")
    return float(score), hint


def _stopped(error: Exception, watched: _Watched) -> Result:
    """Return whose fault an error is that came out of a check."""
    if error is watched.error:
        return Result(
            "wrong",
            f"Your function stopped with {type(error).__name__}: {error}",
            details=_students_lines(error, watched.function),
        )
    if not watched.entered or isinstance(error, OSError) or _is_of_machine(error):
        return _not_here(error)
    return Result(
        "could not be judged",
        f"The check stopped on what your function returned: {_said(error)}. "
        "Compare its type and its shape with what the exercise asks for.",
    )


def _not_here(error: Exception, details: str = "") -> Result:
    cure = "" if "gpu-course doctor" in str(error) else f" {_DOCTOR}"
    return Result(
        "could not run here",
        f"{_said(error)}. This says nothing about your function.{cure}",
        details=details,
    )


def _said(error: BaseException) -> str:
    """Return an error in one line without its full stop; the course's own need no name."""
    if isinstance(error, _OfMachine):
        error = error.args[0]
    text = " ".join(str(error).split()).rstrip(".")
    own = isinstance(error, CourseError | Wrong)
    return text if own else f"{type(error).__name__}: {text}".rstrip(": ")


def _is_of_machine(error: Exception) -> bool:
    from gpu_course.devices.faults import is_of_machine  # where all goes well, it is not needed

    return is_of_machine(error)


def _students_lines(error: Exception, function: Function) -> str:
    """Return the traceback from the student's own code on, without the course's frames above."""
    frames = traceback.extract_tb(error.__traceback__)
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    own = [frame for frame in frames if frame.filename == file]
    return "\n".join(f"line {frame.lineno}: {frame.line}" for frame in own)
