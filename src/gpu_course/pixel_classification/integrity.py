"""Are these arrays a forest? Asked of every file before its numbers are used."""

import numpy as np

from gpu_course.pixel_classification.forest import DEEPEST, Forest


def problem(forest: Forest, classes: int) -> str | None:
    """Say what makes these arrays no forest for so many classes, or None if they are one.

    The words complete a sentence.
    """
    nodes = len(forest.feature)
    if not nodes or not len(forest.roots):
        return "it holds no tree"
    if {len(forest.threshold), len(forest.left), len(forest.right), len(forest.probability)} != {
        nodes
    }:
        return "its arrays differ in length"
    if forest.probability.shape[1] != classes:
        return "its trees and its list of classes do not belong together"
    if forest.roots[0] != 0 or forest.roots[-1] >= nodes or (np.diff(forest.roots) <= 0).any():
        return "its trees do not follow one another"
    own = np.arange(nodes)
    leaf = forest.feature == -1
    if (forest.feature < -1).any() or (forest.feature >= forest.features).any():
        return "its trees ask about features that do not exist"
    # Ways lead forwards only, inside the same tree, and one to each node: so no walk can
    # leave the arrays, or go in a circle.
    end = np.repeat(np.append(forest.roots[1:], nodes), np.diff(np.append(forest.roots, nodes)))
    inner = np.concatenate([forest.left[~leaf], forest.right[~leaf]])
    forwards = (inner > np.tile(own[~leaf], 2)) & (inner < np.tile(end[~leaf], 2))
    if not forwards.all() or (forest.left[leaf] != own[leaf]).any():
        return "its trees lead astray"
    once = np.ones(nodes, int)
    once[forest.roots] = 0
    if (np.bincount(inner, minlength=nodes) != once).any() or (
        forest.right[leaf] != own[leaf]
    ).any():
        return "its trees lead astray"
    shares = forest.probability
    if not np.isfinite(forest.threshold).all() or not np.isfinite(shares).all():
        return "it holds missing or infinite numbers"
    if (shares < 0).any() or (np.abs(shares.sum(axis=1) - 1) > 1e-6).any():
        return "its probabilities do not add up"
    if forest.depth > DEEPEST:
        return "its trees are far too deep"
    return None
