"""Check a student's function on the course's images and show the score beside the course's own.

A chapter's exercise is named ``part/chapter/exercise``. Its :class:`Check` lives in the module
``gpu_course.lessons.<part>.<chapter>.checks``, in the dictionary ``CHECKS``; it is found by
name, so that a new exercise touches no list here.
"""

import importlib
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import Any

from gpu_course.errors import CourseError

Function = Callable[..., Any]


class Wrong(Exception):
    """Raised by a check's score: the answer has a fault that a number would hide.

    The message is the hint shown to the student, for example ``"Your function returned a mask;
    give every nucleus its own number."``.
    """


@dataclass(frozen=True)
class Check:
    """How one exercise is judged.

    Parameters
    ----------
    metric : str
        What the score is, as the reader will see it: ``"average precision at IoU 0.5"``.
    score : callable
        ``score(function)`` runs the student's function on the course's image and returns a float,
        higher is better, or ``(float, hint)``. It raises :class:`Wrong` with a hint for an answer
        of the wrong kind.
    solution : callable
        ``solution()`` imports and returns the course's own function.
    goal : float
        The score from which the exercise counts as solved.
    hint : str
        Shown when the score stays below the goal and the score brought no hint of its own.
    """

    metric: str
    score: Callable[[Function], float | tuple[float, str]]
    solution: Callable[[], Function]
    goal: float
    hint: str


@dataclass(frozen=True)
class Result:
    """What :func:`check` found; a notebook shows it as a small box.

    ``state`` is one of ``"not solved yet"``, ``"wrong"``, ``"below the goal"``, ``"solved"``.
    """

    state: str
    message: str
    metric: str = ""
    score: float | None = None
    course_score: float | None = None
    goal: float | None = None
    details: str = field(default="", repr=False)

    @property
    def solved(self) -> bool:
        """Whether the goal was reached."""
        return self.state == "solved"

    def __str__(self) -> str:
        """Return the box as plain text."""
        lines = [f"{self.state.capitalize()}: {self.message}"]
        if self.score is not None:
            lines.append(
                f"  {self.metric}: yours {self.score:.3f}, the course's {self.course_score:.3f},"
                f" goal {self.goal:.2f}"
            )
        if self.details:
            lines.append(self.details)
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        # The words carry the meaning; the mark and the border only repeat it.
        mark = {"solved": "✓", "not solved yet": "…"}.get(self.state, "✗")
        parts = [
            f'<div class="exercise-result" style="border-left:4px solid currentColor;'
            f'padding:.3em .8em"><strong>{mark} {escape(self.state.capitalize())}.</strong> '
            f"{escape(self.message)}"
        ]
        if self.score is not None:
            parts.append(
                f"<br>{escape(self.metric)}: yours <strong>{self.score:.3f}</strong>, "
                f"the course’s {self.course_score:.3f}, goal {self.goal:.2f}"
            )
        if self.details:
            parts.append(f"<pre>{escape(self.details)}</pre>")
        return "".join(parts) + "</div>"


def find(name: str) -> Check:
    """Return the check of the exercise `name`, ``"part/chapter/exercise"``.

    Raises
    ------
    CourseError
        If there is no such exercise.
    """
    part, _, rest = name.partition("/")
    chapter, _, exercise = rest.partition("/")
    module = f"gpu_course.lessons.{part}.{chapter}.checks".replace("-", "_")
    try:
        checks: dict[str, Check] = importlib.import_module(module).CHECKS
    except ModuleNotFoundError as error:
        # A library that the exercise itself needs may be the missing one: say which.
        if error.name and not error.name.startswith("gpu_course"):
            raise CourseError(
                f"The exercise “{name}” needs the package {error.name}, which is not installed. "
                f"Run `gpu-course doctor` to see how to get it."
            ) from error
        checks = {}
    if exercise not in checks:
        known = f" The chapter has: {', '.join(sorted(checks))}." if checks else ""
        raise CourseError(f"There is no exercise “{name}”.{known} Copy the name from the chapter.")
    return checks[exercise]


def check(name: str, function: Function) -> Result:
    """Run the student's `function` on the course's image and judge what it returns.

    Nothing of the course's solution runs before the student's own function has been judged. A
    fault in that function is reported, never raised, so the notebook goes on.

    Parameters
    ----------
    name : str
        ``"part/chapter/exercise"``, as written in the chapter.
    function : callable
        The student's function.

    Returns
    -------
    Result
        The score beside the course's own, with a hint where it falls short.

    Raises
    ------
    CourseError
        If there is no such exercise.
    """
    judge = find(name)
    if not callable(function):
        return Result("wrong", f"Give the function itself, not {type(function).__name__}.")
    try:
        score, hint = _run(judge, function)
    except _Untouched:
        return Result("not solved yet", "Write your code in the cell above and run both cells.")
    except Wrong as mistake:
        return Result("wrong", str(mistake))
    except Exception as error:
        return Result(
            "wrong",
            f"Your function stopped with {type(error).__name__}: {error}",
            details=_students_lines(error, function),
        )
    course_score, _ = _run(judge, judge.solution())
    solved = score >= judge.goal
    return Result(
        "solved" if solved else "below the goal",
        "Well done." if solved else (hint or judge.hint),
        judge.metric,
        score,
        course_score,
        judge.goal,
    )


class _Untouched(Exception):
    """The function returned nothing: it is still the stub."""


def _run(judge: Check, function: Function) -> tuple[float, str]:
    def watched(*arguments: Any, **options: Any) -> Any:
        answer = function(*arguments, **options)
        if answer is None or answer is Ellipsis:
            raise _Untouched
        return answer

    scored = judge.score(watched)
    score, hint = scored if isinstance(scored, tuple) else (scored, "")
    return float(score), hint


def _students_lines(error: Exception, function: Function) -> str:
    """Return the traceback from the student's own code on, without the course's frames above."""
    frames = traceback.extract_tb(error.__traceback__)
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    own = [frame for frame in frames if frame.filename == file]
    return "\n".join(f"line {frame.lineno}: {frame.line}" for frame in own)
