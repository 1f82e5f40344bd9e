"""Contacts beside a count pixel by pixel and scikit-image's graph."""

import numpy as np
import pytest

from gpu_course.classical import measurement, neighbours
from tests.classical.test_measurement import CASES, single_pixels


@pytest.mark.parametrize("case", ["random", "crowded", "3D", "no background", "one row"])
def test_contacts_are_those_counted_pixel_by_pixel(case):
    _, labels = CASES[case]()
    expected = {}
    for here in np.ndindex(labels.shape):
        for axis in range(labels.ndim):
            there = tuple(p + (a == axis) for a, p in enumerate(here))
            if there[axis] < labels.shape[axis]:
                pair = tuple(sorted((int(labels[here]), int(labels[there]))))
                if pair[0] != pair[1] and pair[0] > 0:
                    expected[pair] = expected.get(pair, 0) + 1
    found = neighbours.contacts(labels)
    assert {(a, b): n for a, b, n in found.itertuples(index=False)} == expected


def test_contacts_are_the_edges_of_scikit_images_graph():
    from skimage.graph import RAG

    _, labels = CASES["crowded"]()
    graph = RAG(labels, connectivity=1)
    edges = {tuple(sorted(e)) for e in graph.edges if 0 not in e}
    found = neighbours.contacts(labels)
    assert set(zip(found.label, found.neighbour, strict=True)) == edges
    table = measurement.measure(labels, labels)
    counts = neighbours.count_neighbours(table, found)
    assert list(counts) == [sum(n in e for e in edges) for n in table.label]


def test_a_lonely_image_has_no_contacts():
    assert len(neighbours.contacts(np.zeros((5, 5), int))) == 0
    table = measurement.measure(*single_pixels())
    assert list(neighbours.count_neighbours(table, neighbours.contacts(single_pixels()[1]))) == [
        0,
        0,
        0,
    ]
