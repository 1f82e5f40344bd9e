"""Scores of a new run beside the stored ones, each with the difference that is allowed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

TRAINED = 0.05
"""Allowed where the chapter trains: another device draws and adds in another order."""

OBJECTS = 0.03
"""Allowed for scores that count objects: one nucleus of sixty is 0.017."""

PIXELS = 0.01
"""Allowed for scores over pixels, which hardly notice a last digit."""

_OVER_PIXELS = ("Dice", "clDice", "centreline recall")


@dataclass(frozen=True)
class Row:
    """One score of two runs, None where a run has no such score, and how far apart they may be."""

    chapter: str
    set: str
    method: str
    metric: str
    stored: float | None
    new: float | None
    tolerance: float

    @property
    def agrees(self) -> bool:
        """Whether the new run has the score, and is no farther off than allowed."""
        if self.new is None:
            return False
        return self.stored is None or abs(self.new - self.stored) <= self.tolerance


def compare(
    stored: Iterable[Mapping[str, Any]], new: Iterable[Mapping[str, Any]], *, trains: bool
) -> list[Row]:
    """Return the scores of one chapter side by side, in the order of the new run.

    Scores are given as a page carries them (:class:`gpu_course.scores.Score`, as dict).
    """
    old, now = ({_question(score): score for score in scores} for scores in (stored, new))
    rows = []
    for question in [*now, *(question for question in old if question not in now)]:
        chapter, name, method, metric, _ = question
        kind = PIXELS if metric.startswith(_OVER_PIXELS) else OBJECTS
        before, after = (found.get(question, {}).get("value") for found in (old, now))
        allowed = TRAINED if trains else kind
        rows.append(Row(chapter, name, method, metric, before, after, allowed))
    return rows


def _question(score: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    return (score["chapter"], score["set"], score["method"], score["metric"], score["split"])


def as_text(rows: list[Row]) -> str:
    """Return the comparison as lines of text."""
    head = ("chapter", "set", "method", "metric", "stored", "new", "allowed", "")
    lines = [head]
    for row in rows:
        stored, new = ("–" if v is None else f"{v:.3f}" for v in (row.stored, row.new))
        verdict = "agrees" if row.agrees else "DIFFERS"
        allowed = f"±{row.tolerance:.2f}"
        lines.append((row.chapter, row.set, row.method, row.metric, stored, new, allowed, verdict))
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
