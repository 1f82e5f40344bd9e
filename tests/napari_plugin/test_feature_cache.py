"""When memory is full, what is nearest to the view stays, and nothing is computed in circles."""

import dataclasses

import numpy as np
import pytest

from gpu_course.napari_plugin import feature_cache, tiles
from gpu_course.napari_plugin.engine import Engine
from gpu_course.napari_plugin.tiles import grid, meet, nearest_first
from tests.napari_plugin.pictures import RECIPE, discs, marks, repainted, request, run

SIDE = (16, 16)
TILE = 4 * 16 * 16 * 4  # bytes of the four features


@pytest.fixture
def asked(monkeypatch):
    monkeypatch.setitem(tiles.SIDE, 2, SIDE)
    image, truth = discs((96, 96))
    return request(image, truth, trees=3)


def another_stroke(asked, number):
    more = marks(asked).copy()
    more[number, :10] = 1
    return repainted(asked, more)


@pytest.mark.parametrize("room", [1, 9, 35, 36, 37])
def test_later_strokes_compute_only_what_found_no_room(asked, monkeypatch, room):
    monkeypatch.setattr(feature_cache, "memory_limit", lambda held=0: room * TILE)
    engine = Engine()
    run(engine, asked)
    counts = []
    for number in range(3):
        before = engine.cache.computed
        run(engine, another_stroke(asked, number))
        counts.append(engine.cache.computed - before)
        assert engine.cache.held <= room * TILE
    # New pixels may lie in a tile that found no room: one more, and never all.
    assert max(counts) <= max(0, 36 - room) + (room < 36)


def test_what_is_in_view_stays_when_memory_is_full(asked, monkeypatch):
    monkeypatch.setattr(feature_cache, "memory_limit", lambda held=0: 6 * TILE)
    engine = Engine()
    run(engine, dataclasses.replace(asked, goal="whole", view=(slice(0, 16), slice(0, 16))))
    for corner in (slice(66, 90), slice(4, 30)):
        seen = dataclasses.replace(asked, view=(corner, corner))
        run(engine, another_stroke(seen, corner.start))
        shown = [t for t in grid((96, 96)) if meet(t, seen.view)]
        assert all(engine.cache.holds(seen.picture, RECIPE, tile) for tile in shown)
        before = engine.cache.computed
        run(engine, another_stroke(seen, corner.start + 1))
        # The new stroke's own tile may be out of view.
        assert engine.cache.computed - before <= 1


def test_without_room_the_answer_is_the_same(asked, monkeypatch):
    expected = run(Engine(), asked)[0].classes
    monkeypatch.setattr(feature_cache, "memory_limit", lambda held=0: 0)
    poor = Engine()
    np.testing.assert_array_equal(run(poor, asked)[0].classes, expected)
    assert poor.cache.held == 0


def test_the_limit_follows_the_machine(monkeypatch):
    import psutil

    class Memory:
        total, available = 16 << 30, 12 << 30

    monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory)
    assert feature_cache.memory_limit() == 4 << 30
    Memory.available = 1 << 30
    assert feature_cache.memory_limit() == 1 << 29
    assert feature_cache.memory_limit(held=2 << 30) == (2 << 30) + (1 << 29)


def test_a_large_view_is_answered_coarsely_first_then_to_the_pixel(asked):
    expected = run(Engine(), asked)[0].classes
    engine = Engine()
    job = engine.run(dataclasses.replace(asked, coarse=4))
    classes = next(job).classes
    for _ in range(36):
        next(job)
    assert (classes > 0).all()
    # Each square of the coarse answer has one value: that of its first pixel.
    squares = classes.reshape(24, 4, 24, 4)
    assert (squares == expected[::4, ::4][:, None, :, None]).all()
    list(job)
    np.testing.assert_array_equal(classes, expected)
    assert engine.cache.computed == 36


def test_a_plane_of_a_volume_asks_for_a_thin_slab(monkeypatch):
    shape = (60, 256, 256)
    view = (slice(30, 31), slice(0, 256), slice(0, 256))
    wanted = [t for t in nearest_first(grid(shape), view) if meet(t, view)]
    assert sum(np.prod([p.stop - p.start for p in t]) for t in wanted) <= 8 * 256 * 256
