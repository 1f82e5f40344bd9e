"""The live painting: strokes by pointer and by keyboard, and pictures of the reader's."""

import numpy as np
import pytest

from tests.live.conftest import png
from tests.live.waiting import is_open

pytestmark = pytest.mark.browser

TOLD = ".live-told"
BOARD = ".live-board"
# Of a copy: a canvas that is read often makes the browser print advice.
COLOUR = """([x, y]) => {
  const copy = new OffscreenCanvas(1, 1).getContext("2d");
  copy.drawImage(document.querySelector(".live-board"), x, y, 1, 1, 0, 0, 1, 1);
  return [...copy.getImageData(0, 0, 1, 1).data];
}"""
BLUE, ORANGE = [0, 114, 178, 255], [230, 159, 0, 255]


def opened(visit, **how):
    found = visit("paint", **how)
    found.page.get_by_role("button", name="Run on my GPU").click()
    is_open(found.page)
    return found


def waits_for(page, words, where=TOLD):
    script = "([where, words]) => document.querySelector(where).textContent.includes(words)"
    page.wait_for_function(script, arg=[where, words])


def drag(page, start, end):
    """Paint from one pixel of the picture to another, which is as wide as the canvas."""
    box = page.locator(BOARD).bounding_box()
    scale = box["width"] / page.evaluate("document.querySelector('.live-board').width")
    page.mouse.move(box["x"] + scale * (start[0] + 0.5), box["y"] + scale * (start[1] + 0.5))
    page.mouse.down()
    page.mouse.move(box["x"] + scale * (end[0] + 0.5), box["y"] + scale * (end[1] + 0.5), steps=3)
    page.mouse.up()


def right(page):
    return float(page.inner_text(TOLD).split("right ")[1].split(" %")[0])


def test_strokes_of_pointer_and_keyboard_change_the_answer(visit):
    found = opened(visit)
    page = found.page
    first = right(page)
    assert 80 < first < 95
    board = page.locator(BOARD)
    board.scroll_into_view_if_needed()
    # A corner that the chapter's strokes leave wrong in places, and its other class beside it.
    page.get_by_label("brush").select_option("fine (orange)")
    drag(page, (20, 30), (90, 60))
    changed = f"(before) => !document.querySelector('{TOLD}').textContent.includes(before)"
    page.wait_for_function(changed, arg=f"right {first:.1f}")
    assert page.evaluate(COLOUR, [20, 30]) == ORANGE
    page.get_by_role("button", name="Undo").click()
    waits_for(page, f"right {first:.1f}")
    page.get_by_role("button", name="Clear").click()
    waits_for(page, "Paint a stroke on each class")
    # Both classes by keyboard: the brush begins in the middle.
    board.focus()
    for key in ("1", " ", "Shift+ArrowRight", "ArrowUp", " "):
        page.keyboard.press(key)
    for key in ("2", "Shift+ArrowLeft", "Shift+ArrowDown", " ", "ArrowLeft"):
        page.keyboard.press(key)
    waits_for(page, "right")
    assert page.evaluate(COLOUR, [138, 128]) == BLUE
    assert page.evaluate(COLOUR, [128, 136]) == ORANGE
    assert "45 pixels of class 1 and 15 of class 2" in board.get_attribute("aria-label")
    page.keyboard.press("z")
    page.keyboard.press("Tab")  # the keyboard is not caught in the picture
    assert page.evaluate("document.activeElement.className") != board.get_attribute("class")
    # The nuclei come without strokes.
    page.get_by_label("picture", exact=False).first.select_option("nuclei")
    waits_for(page, "Paint a stroke on each class")
    page.get_by_role("button", name="The chapter’s strokes").click()
    waits_for(page, f"right {first:.1f}")
    page.get_by_role("button", name="Close").click()
    assert found.printed == []
    assert found.foreign == []


def test_a_wide_picture_of_the_reader_s_is_painted_on(visit):
    found = opened(visit, viewport={"width": 390, "height": 844})
    page = found.page
    wide = np.tile((np.arange(400) // 200 * 200).astype(np.uint8), (300, 1))
    page.set_input_files("input[type=file]", png(wide))
    waits_for(page, "Paint a stroke on each class")
    page.locator(BOARD).scroll_into_view_if_needed()
    drag(page, (50, 150), (100, 155))
    page.get_by_label("brush").select_option("class 2 (orange)")
    drag(page, (300, 150), (350, 155))
    waits_for(page, "% orange")
    orange = float(page.inner_text(TOLD).split(", ")[1].split(" %")[0])
    assert abs(orange - 50) < 2
    # Closed while it computes.
    drag(page, (150, 150), (155, 155))
    page.get_by_role("button", name="Close").click()
    page.wait_for_timeout(500)
    assert "wrong" not in page.inner_text(".live-status")
    assert found.printed == []
