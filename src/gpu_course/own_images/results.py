"""What came of a folder, picture by picture."""

from __future__ import annotations

import dataclasses
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Row:
    """What came of one picture.

    Attributes
    ----------
    image : str
    objects : int
    diameter : float or None
        Median over objects of the diameter of a disc of equal area, in pixels.
    area : float
        Share of the image that objects cover.
    sure : float or None
        Mean over objects of how sure the model is.
    look : dict
        What was measured of brightness and size, as in `looks.Look`.
    warnings : list of str
    score : float or None
        Where the folder has labels or masks.
    problem : str
        Why there is no result, or empty.
    seen : bool
        Whether the model learned from this picture, or choices were made by it.
    """

    image: str
    objects: int = 0
    diameter: float | None = None
    area: float = 0.0
    sure: float | None = None
    look: dict[str, float | None] = dataclasses.field(default_factory=dict)
    warnings: list[str] = dataclasses.field(default_factory=list)
    score: float | None = None
    problem: str = ""
    seen: bool = False


@dataclasses.dataclass(frozen=True)
class Applied:
    """What came of a folder.

    Attributes
    ----------
    out : Path
    rows : list of Row
        One for each picture.
    chosen_by : str
        Name of the score, where there is a truth.
    """

    out: Path
    rows: list[Row]
    chosen_by: str

    @property
    def problems(self) -> list[str]:
        """A sentence for each picture without a result."""
        return [f"{row.image}: {row.problem}" for row in self.rows if row.problem]
