"""The course's score records: what each method reached on each image set.

A chapter ends by displaying a :func:`table` of its scores. The reader sees an HTML table; beside
it the same output carries the records themselves under a MIME type of the course, from which
``ci/execute`` writes ``data/scores/<chapter>.json``. So no score is ever typed by hand. On what
machine it was computed, the record of the chapter's page says: here it would only make equal scores
of two machines differ.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from html import escape
from pathlib import Path
from typing import Any

from gpu_course import paths
from gpu_course.errors import CourseError

MIME = "application/vnd.gpu-course.score+json"
"""MIME type under which an output carries a list of score records."""


@dataclass(frozen=True)
class Score:
    """One method's score on the images of one set.

    Attributes
    ----------
    set : str
        Image set, as :func:`gpu_course.images.load` calls it, such as ``"nuclei"``.
    method : str
        Kind of method, such as ``"classical"``, or ``"deep learning"``.
    metric : str
        Standard name of the metric, such as ``"Dice"`` or ``"AP@0.5"``.
    value : float
        The score, a finite number.
    n : int
        Number of images it was computed on, at least 1.
    chapter : str
        Chapter that reports it, such as ``"classical/segmentation"``.
    split : str
        Which images; only ``"test"`` counts as a result.

    Raises
    ------
    CourseError
        If a text is empty, the value is no finite number or n is less than 1.

    Examples
    --------
    >>> from gpu_course.scores import Score
    >>> Score("bees", "classical", "AP@0.5", 0.5, n=8, chapter="classical/segmentation").split
    'test'
    """

    set: str
    method: str
    metric: str
    value: float
    n: int
    chapter: str
    split: str = "test"

    def __post_init__(self) -> None:
        for name in ("set", "method", "metric", "chapter", "split"):
            text = getattr(self, name)
            if not isinstance(text, str) or not text.strip():
                raise CourseError(f"A score's {name} is {text!r}. Give a text that is not empty.")
        if isinstance(self.n, bool) or not hasattr(self.n, "__index__") or int(self.n) < 1:
            raise CourseError(f"A score's n is {self.n!r}. Give the number of images, at least 1.")
        try:
            value = float(self.value)
        except (TypeError, ValueError):
            value = math.nan
        if not math.isfinite(value):
            raise CourseError(f"A score's value is {self.value!r}. Give a finite number.")
        # NumPy's numbers are welcome, but JSON knows only Python's.
        object.__setattr__(self, "value", value)
        object.__setattr__(self, "n", int(self.n))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return table([self])._repr_mimebundle_(include, exclude)


@dataclass(frozen=True)
class Table:
    """Scores that a notebook displays as one table.

    Attributes
    ----------
    scores : tuple of Score
    caption : str
    """

    scores: tuple[Score, ...]
    caption: str = "Scores of this chapter"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {
            "text/html": self._html(),
            "text/plain": str(self),
            MIME: [asdict(score) for score in self.scores],
        }

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (s.set, s.method, s.metric, f"{s.value:.3f}", str(s.n), s.split) for s in self.scores
        ]

    def _html(self) -> str:
        head = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
        body = "".join(
            f'<tr><th scope="row">{escape(first)}</th>'
            + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
            + "</tr>"
            for first, *rest in self._rows()
        )
        return (
            f'<table class="gpu-course-scores"><caption>{escape(self.caption)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def __str__(self) -> str:
        rows = [_COLUMNS, *self._rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
        lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
        return "\n".join([self.caption, *lines])


_COLUMNS = ("set", "method", "metric", "value", "images", "split")


def table(scores: Iterable[Score], *, caption: str = Table.caption) -> Table:
    """Return an object that a notebook displays as one table of scores.

    Parameters
    ----------
    scores : iterable of Score
    caption : str
        What the table says of itself, also to a screen reader.

    Raises
    ------
    CourseError
        If there is no score, or two of them answer the same question.

    Examples
    --------
    >>> from gpu_course.scores import Score, table
    >>> print(table([Score("nuclei", "classical", "Dice", 0.875, 3, "classical/segmentation")]))
    Scores of this chapter
    set     method     metric  value  images  split
    nuclei  classical  Dice    0.875  3       test
    """
    rows = tuple(scores)
    if not rows:
        raise CourseError("A table of scores needs at least one score.")
    for score in rows:
        if not isinstance(score, Score):
            raise CourseError(f"{score!r} is no score. Make one with gpu_course.scores.Score(…).")
    seen: set[tuple[str, ...]] = set()
    for s in rows:
        question = (s.set, s.method, s.metric, s.chapter, s.split)
        if question in seen:
            raise CourseError(f"Two scores for {', '.join(question)}. Keep one of them.")
        seen.add(question)
    return Table(rows, caption)


def read(folder: str | Path | None = None) -> list[Score]:
    """Return all score records, read from the JSON files in a folder and its subfolders.

    Parameters
    ----------
    folder : path, optional
        Where to look; the course's own ``data/scores`` if left out.

    Returns
    -------
    list of Score
        Ordered by file, then as the chapter displayed them. Empty if no chapter has written any.

    Raises
    ------
    CourseError
        If a file is no JSON or holds something else than scores.
    """
    folder = paths.data() / "scores" if folder is None else Path(folder)
    scores: list[Score] = []
    for file in sorted(folder.rglob("*.json")):
        try:
            scores += _scores_of(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, CourseError) as error:
            reason = str(error).rstrip(".")
            raise CourseError(
                f"The score file {file} cannot be read: {reason}. Execute its chapter again."
            ) from error
    return scores


def _scores_of(content: Any) -> Sequence[Score]:
    known = {field.name for field in fields(Score)}
    if not isinstance(content, dict) or not isinstance(content.get("scores"), list):
        raise CourseError('It should be {"chapter": …, "scores": […]}.')
    records = content["scores"]
    for record in records:
        if not isinstance(record, dict) or set(record) != known:
            raise CourseError(f"Each score should have exactly {', '.join(sorted(known))}.")
        if record["chapter"] != content.get("chapter"):
            raise CourseError("A score names another chapter than the file does.")
    return [Score(**record) for record in records]
