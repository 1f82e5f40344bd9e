"""The live figure of the U-Net: what a reader does with it, and what may go wrong meanwhile."""

import numpy as np
import pytest

from tests.live.conftest import png
from tests.live.waiting import is_open
from tests.site.conftest import violations

pytestmark = pytest.mark.browser

FILE = "input[type=file]"
TOLD = ".live-told"
STATUS = ".live-status"


def waits_for(page, words, where=TOLD):
    script = "([where, words]) => document.querySelector(where).textContent.includes(words)"
    page.wait_for_function(script, arg=[where, words])


@pytest.fixture(scope="module")
def small():
    rng = np.random.default_rng(0)
    return png(rng.integers(0, 255, (48, 80, 3), dtype=np.uint8))


def test_figure_predicts_judges_and_takes_a_picture(visit, small):
    found = visit("unet")
    page = found.page
    assert found.live == []  # nothing before the press
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    is_open(page)
    assert sum(size for url, size in found.sizes.items() if "/live/" in url) < 4_000_000
    waits_for(page, "threshold of 0.40, Dice 0.9")
    first = page.inner_text(TOLD)
    assert "Grey values at full size, 256 × 256 pixels, without flips" in first
    # The threshold by keyboard: less root, another score, without a new prediction.
    page.get_by_label("threshold").focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    waits_for(page, "threshold of 0.80")
    assert page.inner_text(TOLD).split(" %")[0] < first.split(" %")[0]
    judged = page.locator("canvas").nth(2)
    assert "white where root was found" in judged.get_attribute("aria-label")
    assert violations(page) == []
    page.set_input_files(FILE, small)
    waits_for(page, "80 × 48 pixels")
    assert "Dice" not in page.inner_text(TOLD)  # nobody has labelled it
    assert "The picture, dimmed" in judged.get_attribute("aria-label")
    page.get_by_role("combobox", name="picture").select_option("at half size")
    waits_for(page, "40 × 24 pixels")
    # The fine-tuned network comes when it is chosen, and wants its own of the picture.
    tuned = "rootnav-unet.safetensors"
    assert not any(tuned in url for url in found.asked)
    page.get_by_role("combobox", name="picture").select_option("at full size")
    waits_for(page, "80 × 48 pixels")
    page.route("**/rootnav*", lambda route: route.fulfill(body="no"), times=1)
    network = page.get_by_role("combobox", name="network")
    network.select_option("photographs, fine-tuned")
    waits_for(page, "did not come", STATUS)
    assert network.input_value() == "soil, simulated"
    network.select_option("photographs, fine-tuned")
    waits_for(page, "threshold of 0.50. Red channel at half size, 40 × 24 pixels")
    assert sum(tuned in url for url in found.asked) == 2
    assert "ten photographs" in page.inner_text(".live-about")
    assert violations(page) == []
    # Another wish ends a long computation, and so does a close.
    large = png(np.zeros((900, 1000), np.uint8))
    page.set_input_files(FILE, large)
    waits_for(page, "Computing")
    page.get_by_role("button", name="The chapter’s scene").click()
    waits_for(page, "threshold of 0.40, Dice 0.9")
    page.set_input_files(FILE, large)
    waits_for(page, "Computing")
    page.get_by_role("button", name="Close").click()
    page.wait_for_timeout(1000)
    assert page.locator(".live-box").count() == 0
    assert "wrong" not in page.inner_text(STATUS)
    assert found.printed == []
    assert found.foreign == []


def test_weights_that_do_not_come_are_told(visit):
    found = visit("unet")
    html = b"<html>no such page</html>"
    found.page.route("**/*.safetensors", lambda route: route.fulfill(body=html))
    found.page.get_by_role("button", name="Run on my GPU").click()
    waits_for(found.page, "did not come whole", STATUS)
    assert found.printed == []
