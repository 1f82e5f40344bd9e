"""The widgets in a real browser: keyboard, pointer, phone, dark mode, accessibility."""

import io

import numpy as np
import pytest
from PIL import Image

from gpu_course.display import before_after, z_scrubber
from tests.browser import PAGE

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_html():
    """Both widgets, the scrubber twice: two of a kind must not disturb each other."""
    steps = np.ones((12, 60, 90)) * np.arange(12)[:, None, None]
    labels = np.zeros((12, 60, 90), int)
    labels[:, 10:40, 10:40] = 1
    scrubber = z_scrubber(steps, alt="Twelve steps from black to white", voxel_size=(0.5, 0.3, 0.3))
    labelled = z_scrubber(steps, labels=labels, alt="Steps")
    black, white = np.zeros((300, 400, 3), np.uint8), np.full((300, 400, 3), 255, np.uint8)
    divider = before_after(black, white, alt="Black, then white", voxel_size=0.3)
    return PAGE.format(scrubber.html + scrubber.html + labelled.html + divider.html)


def shot(locator):
    return np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("L")).astype(float)


def grey(frame):
    """Median grey of the upper half of a frame, away from the scale bar."""
    drawn = shot(frame)
    return np.median(drawn[10 : len(drawn) // 2, 10:-10])


def test_keys_move_through_z_and_the_picture_follows(open_page):
    page = open_page()
    first = page.locator(".gpuc-z").nth(0)
    other = page.locator(".gpuc-z").nth(1)
    frame, slider = first.locator(".gpuc-frame"), first.locator("input")
    middle = grey(frame)
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert first.locator("output").inner_text() == "z = 7 / 12 (3.5 µm)"
    assert slider.get_attribute("aria-valuetext") == "z = 7 / 12 (3.5 µm)"
    assert grey(frame) > middle + 10
    page.keyboard.press("Home")
    assert grey(frame) < 5
    page.keyboard.press("End")
    assert grey(frame) > 250
    assert first.locator("output").inner_text() == "z = 11 / 12 (5.5 µm)"
    # Its twin further down has not moved.
    assert other.locator("output").inner_text() == "z = 6 / 12 (3.0 µm)"
    assert grey(other.locator(".gpuc-frame")) == middle


def test_every_slice_fills_its_frame(open_page):
    page = open_page()
    widget = page.locator(".gpuc-z").nth(0)
    for z in (0, 3, 4, 7, 11):
        widget.locator("input").fill(str(z))
        drawn = shot(widget.locator(".gpuc-frame"))
        # Without the rounded corners and the bar, one grey from edge to edge: no neighbour.
        inner = drawn[2 : len(drawn) // 2, 8:-8]
        assert np.ptp(inner) < 8
        assert inner.mean() == pytest.approx(255 * z / 11, abs=4)


def share_of_black(frame):
    drawn = shot(frame)
    return (drawn[len(drawn) // 4] < 128).mean()


def test_divider_is_dragged(open_page):
    page = open_page()
    frame = page.locator(".gpuc-ba .gpuc-frame")
    frame.scroll_into_view_if_needed()
    assert share_of_black(frame) == pytest.approx(0.5, abs=0.02)
    box = frame.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.5, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, y, steps=5)
    page.mouse.up()
    assert share_of_black(frame) == pytest.approx(0.8, abs=0.02)
    assert "80% before, 20% after" in frame.locator("input").get_attribute("aria-valuetext")


def test_divider_answers_to_a_finger(open_page):
    page = open_page(width=390, height=800, has_touch=True, is_mobile=True)
    frame = page.locator(".gpuc-ba .gpuc-frame")
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.4)
    assert share_of_black(frame) == pytest.approx(0.25, abs=0.03)


def test_divider_answers_to_keys_and_shows_focus(open_page):
    page = open_page()
    frame = page.locator(".gpuc-ba .gpuc-frame")
    handle = frame.locator("svg")
    before = handle.evaluate("e => getComputedStyle(e).outlineStyle")
    frame.locator("input").focus()
    page.keyboard.press("ArrowRight")
    assert frame.locator("input").get_attribute("aria-valuetext") == "51% before, 49% after"
    assert handle.evaluate("e => getComputedStyle(e).outlineStyle") != before
    page.keyboard.press("End")
    assert share_of_black(frame) > 0.98
    page.keyboard.press("Home")
    assert share_of_black(frame) < 0.02


def test_nothing_is_left_in_the_global_names(open_page):
    page = open_page()
    names = "Object.keys(window).length"
    count = page.evaluate(names)
    for slider in page.locator("input").all():
        slider.focus()
        page.keyboard.press("ArrowRight")
    assert page.evaluate(names) == count


@pytest.mark.parametrize("width", [390, 320])
def test_a_phone_has_no_sideways_scroll(open_page, width):
    page = open_page(width=width, height=800)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for frame in page.locator(".gpuc-frame").all():
        box = frame.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    for slider in page.locator(".gpuc-control input").all():
        box = slider.bounding_box()
        assert box["height"] >= 24  # room for a finger
        # Letters of the widest system fonts leave the least.
        assert box["width"] >= (90 if width == 390 else 64)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_page, scheme):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(open_page(color_scheme=scheme)).response["violations"]
    grave = [(v["id"], v["impact"]) for v in found if v["impact"] in ("serious", "critical")]
    assert not grave


def test_without_javascript_the_middle_slice_and_both_pictures_show(browser, page_html, tmp_path):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    file = tmp_path / "page.html"
    file.write_text(page_html, encoding="utf-8")
    page.goto(file.as_uri())
    middle = grey(page.locator(".gpuc-z .gpuc-frame").first)
    assert middle == pytest.approx(255 * 6 / 11, abs=4)
    assert page.locator("noscript p").first.is_visible()
    frame = page.locator(".gpuc-ba .gpuc-frame")
    black, white = frame.locator(".gpuc-before"), frame.locator(".gpuc-after")
    assert not frame.locator("input").is_visible()
    assert black.bounding_box()["x"] + black.bounding_box()["width"] <= white.bounding_box()["x"]
    assert grey(black) < 5
    assert grey(white) > 250
    # Each has its own scale bar, of the right length.
    for picture in (black, white):
        bar = picture.locator(".gpuc-bar i").bounding_box()["width"]
        assert bar / picture.bounding_box()["width"] == pytest.approx(20 / 0.3 / 400, rel=0.02)
    context.close()
