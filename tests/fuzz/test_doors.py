"""Single cases that random ones once found to stop with a traceback, or to pass a wrong answer."""

import dask.array
import numpy as np
import pytest

from gpu_course import metrics
from gpu_course.deep_learning import Normalisation, UNet, predict_tiled
from gpu_course.pixel_classification import PixelClassifier, Recipe, features
from tests.fuzz.things import REFUSED, answer

IMAGE = np.random.default_rng(0).random((20, 20))
MASKED = np.ma.masked_less(IMAGE, 0.1)
MARKS = np.zeros((20, 20), np.uint8)
MARKS[2:5, 2:5], MARKS[12:15, 12:15] = 1, 2
RECIPE = Recipe((1.0,), ("gaussian", "gradient"))


def taught(image, marks=MARKS):
    return PixelClassifier(RECIPE, trees=3).fit(image, marks)


def in_tiles(image=IMAGE, tile=512, **options):
    network = UNet(1, 1, depth=1, width=2)
    return predict_tiled(network, image, tile=tile, device="cpu", **options)


REFUSE = {
    "threshold as text": lambda: metrics.matching(MARKS, MARKS, "0.5"),
    "no threshold": lambda: metrics.matching(MARKS, MARKS, None),
    "threshold True": lambda: metrics.matching(MARKS, MARKS, True),
    "masked image to learn from": lambda: taught(MASKED),
    "masked image to label": lambda: taught(IMAGE).predict(MASKED),
    "image of 1e30": lambda: taught(IMAGE * 1e30),
    "image of texts": lambda: taught(IMAGE.astype(str)),
    "masked scribbles": lambda: taught(IMAGE, np.ma.masked_equal(MARKS, 1)),
    "tile 0": lambda: features.compute(IMAGE, RECIPE, tile=0),
    "tile 2.5": lambda: features.compute(IMAGE, RECIPE, tile=2.5),
    "tile as text": lambda: features.compute(IMAGE, RECIPE, tile="5"),
    "tile of one number for two axes": lambda: features.compute(IMAGE, RECIPE, tile=(5,)),
    "normalising no pixels": lambda: Normalisation()(np.zeros((1, 0, 4))),
    "normalising complex numbers": lambda: Normalisation()(IMAGE[None] * 1j),
    "normalising texts": lambda: Normalisation()(IMAGE[None].astype(str)),
    "normalising without channels": lambda: Normalisation()(IMAGE),
    "percentile as text": lambda: Normalisation("1", 99),
    "no percentile": lambda: Normalisation(None, 99),
    "network tile as text": lambda: in_tiles(tile="32"),
    "network without tile": lambda: in_tiles(tile=None),
    "network tile of 2.5": lambda: in_tiles(tile=2.5),
    "network overlap as text": lambda: in_tiles(overlap="8"),
    "masked image in tiles": lambda: in_tiles(MASKED),
}


@pytest.mark.parametrize("door", REFUSE.values(), ids=list(REFUSE))
def test_is_refused(door):
    assert answer(door) is REFUSED


RIGHT = {
    "lists of rows to learn from": (
        lambda: taught(IMAGE.tolist()).predict(IMAGE), lambda: taught(IMAGE).predict(IMAGE)
    ),
    "Dask to label": (
        lambda: taught(IMAGE).predict(dask.array.from_array(IMAGE, chunks=8)),
        lambda: taught(IMAGE).predict(IMAGE),
    ),
    "a mask, normalised": (
        lambda: Normalisation(0, 100)(IMAGE[None] > 0.5),
        lambda: (IMAGE[None] > 0.5).astype(np.float32),
    ),
    "a list in tiles": (
        lambda: in_tiles(IMAGE.tolist()).shape, lambda: (1, 20, 20)
    ),
    "Dask in tiles": (
        lambda: in_tiles(dask.array.from_array(IMAGE, chunks=8)).shape, lambda: (1, 20, 20)
    ),
    "a mask in tiles": (lambda: in_tiles(IMAGE > 0.5).shape, lambda: (1, 20, 20)),
}  # fmt: skip


@pytest.mark.parametrize(("door", "wanted"), RIGHT.values(), ids=list(RIGHT))
def test_is_right(door, wanted):
    found = answer(door)
    assert isinstance(found, np.ndarray | tuple)
    np.testing.assert_array_equal(found, wanted())
