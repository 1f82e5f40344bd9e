"""Label images with one kind of mistake each, and what the scores say of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.labels import Labels, touching_pairs

if TYPE_CHECKING:
    import pandas as pd


def one_kind_each(labels: Labels, *, objects: int = 8, shift: int = 2) -> dict[str, Labels]:
    """Return answers that each make one kind of mistake: name of the mistake → label image.

    `labels` (Y, X) are the truth. A mistake befalls so many `objects` (an even number), where it
    does not befall all; the shifted answer is moved down and to the right by `shift` pixels.
    """
    numbers = np.unique(labels[labels > 0])
    # Spread over the image, and the same at every call.
    chosen = numbers[:: max(1, len(numbers) // objects)][:objects]
    others = np.setdiff1d(numbers, chosen)[:objects]
    merged = labels.copy()
    for one, other in touching_pairs(labels)[: objects // 2]:
        merged[labels == other] = one
    moved = np.zeros_like(labels)
    moved[shift:, shift:] = labels[:-shift, :-shift]
    missed = np.where(np.isin(labels, chosen), 0, labels)
    return {
        "none": labels,
        f"{objects} merged": merged,
        f"{objects} split": _split(labels, chosen),
        f"{objects} missed": missed,
        f"{objects} missed, {objects} split": _split(missed, others),
        f"all shifted {shift} px": moved,
    }


def _split(labels: Labels, chosen: NDArray[Any]) -> Labels:
    """Cut some objects in two halves of equal height or width, whichever is longer."""
    answer, fresh = labels.copy(), int(labels.max()) + 1
    for number in chosen:
        rows, columns = np.nonzero(labels == number)
        along = rows if np.ptp(rows) >= np.ptp(columns) else columns
        far = along > np.median(along)
        answer[rows[far], columns[far]] = fresh
        fresh += 1
    return answer


def score_table(truth: Labels, answers: Mapping[str, Labels]) -> pd.DataFrame:
    """Return a table: a row for each named answer, a column for each score."""
    import pandas as pd

    from gpu_course import metrics

    rows = {}
    for name, answer in answers.items():
        loose, strict = metrics.matching(truth, answer, 0.5), metrics.matching(truth, answer, 0.9)
        rows[name] = {
            "Dice": metrics.dice(truth, answer),
            "AP@0.5": loose.average_precision,
            "AP@0.9": strict.average_precision,
            "PQ": loose.panoptic_quality,
            "count error": metrics.count_error(truth, answer),
        }
    return pd.DataFrame(rows).T.round(2)
