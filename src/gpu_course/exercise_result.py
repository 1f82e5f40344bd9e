"""What the check of an exercise found, and what it was given, as text and as a small box."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from typing import Any

_MARKS = {
    "solved": "✓",
    "not solved yet": "…",
    **dict.fromkeys(("could not run here", "could not compare", "could not be judged"), "!"),
}


def told(answer: Any) -> str:
    """Return in a few words what an answer is, such as ``"a list of 3"``."""
    import numpy as np  # where all goes well, it is not needed

    if isinstance(answer, str):
        return f"the text “{answer[:20]}”"
    if answer is None or isinstance(answer, bool | int | float | complex | np.number | np.bool_):
        return str(answer)
    shape, name = getattr(answer, "shape", None), type(answer).__name__
    if shape is not None:
        return f"{name} of shape {tuple(shape)}" if isinstance(shape, Iterable) else name
    return f"{name} of {len(answer)}" if isinstance(answer, list | tuple | dict | set) else name


@dataclass(frozen=True)
class Result:
    """What :func:`gpu_course.exercises.check` found; a notebook shows it as a small box.

    ``state`` says who has to do something. The student: ``"not solved yet"``, ``"wrong"``,
    ``"could not be judged"`` (the check stopped on what the function returned), ``"below the
    goal"``. Nobody: ``"solved"``. The machine: ``"could not run here"``. The course or the
    machine: ``"could not compare"`` (the course's own solution stopped).
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
        mark = _MARKS.get(self.state, "✗")
        parts = [
            f'<div class="exercise-result" style="border-left:4px solid currentColor;'
            f'padding:.3em .8em"><strong>{mark} {escape(self.state.capitalize())}.</strong> '
            f"{_formatted(self.message)}"
        ]
        if self.score is not None:
            parts.append(
                f"<br>{escape(self.metric)}: yours <strong>{self.score:.3f}</strong>, "
                f"the course’s {self.course_score:.3f}, goal {self.goal:.2f}"
            )
        if self.details:
            parts.append(f"<pre>{escape(self.details)}</pre>")
        return "".join(parts) + "</div>"


def _formatted(message: str) -> str:
    """Return a sentence as HTML, names between backquotes as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(message))
