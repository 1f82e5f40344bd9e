"""The live Richardson–Lucy: its stored answer, its controls, and its end in the middle of a run."""

import sys

import numpy as np
import pytest

from gpu_course import paths
from gpu_course.metrics.errors import nrmse
from tests.live.test_figures import press, status

sys.path.insert(0, str(paths.root() / "ci"))
import live_data

pytestmark = pytest.mark.browser

STATUS = "document.querySelector('.live-status').textContent"
DONE = f"{STATUS}.startsWith('Done')"


def stored():
    return np.fromfile(live_data.FOLDER / "richardson-lucy.bin", "<f4").reshape(2, 48, 48)


def test_the_stored_answer_is_that_of_the_course():
    made = live_data.deconvolution()
    image, estimate = stored()
    np.testing.assert_array_equal(image, made["image"])
    assert nrmse(estimate, made["estimate"]) <= 1e-4


def test_from_the_keyboard_the_error_is_followed_and_the_psf_displaced(visit):
    found = visit("richardson-lucy")
    page = press(found)
    slider(page, "iterations").focus()
    page.keyboard.press("Home")
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(f"{DONE} && {STATUS}.includes(' 10 ')")
    right = error(page)
    assert "falls from" in page.get_attribute(".live-error-chart", "aria-label")
    assert "displaced" not in page.locator("canvas").nth(2).get_attribute("aria-label")
    slider(page, "PSF centre").focus()
    page.keyboard.press("End")
    page.wait_for_function(f"!({DONE})")
    page.wait_for_function(DONE)
    assert slider(page, "PSF centre").get_attribute("aria-valuetext") == "+0.60 µm"
    assert "displaced to the left" in page.locator("canvas").nth(2).get_attribute("aria-label")
    assert error(page) > 2 * right
    assert page.locator(".live-error-chart .dotted").count() == 1  # the run before
    page.get_by_role("button", name="As at first").press("Enter")
    assert slider(page, "PSF centre").get_attribute("aria-valuetext") == "0.00 µm"
    page.get_by_role("button", name="Close").click()  # while it computes
    page.wait_for_timeout(500)
    assert page.locator(".live-box").count() == 0
    assert found.printed == []


def slider(page, label):
    return page.get_by_role("slider", name=label)


def error(page):
    return float(status(page).split("error ")[1].split(" ")[0])
