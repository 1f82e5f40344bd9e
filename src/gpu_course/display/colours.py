"""Colours for label images: safe for colour-blind eyes, and still apart on a grey printout.

Random colours, as most viewers use them, give touching objects near-identical colours about as
often as chance allows. A map of countries never does: neighbours are coloured in turn, each with a
colour that no neighbour has yet. The same idea works on a segmentation.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

# Each colour is at least 6 units of CIE lightness (L*, 0 to 100) away from every other, to normal
# eyes and through simulated protanopia, deuteranopia and tritanopia alike; the test suite measures
# it. Lightness is what a grey printout keeps, and what all eyes share. Sorted from dark to light.
PALETTE: NDArray[np.uint8] = np.array(
    [
        (0x64, 0x33, 0xAB),  # violet
        (0xAA, 0x59, 0x03),  # burnt orange
        (0x83, 0x88, 0x51),  # olive
        (0xDC, 0x7D, 0xB5),  # pink
        (0x9F, 0xB4, 0xFF),  # periwinkle
        (0xD9, 0xD9, 0x0B),  # yellow
        (0xB7, 0xFE, 0x77),  # light green
    ],
    dtype=np.uint8,
)


def palette(n: int) -> NDArray[np.uint8]:
    """Return n colours, the standard seven where they suffice, else steps between them."""
    if n <= len(PALETTE):
        return PALETTE
    steps = np.linspace(0, len(PALETTE) - 1, n)
    channels = [np.interp(steps, np.arange(len(PALETTE)), PALETTE[:, c]) for c in (0, 1, 2)]
    return np.round(np.stack(channels, axis=-1)).astype(np.uint8)


def label_colours(n: int, seed: int = 0) -> NDArray[np.uint8]:
    """Return a random colour map for labels 0 to n that knows nothing of who touches whom.

    Use `colour_map` where the label image is at hand.

    Parameters
    ----------
    n : int
        Highest label.
    seed : int
        Same seed, same colours.

    Returns
    -------
    (n + 1, 3) uint8 ndarray
        RGB colours; row 0, the background, is black. Following labels differ in colour.

    Examples
    --------
    >>> from gpu_course.display import label_colours
    >>> colours = label_colours(3)
    >>> colours.shape, colours[0].tolist()
    ((4, 3), [0, 0, 0])
    """
    rng = np.random.default_rng(seed)
    # A step of 1 to 6 through seven colours never lands on the colour it left.
    steps = rng.integers(1, len(PALETTE), size=max(n, 0))
    colours = PALETTE[np.cumsum(steps) % len(PALETTE)]
    return np.concatenate([np.zeros((1, 3), np.uint8), colours])


def adjacency(labels: NDArray[np.integer]) -> NDArray[np.integer]:
    """Return the pairs of labels that touch, corners included: (n, 2), the smaller label first.

    Labels are (Y, X) or (Z, Y, X); 0 is background and touches nobody.
    """
    pairs = [np.empty((0, 2), labels.dtype)]
    for step in np.ndindex(*(3,) * labels.ndim):
        offset = np.array(step) - 1
        if tuple(offset) <= (0,) * labels.ndim:  # each direction once, not its opposite
            continue
        here = labels[tuple(slice(max(-o, 0), n - max(o, 0)) for o, n in _zip(offset, labels))]
        there = labels[tuple(slice(max(o, 0), n - max(-o, 0)) for o, n in _zip(offset, labels))]
        touching = (here != there) & (here > 0) & (there > 0)
        pairs.append(np.stack([here[touching], there[touching]], axis=-1))
    return np.unique(np.sort(np.concatenate(pairs), axis=1), axis=0)


def _zip(offset: NDArray[np.integer], labels: NDArray) -> Iterable[tuple[int, int]]:
    return zip(offset.tolist(), labels.shape, strict=True)


def _greedy(n: int, pairs: NDArray[np.integer], seed: int) -> NDArray[np.integer]:
    """Give each of n regions the number of a colour that none of its neighbours has.

    Regions are coloured in "smallest last" order: the one with fewest neighbours is set aside,
    again and again, and colouring goes backwards through that list. A map in the plane then needs
    six colours at most [1]_; among the colours free to a region, chance picks.

    References
    ----------
    .. [1] D. W. Matula, L. L. Beck (1983) Smallest-last ordering and clustering and graph
       coloring algorithms, Journal of the ACM 30(3), doi:10.1145/2402.322385
    """
    neighbours: list[set[int]] = [set() for _ in range(n)]
    for a, b in pairs.tolist():
        neighbours[a].add(b)
        neighbours[b].add(a)

    degree = [len(others) for others in neighbours]
    buckets: list[set[int]] = [set() for _ in range(max(degree, default=0) + 1)]
    for region, count in enumerate(degree):
        buckets[count].add(region)
    aside: list[int] = []
    done = [False] * n
    low = 0
    while len(aside) < n:
        low = max(low - 1, 0)  # setting one aside lowers its neighbours by one at most
        while not buckets[low]:
            low += 1
        region = min(buckets[low])  # min, not pop: the order of a set is no promise
        buckets[low].remove(region)
        done[region] = True
        aside.append(region)
        for other in neighbours[region]:
            if not done[other]:
                buckets[degree[other]].remove(other)
                degree[other] -= 1
                buckets[degree[other]].add(other)

    rng = np.random.default_rng(seed)
    colour = np.full(n, -1)
    for region in reversed(aside):
        taken = {int(colour[other]) for other in neighbours[region]}
        free = [c for c in range(len(PALETTE)) if c not in taken]
        if free:
            colour[region] = free[rng.integers(len(free))]
        else:  # crowded 3D neighbourhoods only: open a new colour
            colour[region] = next(c for c in range(len(PALETTE), n + 1) if c not in taken)
    return colour


def colour_map(labels: NDArray[np.integer], seed: int = 0) -> NDArray[np.uint8]:
    """Colour every pixel so that touching labels never share a colour.

    Labels closer than about four pixels count as touching too where the image is 2D.

    Parameters
    ----------
    labels : integer ndarray, (Y, X) or (Z, Y, X)
        0 is background.
    seed : int
        Same seed, same colours.

    Returns
    -------
    (…, 3) uint8 ndarray
        RGB colours; the background is black.

    Examples
    --------
    >>> from gpu_course.display import colour_map
    >>> picture = colour_map(np.array([[0, 1, 1, 2, 2]]))
    >>> picture.shape, bool((picture[0, 2] == picture[0, 3]).all())
    ((1, 5, 3), False)
    """
    present, compact = np.unique(labels, return_inverse=True)
    compact = compact.reshape(labels.shape)
    if present[0] != 0:  # no background anywhere: keep number 0 for it all the same
        compact = compact + 1
    n = int(compact.max())
    grown = compact
    if labels.ndim == 2:
        from skimage.segmentation import expand_labels

        grown = expand_labels(compact, distance=2)
    pairs = np.unique(np.concatenate([adjacency(compact), adjacency(grown)]), axis=0)
    number = _greedy(n, pairs - 1, seed)
    colours = palette(int(number.max(initial=0)) + 1)
    table = np.concatenate([np.zeros((1, 3), np.uint8), colours[number]])
    return table[compact]
