"""What pictures show a network: how wide roots are, and how bright beside their ground."""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from gpu_course.deep_learning.normalisation import Normalisation
from gpu_course.images import Sample
from gpu_course.lessons.deep_learning.simulation_to_reality.solutions import widths_along

FAR = 15
"""Pixels from any root at which ground is bare."""


def look(samples: Sequence[Sample]) -> dict[str, float]:
    """Return numbers that describe scenes (grey, with mask and line) as a network sees them.

    Widths in pixels (the 10th, 50th and 90th percentile over all lines), and the median over scenes
    of the normalised grey levels of root and bare ground, and of the root's height over the ground
    in units of the ground's grain. A scene that is full of roots, or has none, has no say.
    """
    widths, levels = [], []
    for sample in samples:
        mask, line = sample.mask, sample.centreline
        assert mask is not None
        assert line is not None
        grey = Normalisation()(np.asarray(sample.image)[None])[0]
        bare = ndimage.distance_transform_edt(~mask) > FAR
        if not (bare.any() and (line & mask).any()):  # nothing to compare: all root, or none
            continue
        rough = grey - ndimage.gaussian_filter(grey, 3)
        root, ground = float(np.median(grey[line & mask])), float(np.median(grey[bare]))
        grain = 1.48 * float(np.median(np.abs(rough[bare])))
        widths.append(widths_along(mask, line))
        levels.append((root, ground, (root - ground) / grain))
    thin, middle, wide = np.percentile(np.concatenate(widths), [10, 50, 90])
    root, ground, over = np.median(levels, axis=0)
    return {
        "width, 10 %": float(thin),
        "median": float(middle),
        "90 %": float(wide),
        "root": float(root),
        "ground": float(ground),
        "root over grain": float(over),
    }
