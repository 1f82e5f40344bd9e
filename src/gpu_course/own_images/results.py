"""What came of a folder, picture by picture."""

from __future__ import annotations

import dataclasses
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Row:
    """What came of one picture."""

    image: str
    objects: int = 0
    diameter: float | None = None  # median over objects, of a disc of equal area, in pixels
    area: float = 0.0  # share of the image that objects cover
    sure: float | None = None  # mean over objects of how sure the model is
    # What was measured of brightness and size, as in `looks.Look`.
    look: dict[str, float | None] = dataclasses.field(default_factory=dict)
    warnings: list[str] = dataclasses.field(default_factory=list)
    score: float | None = None  # where the folder has labels or masks
    problem: str = ""  # why there is no result, or empty
    seen: bool = False  # whether the model learned from this picture, or choices were made by it


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
