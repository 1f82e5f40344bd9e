"""Small pictures of discs, and what a window would ask the engine about them."""

import dataclasses

import numpy as np

from gpu_course.napari_plugin.layout import Layout
from gpu_course.napari_plugin.requests import Lesson, Picture, Ready, Request
from gpu_course.pixel_classification import Recipe

RECIPE = Recipe((1.0, 3.0), ("gaussian", "gradient"))


def whole(shape):
    return tuple(slice(0, n) for n in shape)


def discs(shape=(96, 130), seed=0):
    """Return a noisy picture of bright discs, and the truth."""
    rng = np.random.default_rng(seed)
    grid = np.indices(shape)
    truth = np.zeros(shape, bool)
    for centre in rng.uniform(0.2, 0.8, (5, len(shape))) * shape:
        truth |= sum((g - c) ** 2 for g, c in zip(grid, centre, strict=True)) < 64
    return (40 + 60 * truth + rng.normal(0, 10, shape)).astype(np.float32), truth


def every_fifth(truth):
    """Return strokes of class 2 on the truth, and of class 1 beside it."""
    scribbles = np.where(truth, 2, 1).astype(np.uint8)
    scribbles[(np.indices(truth.shape).sum(axis=0) % 5) > 0] = 0
    return scribbles


def request(pixels, truth, *, scribbles="some", source="image 1", layout=None, **changes):
    layout = layout or Layout(pixels.ndim, tuple(range(truth.ndim)))
    if pixels.ndim > truth.ndim and layout.channel is None:
        layout = Layout(pixels.ndim, tuple(range(truth.ndim)), truth.ndim)
    picture = Picture(pixels, source, layout)
    if isinstance(scribbles, str):
        scribbles = every_fifth(truth)
    lessons = () if scribbles is None else (Lesson(source, picture, scribbles),)
    asked = Request(picture, lessons, RECIPE, 20, whole(layout.sites(pixels.shape)))
    asked = dataclasses.replace(asked, **changes)
    return dataclasses.replace(asked, open=frozenset({source}) | asked.open)


def repainted(asked, scribbles):
    (lesson,) = asked.lessons
    return dataclasses.replace(asked, lessons=(dataclasses.replace(lesson, scribbles=scribbles),))


def marks(asked):
    return asked.lessons[0].scribbles


def run(engine, asked):
    steps = list(engine.run(asked))
    assert isinstance(steps[0], Ready)
    return steps
