"""What a run has done, and how fast."""

from __future__ import annotations

import dataclasses
from math import prod
from pathlib import Path

from gpu_course.scaling.cutting import Shape
from gpu_course.scaling.tasks import Record


@dataclasses.dataclass(frozen=True)
class Summary:
    """What a run has done.

    Attributes
    ----------
    target : Path
        The output.
    shape, block : (z, y, x)
        Of the volume, and of what one task computed.
    seconds : float
        From beginning to end.
    resumed : int
        Blocks of all steps that were found done.
    objects : int or None
        How many were found.
    records : tuple of Record
        When and where each of the others was computed.
    """

    target: Path
    shape: Shape
    block: Shape
    seconds: float
    resumed: int
    objects: int | None
    records: tuple[Record, ...]

    @property
    def tasks(self) -> int:
        """How many blocks of all steps were computed now."""
        return len(self.records)

    @property
    def rate(self) -> float:
        """Voxels per second of those steps that were computed now, all steps together."""
        share = self.tasks / max(self.tasks + self.resumed, 1)
        return share * prod(self.shape) / self.seconds

    def __str__(self) -> str:
        """Return it in a few lines."""
        rate = f", {self.rate / 1e6:.2g} million voxels per second" if self.tasks else ""
        lines = [
            f"{self.target}: {' × '.join(map(str, self.shape))} voxels in "
            f"{self.seconds:.1f} s{rate}",
            f"{self.tasks} blocks computed, {self.resumed} found done, in blocks of "
            f"{' × '.join(map(str, self.block))}",
        ]
        if self.objects is not None:
            lines.append(f"{self.objects} objects")
        return "\n".join(lines)
