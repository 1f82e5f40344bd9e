"""The same scenes in other orders: the simulated hand paints by a scene's number."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

HANDS = 3


class Range(NamedTuple):
    """What several trainings of one method scored.

    Attributes
    ----------
    median, lowest, highest : float
    """

    median: float
    lowest: float
    highest: float


def orders(number: int, hands: int = HANDS) -> list[list[int]]:
    """Return orders of the train scenes, one for each hand.

    A scene's strokes, and with two looks the half in which it teaches, follow from its place. So
    the same scenes in another order are the same pictures under another hand.

    Parameters
    ----------
    number : int
        Of scenes.
    hands : int

    Returns
    -------
    list of lists of int
        The first is 0, 1, 2 …, the order of the course's own classifiers; the others are drawn.
    """
    drawn = [np.random.default_rng(hand).permutation(number).tolist() for hand in range(1, hands)]
    return [list(range(number)), *drawn]


def again(
    score: Callable[[list[Any], list[Any]], Sequence[float]],
    pictures: Sequence[Any],
    truths: Sequence[Any],
    *,
    hands: int = HANDS,
) -> list[Sequence[float]]:
    """Train and score under the other hands.

    Parameters
    ----------
    score : callable
        Takes pictures and truths in some order, teaches a classifier, and returns one score for
        each test scene.
    pictures, truths : sequences
        To teach with, in the order of the course's own classifier.
    hands : int
        With the course's own, which is not trained anew.

    Returns
    -------
    list of sequences of float
        One for each other hand.
    """
    return [
        score([pictures[i] for i in order], [truths[i] for i in order])
        for order in orders(len(pictures), hands)[1:]
    ]


def spread(scores: Sequence[Sequence[float]]) -> Range:
    """Return the median over scenes of the hands: the middle one, the lowest and the highest.

    Parameters
    ----------
    scores : sequence of sequences of float
        Of each hand, one score for each scene.
    """
    medians = [float(np.median(values)) for values in scores]
    return Range(float(np.median(medians)), min(medians), max(medians))
