"""The live figure of the U-Net: what a reader does with it, and what may go wrong meanwhile."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.site.conftest import violations

pytestmark = pytest.mark.browser

FILE = "input[type=file]"
TOLD = ".live-told"
STATUS = ".live-status"
# A GPU that can be taken away: `takeAway()` destroys it, as a driver does that starts anew.
LOSS = """
const request = GPUAdapter.prototype.requestDevice;
GPUAdapter.prototype.requestDevice = async function (...how) {
  const device = await request.apply(this, how);
  const lost = new Promise((resolve) => {
    window.takeAway = () => { resolve({ reason: "unknown", message: "" }); device.destroy(); };
  });
  Object.defineProperty(device, "lost", { value: lost });
  return device;
};"""


def png(array):
    file = BytesIO()
    Image.fromarray(array).save(file, "PNG", compress_level=1)
    return {"name": "mine.png", "mimeType": "image/png", "buffer": file.getvalue()}


def opened(visit, **how):
    found = visit("unet", **how)
    found.page.get_by_role("button", name="Run on my GPU").click()
    found.page.wait_for_selector(".live-device", timeout=60_000)
    return found


def waits_for(page, words, where=TOLD, timeout=60_000):
    script = "([where, words]) => document.querySelector(where).textContent.includes(words)"
    page.wait_for_function(script, arg=[where, words], timeout=timeout)


@pytest.fixture(scope="module")
def small():
    rng = np.random.default_rng(0)
    return png(rng.integers(0, 255, (48, 80), dtype=np.uint8))


def test_figure_predicts_judges_and_takes_a_picture(visit, small):
    found = visit("unet")
    page = found.page
    assert found.live == []  # nothing before the press
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".live-device", timeout=60_000)
    assert sum(size for url, size in found.sizes.items() if "/live/" in url) < 4_000_000
    waits_for(page, "Dice 0.9")
    first = page.inner_text(TOLD)
    # The threshold by keyboard: less root, another score, without a new prediction.
    page.get_by_label("threshold").focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    waits_for(page, "threshold of 0.80")
    assert page.inner_text(TOLD).split(" %")[0] < first.split(" %")[0]
    judged = page.locator("canvas").nth(2)
    assert "white where root was found" in judged.get_attribute("aria-label")
    assert violations(page) == []
    page.set_input_files(FILE, small)
    waits_for(page, "Predicted in")
    assert "Dice" not in page.inner_text(TOLD)  # nobody has labelled it
    assert "The picture, dimmed" in judged.get_attribute("aria-label")
    page.locator(".live-choice select").select_option("at half size")
    waits_for(page, "Predicted in")
    assert page.evaluate("document.querySelector('canvas').width") == 40
    page.set_input_files(FILE, {"name": "no.png", "mimeType": "image/png", "buffer": b"no"})
    waits_for(page, "no.png is no picture", STATUS)
    page.get_by_role("button", name="Close").click()
    assert page.locator(".live-box").count() == 0
    assert found.printed == []
    assert found.foreign == []


def test_twelve_megapixels_are_scaled_down_and_a_close_ends_the_computation(visit):
    found = opened(visit, theme="dark", viewport={"width": 390, "height": 800})
    page = found.page
    assert violations(page) == []
    wide = np.tile(np.arange(4000, dtype=np.uint16) // 16, (3000, 1)).astype(np.uint8)
    page.set_input_files(FILE, png(wide))
    waits_for(page, "scaled down to 1182 × 886", STATUS)
    waits_for(page, "Computing: 0 %")
    assert page.evaluate("document.querySelector('canvas').width") == 1182
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # Another wish ends this one.
    page.get_by_role("button", name="The chapter’s scene").click()
    waits_for(page, "Dice 0.9")
    page.set_input_files(FILE, png(wide))
    waits_for(page, "Computing")
    page.get_by_role("button", name="Close").click()
    page.wait_for_timeout(1000)
    assert "wrong" not in page.inner_text(STATUS)
    assert found.printed == []


def test_a_gpu_that_is_lost_in_the_middle_is_told_and_can_be_asked_again(visit, small):
    found = opened(visit, script=LOSS)
    page = found.page
    page.locator(".live-choice select").select_option("at half size")
    waits_for(page, "Computing")
    page.evaluate("takeAway()")
    waits_for(page, "taken the GPU away", STATUS)
    page.get_by_role("button", name="Run again").click()
    page.wait_for_selector(".live-device", timeout=60_000)
    waits_for(page, "Dice 0.9")
    assert found.printed == []


def test_a_wrong_answer_leaves_the_page_as_it_was(visit):
    # A driver that computes a maximum where a sum was asked for.
    wrong = """
    const make = GPUDevice.prototype.createShaderModule;
    GPUDevice.prototype.createShaderModule = function (how) {
      const code = how.code.replace("mix(here, there, 0.25)", "max(here, there)");
      return make.call(this, { ...how, code });
    };"""
    found = visit("unet", script=wrong)
    found.page.get_by_role("button", name="Run on my GPU").click()
    waits_for(found.page, "come out wrong", STATUS)
    assert found.page.locator(".live-box").count() == 0


def test_weights_that_do_not_come_are_told(visit):
    found = visit("unet")
    html = b"<html>no such page</html>"
    found.page.route("**/*.safetensors", lambda route: route.fulfill(body=html))
    found.page.get_by_role("button", name="Run on my GPU").click()
    waits_for(found.page, "did not come whole", STATUS)
    assert found.printed == []
