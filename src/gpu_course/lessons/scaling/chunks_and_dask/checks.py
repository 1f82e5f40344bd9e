"""Checks of the exercises in scaling/chunks-and-dask."""

from math import prod

import numpy as np
import pandas as pd

from gpu_course.exercise_answers import is_whole, numbers
from gpu_course.exercises import Check, Function, Wrong

CHUNK = (20, 40)
CHAINS = (
    ((2.0, 2.0), (5, 5)),
    ((0.5, 3.0), (3, 9)),
    ((1.1, 0.6), (11, 1)),
    ((0.9, 1.4), (1, 7)),  # four of these widths are rounded up
)
"""Widths of a Gaussian, and boxes of a minimum filter after it."""


def _chain(image: np.ndarray, gaussian: tuple[float, ...], minimum: tuple[int, ...]) -> np.ndarray:
    from scipy.ndimage import gaussian_filter, minimum_filter

    return minimum_filter(gaussian_filter(image, gaussian), minimum)


def _score_reach(function: Function) -> tuple[float, str]:
    """Return the mean of 0 where a seam shows, else voxels needed divided by voxels computed."""
    from gpu_course.lessons.scaling.chunks_and_dask.solutions import chain_reach
    from gpu_course.scaling import blocks

    image = np.random.default_rng(0).random((60, 120)).astype(np.float32)
    scores, hint = [], ""
    for gaussian, minimum in CHAINS:
        wanted = "whole numbers, one for each of the two axes"
        found = numbers(function(gaussian, minimum), 2, wanted)
        if not all(is_whole(each) and each >= 0 for each in found):
            raise Wrong(f"Return {wanted}, 0 or more: yours are {found}.")
        reach = tuple(int(each) for each in found)
        whole, parts = _chain(image, gaussian, minimum), np.empty_like(image)
        for block in blocks(image.shape, CHUNK, reach):
            parts[block.inner] = _chain(image[block.outer], gaussian, minimum)[block.own]
        chain = f"Gaussian {gaussian}, then minimum of {minimum}"
        if not np.allclose(parts, whole, atol=1e-6):
            scores.append(0.0)
            cut = tuple(int(4 * g) + m // 2 for g, m in zip(gaussian, minimum, strict=True))
            hint = hint or (
                f"{chain}: a seam shows with {reach}. "
                + (
                    "SciPy adds a half before it cuts the decimals off: int(4 * sigma + 0.5)."
                    if reach == cut
                    else "The minimum looks at voxels that the Gaussian has made, and each of "
                    "those looked further: add the two."
                )
            )
            continue
        needed = chain_reach(gaussian, minimum)
        least, yours = (
            prod(c + 2 * r for c, r in zip(CHUNK, each, strict=True)) for each in (needed, reach)
        )
        scores.append(min(1.0, least / yours))
        if scores[-1] < 1:
            hint = hint or (
                f"{chain}: no seam, but {reach} is further than {needed}, which suffices. "
                "A box of 5 looks 2 voxels to either side."
            )
    return float(np.mean(scores)), hint


def _parts() -> tuple[list[pd.DataFrame], pd.DataFrame]:
    """Return tables of chunks, and the table of the whole."""
    from gpu_course.classical import measure
    from gpu_course.scaling import blocks, measure_block

    rng = np.random.default_rng(4)
    labels = np.zeros((1, 60, 80), np.int32)
    for number in range(3, 40, 3):
        y, x = rng.integers(0, 50, 2)
        labels[0, y : y + rng.integers(4, 30), x : x + rng.integers(4, 30)] = number
    image = rng.random(labels.shape) + np.linspace(0, 50, 80)
    columns = ["label", "area", "mean_intensity"]
    cut = blocks(labels.shape, (1, 17, 23))
    parts = [measure_block(image[b.inner], labels[b.inner], b.corner)[columns] for b in cut]
    return parts, measure(image, labels, in_pieces=True)[columns]


def _score_join(function: Function) -> tuple[float, str]:
    parts, whole = _parts()
    answer = function([part.copy() for part in parts])
    columns = ["label", "area", "mean_intensity"]
    if isinstance(answer, pd.DataFrame) and answer.index.name == "label":
        raise Wrong("Your labels are the table's index: .reset_index() makes a column of them.")
    if not isinstance(answer, pd.DataFrame) or not set(columns) <= set(answer.columns):
        raise Wrong(f"Return a pandas table with the columns {', '.join(columns)}.")
    if answer["label"].duplicated().any():
        raise Wrong("A label has several rows. Group the parts by label.")
    if not answer["label"].isin(whole["label"]).all():
        raise Wrong("Your table has a label that lies in none of the parts.")
    found = answer.set_index("label").reindex(whole["label"])
    target = whole.set_index("label")
    if found["area"].isna().any():
        raise Wrong("A label that lies in one of the parts has no row in your table.")
    area = np.isclose(found["area"].astype(float), target["area"])
    mean = np.isclose(found["mean_intensity"].astype(float), target["mean_intensity"])
    hint = ""
    if not area.all():
        hint = "The areas of an object's parts add up to its area."
    elif not mean.all():
        hint = (
            "The mean of an object is not the mean of the means of its parts: a part of one pixel "
            "would count as much as one of a hundred. Go back to sums."
        )
    return float((area & mean).mean()), hint


CHECKS = {
    "chain-reach": Check(
        metric="voxels needed divided by voxels computed, 0 where a seam shows",
        score=_score_reach,
        goal=1.0,
        hint="How far does each filter look, and how far both one after the other?",
    ),
    "join-means": Check(
        metric="share of the objects with the right area and mean",
        score=_score_join,
        goal=1.0,
        hint="Add up what can be added: areas and sums.",
    ),
}
