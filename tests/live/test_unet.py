"""The trained U-Net in the page reads the course's own file, and gives PyTorch's probabilities."""

import re
import sys

import numpy as np
import pytest
from skimage import io

from gpu_course import images, metrics, paths
from gpu_course.deep_learning import storage
from gpu_course.deep_learning.prediction import fade, plan, predict_tiled
from gpu_course.images.windows import block_means
from tests.live.conftest import as_array, as_text, png

sys.path.insert(0, str(paths.root() / "ci"))
import live_data

pytestmark = pytest.mark.browser

WEIGHTS = paths.data() / "weights" / "roots-unet.safetensors"
RUN = """async ([flat, width, height, how]) => {
  const { connect } = await import("/live/gpu.js");
  const { load, predict } = await import("/live/unet-steps.js");
  const bytes = await (await fetch("/live/weights/roots-unet.safetensors")).arrayBuffer();
  const gpu = await connect();
  try {
    const shares = [];
    const progress = (share) => shares.push(share);
    const picture = { grey: toArray(flat), width, height };
    const found = await predict(gpu, await load(gpu, bytes), picture, { ...how, progress });
    return { found: toText(found), shares };
  } finally { gpu.close(); }
}"""


@pytest.fixture(scope="module")
def trained():
    return storage.load(WEIGHTS)


@pytest.fixture(scope="module")
def stored():
    names = ("roots", "roots-truth", "roots-probability")
    return {name: io.imread(live_data.FOLDER / f"{name}.png") for name in names}


def both(page, trained, image, **how):
    """Return what the page and what PyTorch make of an image."""
    model, scale, _ = trained
    height, width = image.shape
    said = page.evaluate(RUN, [as_text(image.astype(np.float32)), width, height, how])
    assert said["shares"] == sorted(said["shares"])
    assert said["shares"][-1] == 1
    expected = predict_tiled(
        model, image, normalisation=scale, device="cpu", precision="float32", **how
    )[0]
    return as_array(said["found"], np.float32).reshape(image.shape), expected


def test_stored_pictures_are_made_by_the_course(stored):
    made = live_data.roots()
    for name in ("roots", "roots-truth"):
        np.testing.assert_array_equal(made[name], stored[name])
    # Processors round in their own order, so a value may fall on either side of a step.
    difference = made["roots-probability"].astype(int) - stored["roots-probability"]
    assert np.abs(difference).max() <= 1


def test_probabilities_are_those_of_pytorch(page, trained, stored):
    found, expected = both(page, trained, stored["roots"])
    assert np.abs(found - expected).max() <= 1e-3
    assert metrics.dice(expected > 0.5, found > 0.5) >= 0.99
    assert metrics.dice(stored["roots-truth"] > 0, found > 0.5) > 0.85  # it does find roots


def test_tiles_and_padding_are_those_of_the_course(page, trained):
    # Two by three tiles, sides that are no multiples of 16, and the scene's own range of values.
    image = images.load("roots", index=1, size="small").image[200:291, 150:292]
    found, expected = both(page, trained, image, tile=64, overlap=16)
    assert np.abs(found - expected).max() <= 1e-3


def test_the_fine_tuned_network_gets_the_red_channel_at_half_size(page):
    model, scale, _ = storage.load(paths.data() / "weights" / "rootnav-unet.safetensors")
    # Roots in red alone; the other channels hold noise, which must not be looked at.
    red = images.load("roots", index=1, size="small").image[200:391, 150:333]
    noise = np.random.default_rng(0).integers(0, 256, (*red.shape, 2), dtype=np.uint8)
    photograph = np.dstack([red.astype(np.uint8), noise])
    said = page.evaluate(
        """async (text) => {
          const { connect } = await import("/live/gpu.js");
          const { network, NETWORKS, prepared } = await import("/live/unet-networks.js");
          const { predict } = await import("/live/unet-steps.js");
          const [, tuned] = NETWORKS;
          const gpu = await connect();
          try {
            const picture = await prepared(new Blob([toArray(text, Uint8Array)]), tuned, true);
            const { grey, width, height } = picture;
            const found = toText(await predict(gpu, await network(gpu, tuned), picture));
            return { grey: toText(grey), width, height, found };
          } finally { gpu.close(); }
        }""",
        as_text(np.frombuffer(png(photograph)["buffer"], np.uint8)),
    )
    halved = block_means(photograph[..., 0], 2)
    assert (said["height"], said["width"]) == halved.shape
    np.testing.assert_array_equal(as_array(said["grey"]).reshape(halved.shape), halved)
    expected = predict_tiled(model, halved, normalisation=scale, device="cpu", precision="float32")[
        0
    ]
    found = as_array(said["found"]).reshape(halved.shape)
    assert np.abs(found - expected).max() <= 1e-3
    assert expected.max() > 0.9  # there is something to be equal about


def test_thresholds_are_those_of_the_files():
    code = (paths.root() / "book/_static/live/unet-networks.js").read_text("utf-8")
    files = [WEIGHTS.with_name(f"{name}.safetensors") for name in ("roots-unet", "rootnav-unet")]
    wanted = [storage.load(file)[2]["threshold"] for file in files]
    assert [float(found) for found in re.findall(r"threshold: ([\d.]+)", code)] == wanted


@pytest.mark.parametrize("image", [np.full((16, 16), 7), np.arange(9).reshape(1, 9), np.eye(17)])
def test_flat_and_tiny_pictures(page, trained, image):
    found, expected = both(page, trained, image.astype(np.uint8))
    assert np.abs(found - expected).max() <= 1e-3


def test_axis_of_tiles_is_the_course_s(page):
    tile, overlap, stride, length = 96, 40, 16, 256
    step, overlap, blend = plan(tile, overlap, None, stride)
    found = page.evaluate(
        """async ([length, plan]) => {
          const { axis } = await import("/live/unet-tiles.js");
          const { side, starts, weights } = axis(length, plan);
          return { side, starts, weights: weights.map((each) => [...each]) };
        }""",
        [length, {"tile": tile, "overlap": overlap, "blend": blend, "stride": stride}],
    )
    assert found["side"] == tile
    assert found["starts"] == [*range(0, length - tile, step), length - tile]
    for start, weights in zip(found["starts"], found["weights"], strict=True):
        expected = fade(start, tile, length, overlap, blend).numpy()
        np.testing.assert_allclose(weights, expected, atol=1e-6)


def test_a_file_that_is_cut_or_another_network_is_refused(page):
    said = page.evaluate(
        """async (names) => {
          const { network } = await import("/live/unet-file.js");
          const { Sentence } = await import("/live/gpu.js");
          const said = [];
          for (const [name, length] of names) {
            const bytes = await (await fetch(`/live/weights/${name}.safetensors`)).arrayBuffer();
            try { network(bytes.slice(0, length)); said.push("accepted"); }
            catch (error) { said.push(error instanceof Sentence ? "sentence" : String(error)); }
          }
          return said;
        }""",
        [
            ["roots-unet", 4_000_000],
            ["roots-unet", 2_000_000],
            ["roots-unet", 4],
            ["bees-stardist", 4_000_000],
        ],
    )
    assert said == ["accepted", "sentence", "sentence", "sentence"]
