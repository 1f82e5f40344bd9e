"""A fitted random forest as plain arrays, and its prediction on any array library.

A tree is a list of nodes. Each asks one question, “is feature f at most t?”, and names the node
to go to if so, and if not. Held as four arrays, all pixels can walk down all trees at once, one
level per step, with nothing but look-ups: that is work for a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import array_api_compat
import numpy as np
from numpy.typing import NDArray

from gpu_course.devices import hardware
from gpu_course.errors import CourseError

Array = Any  # of any library
#: Takes a table (pixel, feature), and returns the leaf of one tree in which each pixel ends.
Walk = Callable[[NDArray[np.float32]], NDArray[np.intp]]
#: Steps of (tree, pixel) that are in memory at once on a GPU.
AT_ONCE = 1 << 24
#: Pixels that one thread takes at a time on a processor: what they need fits its cache.
CHUNK = 1 << 14
#: No forest on real pixels comes near it; a forged one would keep a computer busy for hours.
DEEPEST = 1000


@dataclass(frozen=True, eq=False)
class Forest:
    """The trees of a random forest, one behind the other.

    Attributes
    ----------
    feature : ndarray of int32, (nodes,)
        Which feature a node asks about. −1: the node is a leaf and asks nothing.
    threshold : ndarray of float32, (nodes,)
        The answer is yes where the feature is at most this.
    left, right : ndarray of int32, (nodes,)
        Where to go on yes and on no. A leaf names itself.
    probability : ndarray of float64, (nodes, classes)
        Share of each class among the training pixels that ended in a node.
    roots : ndarray of int32, (trees,)
        The first node of each tree.
    features : int
        How many features a pixel has.
    fitted : tuple
        The same trees as scikit-learn's own objects, in the forest that fitted them: compiled code
        walks down them faster. Empty where the arrays come from a file.
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    probability: NDArray[np.float64]
    roots: NDArray[np.int32]
    features: int
    fitted: tuple[Any, ...] = field(default=(), repr=False)

    @classmethod
    def from_sklearn(cls, fitted: Any) -> Forest:
        """Return the trees of a fitted ``RandomForestClassifier``.

        Its thresholds are double precision and it compares single precision features with them.
        The largest single precision number that is not above a threshold gives the same answers.
        """
        trees = [one.tree_ for one in fitted.estimators_]
        counts = np.array([tree.node_count for tree in trees])
        roots = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int32)
        own = np.arange(counts.sum(), dtype=np.int32)
        left = np.concatenate([t.children_left + r for t, r in zip(trees, roots, strict=True)])
        right = np.concatenate([t.children_right + r for t, r in zip(trees, roots, strict=True)])
        leaf = np.concatenate([tree.children_left for tree in trees]) < 0
        exact = np.concatenate([tree.threshold for tree in trees])
        threshold = exact.astype(np.float32)
        above = threshold > exact
        threshold[above] = np.nextafter(threshold[above], np.float32(-np.inf))
        return cls(
            feature=np.where(leaf, -1, np.concatenate([t.feature for t in trees])).astype(np.int32),
            threshold=np.where(leaf, np.float32(0), threshold),
            left=np.where(leaf, own, left).astype(np.int32),
            right=np.where(leaf, own, right).astype(np.int32),
            probability=np.concatenate([tree.value[:, 0] for tree in trees]),
            roots=roots,
            features=int(fitted.n_features_in_),
            fitted=tuple(trees),
        )

    @cached_property
    def depth(self) -> int:
        """Questions from a root to the farthest leaf; counting stops above DEEPEST."""
        level, deepest = self.roots, 0
        while deepest <= DEEPEST:
            level = level[self.feature[level] >= 0]
            if not len(level):
                break
            level = np.concatenate([self.left[level], self.right[level]])
            deepest += 1
        return deepest

    def predict_proba(self, features: Array) -> Array:
        """Return the probability of each class for every pixel.

        Parameters
        ----------
        features : array of float32, (feature, …)
            Of NumPy, CuPy or PyTorch; any number of axes behind the first.

        Returns
        -------
        array, (class, …)
            The mean over the trees. In double precision, where the device has it, and added up
            tree by tree: the same numbers as scikit-learn's to the last bit.
        """
        self._check(features)
        xp = array_api_compat.array_namespace(features)
        shape = tuple(features.shape)
        flat = xp.reshape(features, (shape[0], -1))
        if xp.__name__.endswith("numpy"):
            result = self._on_processor(flat.astype(np.float32, copy=False))
        else:
            result = self._on_device(xp, flat)
        return xp.reshape(result, (self.probability.shape[1], *shape[1:]))

    def predict(self, features: Array) -> Array:
        """Return the number of the most probable class for every pixel; of equal ones, the first.

        Parameters
        ----------
        features : array of float32, (feature, …)
            As :meth:`predict_proba` takes them.

        Returns
        -------
        array of int, (…)
            0, 1, … as the classes of the forest are numbered: scikit-learn's to the last pixel.
            On a processor this is faster than the probabilities, since most pixels are decided
            before all trees have been asked.
        """
        self._check(features)
        xp = array_api_compat.array_namespace(features)
        if not xp.__name__.endswith("numpy"):
            return xp.argmax(self.predict_proba(features), axis=0)
        flat = features.reshape(len(features), -1).astype(np.float32, copy=False)
        result = np.empty(flat.shape[1], np.uint8)

        def fill(chunk: slice) -> None:
            result[chunk] = self._elected(flat[:, chunk])

        _in_chunks(fill, flat.shape[1])
        return result.reshape(features.shape[1:])

    def _check(self, features: Array) -> None:
        # The compiled code would not notice, and read whatever lies behind the last feature.
        if features.shape[0] != self.features:
            raise CourseError(
                f"The forest learned from {self.features} features and these are "
                f"{features.shape[0]}. Compute them with the recipe that it was trained with."
            )

    def _on_processor(self, flat: NDArray[np.float32]) -> NDArray[np.float64]:
        """Walk down tree by tree, some pixels at a time, on all cores."""
        result = np.zeros((self.probability.shape[1], flat.shape[1]))

        def fill(chunk: slice) -> None:
            total = result[:, chunk]
            for walk, shares in self._walks:
                _add(total, walk, shares, flat[:, chunk])
            total /= len(self.roots)

        _in_chunks(fill, flat.shape[1])
        return result

    def _elected(self, flat: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return each pixel's class; ask no more trees once they cannot change it."""
        winner = np.zeros(flat.shape[1], np.uint8)
        undecided = np.arange(flat.shape[1])
        total = np.zeros((self.probability.shape[1], flat.shape[1]))
        for asked, (walk, shares) in enumerate(self._walks, start=1):
            _add(total, walk, shares, flat)
            to_come = len(self.roots) - asked
            if to_come and (asked < to_come or asked % 8):
                continue  # nobody can have won before half the trees, and looking costs time too
            second, first = np.partition(total, -2, axis=0)[-2:]
            # A tree gives at most 1, to one class alone. The margin is for rounded sums.
            won = first - second > to_come + 1e-6 if to_come else np.ones(len(undecided), bool)
            winner[undecided[won]] = (total[:, won] / len(self.roots)).argmax(axis=0)
            undecided, total, flat = undecided[~won], total[:, ~won], flat[:, ~won]
            if not len(undecided):
                break
        return winner

    def trees(self) -> Iterator[slice]:
        """Yield the nodes of each tree."""
        ends = [*self.roots[1:].tolist(), len(self.feature)]
        for start, stop in zip(self.roots.tolist(), ends, strict=True):
            yield slice(start, stop)

    @cached_property
    def _walks(self) -> list[tuple[Walk, NDArray[np.float64]]]:
        """Each tree as what finds the leaves of pixels, and its probabilities as (class, node)."""
        walks: list[Walk] = [tree.apply for tree in self.fitted]
        if not walks:
            # Both ways of a node side by side: no at 2 n, yes at 2 n + 1.
            ways = np.stack([self.right, self.left], axis=1)
            for n in self.trees():
                own = (ways[n] - n.start).reshape(-1)
                asks = self.feature[n].astype(np.intp)  # as it is multiplied
                walks.append(partial(_leaves, asks, self.threshold[n], own))
        shares = [np.ascontiguousarray(self.probability[nodes].T) for nodes in self.trees()]
        return list(zip(walks, shares, strict=True))

    def _on_device(self, xp: Any, flat: Array) -> Array:
        """Walk down all trees at once, level by level, with look-ups alone."""
        device = array_api_compat.device(flat)

        def there(values: NDArray[Any]) -> Array:
            return xp.asarray(values.copy(), device=device)

        # A leaf asks about feature 0 and goes to itself whatever the answer is.
        feature = there(np.maximum(self.feature, 0).astype(np.int64))
        threshold = there(self.threshold)
        # Both ways of all nodes in one array: yes at 2 n, no at 2 n + 1.
        ways = there(np.stack([self.left, self.right], axis=1).reshape(-1).astype(np.int64))
        real = np.float32 if "mps" in str(device) else np.float64
        probability = there(self.probability.astype(real))
        roots = there(self.roots.astype(np.int64))

        pixels = flat.shape[1]
        step = max(1, AT_ONCE // len(self.roots))
        parts = []
        for start in range(0, pixels, step):
            part = xp.astype(flat[:, start : min(pixels, start + step)], xp.float32)
            count = part.shape[1]
            part = xp.reshape(part, (-1,))
            pixel = xp.arange(count, dtype=xp.int64, device=device)[None, :]
            node = xp.broadcast_to(roots[:, None], (len(self.roots), count))
            for _ in range(self.depth):
                asked = _look(xp, part, _look(xp, feature, node) * count + pixel)
                no = xp.astype(asked > _look(xp, threshold, node), xp.int64)
                node = _look(xp, ways, 2 * node + no)
            total = xp.zeros(
                (count, self.probability.shape[1]), dtype=probability.dtype, device=device
            )
            for tree in range(len(self.roots)):
                total = total + xp.take(probability, node[tree, :], axis=0)
            parts.append(total.T / len(self.roots))
        return xp.concat(parts, axis=1)


def _in_chunks(fill: Callable[[slice], None], pixels: int) -> None:
    """Call `fill` with one chunk of pixels after another, on all cores."""
    chunks = [slice(start, start + CHUNK) for start in range(0, pixels, CHUNK)]
    if len(chunks) == 1:
        fill(chunks[0])
        return
    with ThreadPoolExecutor(hardware.cores()) as pool:
        list(pool.map(fill, chunks))


def _add(
    total: NDArray[np.float64], walk: Walk, shares: NDArray[np.float64], flat: NDArray[np.float32]
) -> None:
    """Add a tree's probabilities to the total, (class, pixel)."""
    # Turned, not copied: neighbouring pixels of one feature stay neighbours in memory.
    leaf = walk(flat.T)
    for row, share in zip(total, shares, strict=True):
        row += share.take(leaf)


def _leaves(
    feature: NDArray[np.intp],
    threshold: NDArray[np.float32],
    ways: NDArray[np.int32],
    table: NDArray[np.float32],
) -> NDArray[np.intp]:
    """Return the leaf of one tree in which each pixel ends; the table is (pixel, feature)."""
    values = table.T.reshape(-1)
    node = np.zeros(len(table), np.intp)
    walking = np.arange(len(table))
    while len(walking):
        walking = walking[feature.take(node.take(walking)) >= 0]
        here = node.take(walking)
        asked = values.take(feature.take(here) * len(table) + walking)
        node[walking] = ways.take(2 * here + (asked <= threshold.take(here)))
    return node


def _look(xp: Any, table: Array, index: Array) -> Array:
    """Return a table's entries at an array of places."""
    return xp.reshape(xp.take(table, xp.reshape(index, (-1,)), axis=0), index.shape)
