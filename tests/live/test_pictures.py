"""Pictures in and out of a live figure."""

import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.live.conftest import STATIC, as_array, as_text, png

pytestmark = pytest.mark.browser

READ = """async ([text, name]) => {
  const { read } = await import("/live/picture.js");
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const { grey, width, height, note } = await read(new File([bytes], name));
  return { grey: toText(grey), width, height, note };
}"""
DRAW = """async ([name, text, type, width, height, options]) => {
  const picture = await import("/live/picture.js");
  const canvas = document.createElement("canvas");
  const Type = type === "float32" ? Float32Array : Uint32Array;
  picture[name](canvas, toArray(text, Type), width, height, options ?? {});
  return toText(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data);
}"""


# A browser that gives other pixels than it drew, as Firefox does when it resists fingerprinting.
HIDDEN = """async (given) => {{
  const real = OffscreenCanvasRenderingContext2D.prototype.getImageData;
  OffscreenCanvasRenderingContext2D.prototype.getImageData = (x, y, width, height) => {{
    const image = new ImageData(width, height);
    return {{ data: image.data.map(() => 256 * Math.random()) }};
  }};
  try {{
    return await ({})(given);
  }} finally {{
    OffscreenCanvasRenderingContext2D.prototype.getImageData = real;
  }}
}}"""


def read(page, picture, form="PNG"):
    file = BytesIO()
    picture.save(file, form)
    found = page.evaluate(
        READ, [base64.b64encode(file.getvalue()).decode(), f"mine.{form.lower()}"]
    )
    return found | {"grey": as_array(found["grey"]).reshape(found["height"], found["width"])}


def drawn(page, name, array, **options):
    height, width = array.shape
    text = page.evaluate(DRAW, [name, as_text(array), array.dtype.name, width, height, options])
    pixels = as_array(text, np.uint8).reshape(height, width, 4)
    assert (pixels[..., 3] == 255).all()
    return pixels[..., :3].astype(int)


def test_grey_values_arrive_to_the_last_digit(page):
    grey = np.random.default_rng(0).integers(0, 256, (31, 47), dtype=np.uint8)
    np.testing.assert_array_equal(read(page, Image.fromarray(grey))["grey"], grey)


def test_stored_pictures_arrive_to_the_last_digit_without_a_canvas(page):
    for file in sorted((STATIC / "live" / "data").glob("*.png")):
        script = """async (name) => {
          const { stored } = await import("/live/picture.js");
          const { grey, width, height } = await stored(name);
          return { grey: toText(grey), width, height };
        }"""
        found = page.evaluate(HIDDEN.format(script), file.stem)
        grey = as_array(found["grey"]).reshape(found["height"], found["width"])
        np.testing.assert_array_equal(grey, np.asarray(Image.open(file)))


def test_a_picture_whose_pixels_the_browser_hides_is_refused(page):
    said = page.evaluate(
        HIDDEN.format("""async (text) => {
          const { read } = await import("/live/picture.js");
          const { Sentence } = await import("/live/gpu.js");
          const file = new File([toArray(text, Uint8Array)], "mine.png");
          return read(file).catch((reason) => reason instanceof Sentence && reason.message);
        }"""),
        as_text(np.frombuffer(png(np.eye(20, dtype=np.uint8))["buffer"], np.uint8)),
    )
    assert said.startswith("mine.png cannot be read")


def test_no_pixel_is_left_out_where_a_picture_is_scaled_down(page):
    # The mean of 4 × 4 pixels of noise varies a quarter as much as they do.
    noise = np.random.default_rng(0).integers(0, 256, (1024, 1024), dtype=np.uint8)
    spread = page.evaluate(
        """async (text) => {
          const { read } = await import("/live/picture.js");
          const { grey } = await read(new Blob([toArray(text, Uint8Array)]), { most: 2 ** 16 });
          const mean = grey.reduce((a, b) => a + b) / grey.length;
          return Math.sqrt(grey.reduce((sum, value) => sum + (value - mean) ** 2, 0) / grey.length);
        }""",
        as_text(np.frombuffer(png(noise)["buffer"], np.uint8)),
    )
    assert spread == pytest.approx(noise.std() / 4, rel=0.2)


def test_colours_are_weighed_as_the_eye_does(page):
    colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    found = read(page, Image.fromarray(colours))["grey"]
    np.testing.assert_allclose(found, [[0.299 * 255, 0.587 * 255, 0.114 * 255]], atol=0.01)


def test_a_photograph_of_twelve_megapixels_is_scaled_down_and_says_so(page):
    wide = np.tile(np.linspace(0, 255, 4000).astype(np.uint8), (3000, 1))
    found = read(page, Image.fromarray(wide), "JPEG")
    assert found["width"] * found["height"] <= 4 * 2**20
    assert found["width"] / found["height"] == pytest.approx(4 / 3, rel=0.01)
    assert "4000 × 3000" in found["note"]
    assert "scaled down" in found["note"]
    assert found["grey"][:, 0].max() < 5
    assert found["grey"][:, -1].min() > 250


def test_a_small_picture_stays_as_it_is(page):
    found = read(page, Image.fromarray(np.zeros((1, 1), np.uint8)))
    assert (found["width"], found["height"], found["note"]) == (1, 1, "")


def test_grey_values_are_drawn_from_black_to_white(page):
    values = np.array([[-1, 0, 5, 10, 99]], np.float32)
    shown = drawn(page, "draw", values, range=[0, 10])
    assert shown[0, :, 0].tolist() == [0, 0, 128, 255, 255]
    lifted = drawn(page, "draw", values, range=[0, 10], gamma=0.5)
    assert lifted[0, 2, 0] == pytest.approx(255 * 0.5**0.5, abs=1)
    assert drawn(page, "draw", np.full((2, 2), 7, np.float32)).max() == 0  # one value has no range


def test_labels_that_touch_differ_in_colour(page):
    from skimage.segmentation import expand_labels

    rng = np.random.default_rng(1)
    seeds = np.zeros((80, 90), np.int64)
    seeds[rng.integers(0, 80, 60), rng.integers(0, 90, 60)] = rng.permutation(60) + 1
    labels = expand_labels(seeds, 200)
    shown = drawn(page, "drawLabels", labels.astype(np.uint32))
    for axis in (0, 1):
        touching = np.diff(labels, axis=axis) != 0
        same = (np.diff(shown, axis=axis) == 0).all(axis=-1)
        assert not (touching & same).any()
    assert drawn(page, "drawLabels", np.zeros((3, 3), np.uint32)).max() == 0
