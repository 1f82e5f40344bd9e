"""Fewer iterations by momentum: go on in the direction of the last step before correcting it.

Richardson–Lucy walks in small steps, each nearly parallel to the last. Biggs and Andrews [1]_ jump
ahead along that direction and correct from there. How far, two successive corrections tell: as long
as they are alike, the jump may be far; when they turn around, it was too far.

References
----------
.. [1] D. S. C. Biggs and M. Andrews, "Acceleration of iterative image restoration algorithms",
   Applied Optics 36 (1997), 1766–1775, https://doi.org/10.1364/AO.36.001766
"""

from __future__ import annotations

from collections.abc import Sequence

#: A momentum of 1 would never come to rest.
HIGHEST = 0.999


class Momentum:
    """How much of the last step to repeat: `value`, from 0 (stand still) to below 1.

    The momenta may be `given`, the first after the first iteration: nothing is computed then.
    """

    def __init__(self, given: Sequence[float] | None = None) -> None:
        self.value = 0.0
        self._given = None if given is None else iter(given)
        self._length = 0.0
        self._objective = float("inf")

    def update(self, overlap: float, length: float, objective: float) -> None:
        """Choose the momentum of the next iteration.

        Parameters
        ----------
        overlap : float
            Sum over all voxels of this iteration's correction times that of the last.
        length : float
            Sum of the squares of this correction.
        objective : float
            What the iteration is to lower: how badly the prediction that it started from explains
            the image. If it has risen, the jump was too far, and the next iteration starts without.
        """
        if self._given is not None:
            self.value = next(self._given, 0.0)
            return
        self.value = 0.0
        if self._length > 0 and objective <= self._objective:
            self.value = min(max(overlap / self._length, 0.0), HIGHEST)
        self._length, self._objective = length, objective
