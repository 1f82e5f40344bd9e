"""The segmentation in the page gives what clesperanto gives on the stored picture."""

import sys

import numpy as np
import pytest
from scipy import ndimage
from skimage import io

from gpu_course import metrics, paths
from tests.live.conftest import as_array, as_text

sys.path.insert(0, str(paths.root() / "ci"))
import live_data

pytestmark = pytest.mark.browser

RUN = """async ([flat, width, height, how]) => {
  const { connect } = await import("/live/gpu.js");
  const { kernels, Segmentation } = await import("/live/segmentation-steps.js");
  const gpu = await connect();
  try {
    const steps = new Segmentation(gpu, await kernels(gpu), toArray(flat), width, height);
    const found = await steps.run(how);
    const pull = async (name) => toText(await gpu.read(steps[name]));
    const [edges, mask, hills] = [await pull("edges"), await pull("mask"), await pull("hills")];
    return { ...found, edges, mask, hills, labels: toText(found.labels) };
  } finally { gpu.close(); }
}"""


@pytest.fixture(scope="module")
def stored():
    names = ("nuclei", "nuclei-people", "nuclei-labels")
    return {name: io.imread(live_data.FOLDER / f"{name}.png") for name in names}


def run(page, image, **how):
    height, width = image.shape
    how = {"outline": 1, "spot": 4} | how
    found = page.evaluate(RUN, [as_text(image.astype(np.float32)), width, height, how])
    dtypes = {"edges": np.float32, "mask": np.float32, "hills": np.float32, "labels": np.uint32}
    read = {
        name: as_array(found[name], dtype).reshape(image.shape) for name, dtype in dtypes.items()
    }
    return found | read


@pytest.fixture(scope="module")
def found(page, stored):
    return run(page, stored["nuclei"])


def test_stored_pictures_are_what_clesperanto_makes_of_the_nuclei(device, stored):
    made = live_data.segmentation()
    for name in ("nuclei", "nuclei-people"):
        np.testing.assert_array_equal(made[name], stored[name])
    # Devices round in their own order, and a pixel at the threshold may fall on either side.
    assert metrics.matching(stored["nuclei-labels"], made["nuclei-labels"], 0.9).f1 == 1


@pytest.mark.parametrize(("step", "sigma"), [("edges", 1), ("hills", 4)])
def test_blur_is_that_of_scipy(found, stored, step, sigma):
    image = stored["nuclei"].astype(np.float64)
    expected = ndimage.gaussian_filter(image, sigma, mode="nearest", truncate=4)
    assert np.abs(found[step] - expected).max() <= 1e-4 * np.ptp(image)


def test_labels_are_the_stored_ones(found, stored):
    match = metrics.matching(stored["nuclei-labels"], found["labels"], 0.9)
    assert match.f1 == 1
    assert np.mean(stored["nuclei-labels"] != found["labels"]) < 1e-3


def test_mask_is_above_the_threshold_that_scikit_image_finds(found, stored):
    from skimage.filters import threshold_otsu

    step = np.ptp(found["edges"]) / 255
    assert abs(found["threshold"] - threshold_otsu(found["edges"])) <= 1.01 * step
    np.testing.assert_array_equal(found["mask"], found["edges"] > np.float32(found["threshold"]))


def test_every_width_of_an_image_is_covered(page):
    # No multiple of the workgroups, a single row, more rows than columns.
    for shape in [(37, 50), (1, 40), (61, 19)]:
        image = np.random.default_rng(0).random(shape) * 200
        expected = ndimage.gaussian_filter(image, 1, mode="nearest", truncate=4)
        assert np.abs(run(page, image)["edges"] - expected).max() < 1e-2


def test_an_empty_image_has_no_objects(page):
    for value in (0, 7):
        assert run(page, np.full((20, 30), value))["labels"].max() == 0


def test_growth_stops_after_the_rounds_asked_for(page, stored, found):
    seeds = run(page, stored["nuclei"], rounds=0)["labels"]
    once = run(page, stored["nuclei"], rounds=1)["labels"]
    assert seeds.max() == found["labels"].max()
    assert np.count_nonzero(seeds) == seeds.max()
    grown = ndimage.grey_dilation(seeds, size=(3, 3)) * (found["mask"] > 0)
    np.testing.assert_array_equal(once > 0, grown > 0)


def test_logarithm_brings_dim_nuclei_back(page, stored, found):
    brought = run(page, stored["nuclei"], isLogarithm=True)
    assert np.count_nonzero(brought["mask"]) > np.count_nonzero(found["mask"])
    smooth = ndimage.gaussian_filter(
        np.log1p(stored["nuclei"].astype(float)), 1, mode="nearest", truncate=4
    )
    assert np.abs(brought["edges"] - smooth).max() < 1e-4 * np.ptp(smooth)
