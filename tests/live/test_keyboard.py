"""Every live figure by keyboard alone: each control reached and seen, each use told to the end."""

import re

import pytest

from tests.live.test_figures import LESSONS, WIDE
from tests.live.waiting import is_open

pytestmark = pytest.mark.browser

MOST_STOPS = 60
# What has the focus: its name, whether it lies in the figure, and what hides the ring around it.
STOP = """() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  const ring = style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
  const reach = ring + parseFloat(style.outlineOffset);
  const box = at.getBoundingClientRect();
  const faults = [];
  if (ring < 2) faults.push("no ring");
  const isCut = box.top < -1 || box.bottom > innerHeight + 1;
  if (isCut && box.height < innerHeight) faults.push("not in view");
  for (let around = at.parentElement; around?.closest(".live"); around = around.parentElement) {
    if (getComputedStyle(around).overflow === "visible") continue;
    const edge = around.getBoundingClientRect();
    const across = [box.left - edge.left, edge.right - box.right];
    const along = [box.top - edge.top, edge.bottom - box.bottom];
    if (Math.min(...across, ...along) < reach - 0.5) faults.push(`cut off by ${around.className}`);
  }
  const label = at.labels?.[0]?.firstElementChild ?? at;
  return {
    name: at.ariaLabel ?? label.textContent.trim(),
    isInside: Boolean(at.closest(".live")),
    faults,
  };
}"""
CONTROLS = ".live :is(button, input, select, textarea, summary, [tabindex='0']):visible"
TOLD = """() => [...document.querySelectorAll(".live [role=status]")].map(
  (each) => each.textContent)"""
TELLS = f"""([pattern, before]) => ({TOLD})().some(
  (text, i) => text !== before[i] && new RegExp(pattern).test(text))"""

# Control, keys, and what a status then says; in the order of the page, all that a figure is for.
USES = {
    "segmentation": [
        ("outline sigma", ["ArrowRight"], r"^\d+ objects"),
        ("threshold", ["Home"], r"^\d+ objects"),
        ("grey values", ["ArrowDown"], r"^\d+ objects"),
        ("As in the chapter", ["Enter"], r"average precision"),
    ],
    "kernel": [
        ("start from", ["ArrowDown"], r"million pixels a second"),
        ("What stands before it", ["Enter"], ""),
        ("The lines before the kernel", ["ArrowDown"], ""),
        ("Your kernel, in WGSL", ["Control+Home", "x", "Control+Enter"], r"not compiled: line 1"),
        ("Line 1, column", ["Enter", "Home", "Delete"], ""),
        ("Run the kernel", ["Space"], r"million pixels a second"),
    ],
    "measure": [("Measure again", ["Space"], r"^(Measuring|Racing)")],
    "richardson-lucy": [
        ("iterations", ["Home", "PageUp"], r"^Done: error [\d.]+ after \d+ iterations"),
        ("Another exposure", ["Enter"], r"^Done"),
    ],
    "unet": [("threshold", ["ArrowRight"], r"threshold of 0\.45, Dice")],
    "paint": [
        ("Clear", ["Space"], r"Paint a stroke on each class"),
        ("A picture to paint on", ["1", "Space"], r"Brush down"),
        ("A picture to paint on", ["Shift+ArrowRight"], r"column 139 of 256, row 129.*as class 1"),
        ("A picture to paint on", ["Space", "2"], r"Brush for class 2"),
        ("A picture to paint on", ["Shift+ArrowDown", "Space", "ArrowLeft"], r"right [\d.]+ %"),
        ("A picture to paint on", ["z"], r"undone"),
        ("The chapter’s strokes", ["Enter"], r"right [\d.]+ %"),
    ],
    "methods": [("picture", ["ArrowDown"], r"^Done\. classical: \d+ objects.*Dice")],
}


def reach(page, name, key="Tab"):
    """Go to a control as a reader does who has no pointer."""
    for _ in range(MOST_STOPS):
        if page.evaluate(STOP)["name"].startswith(name):
            return
        page.keyboard.press(key)
    pytest.fail(f"{name} is not reached by {key}")


def opened(visit, name):
    found = visit(name, viewport=WIDE)
    reach(found.page, "Run on my GPU")
    found.page.keyboard.press("Enter")
    is_open(found.page)
    return found


def walk(page):
    """Press Tab from the figure's button to its end, and back again; what is wrong on the way."""
    stops, faults = [], []
    page.evaluate("document.querySelector('.after').tabIndex = 0")  # what follows on a whole page
    while (stop := page.evaluate(STOP))["isInside"] and len(stops) < MOST_STOPS:
        stops.append(stop["name"])
        faults += [f"{stop['name']}: {fault}" for fault in stop["faults"]]
        page.keyboard.press("Tab")
    assert len(set(stops)) == page.locator(CONTROLS).count(), stops
    assert all(stops), "each control has a name"
    for name in reversed(stops):
        page.keyboard.press("Shift+Tab")
        assert page.evaluate(STOP)["name"] == name
    return faults


@pytest.mark.parametrize("name", LESSONS)
def test_a_figure_is_used_by_keyboard_alone(visit, name):
    found = opened(visit, name)
    page = found.page
    assert walk(page) == []
    for control, keys, told in USES[name]:
        page.wait_for_function("document.querySelector('.live [aria-busy=true]') === null")
        before = page.evaluate(TOLD)
        current = page.evaluate(STOP)["name"]
        if not current.startswith(control):
            reach(page, "Close", "Shift+Tab")
            reach(page, control)
            assert page.evaluate(STOP)["faults"] == []
        for key in keys:
            page.keyboard.press(key)
        if told:
            page.wait_for_function(TELLS, arg=[told, before], timeout=60_000)
    reach(page, "Close", "Shift+Tab")
    page.keyboard.press("Space")
    assert page.locator(".live-box").count() == 0
    assert page.evaluate(STOP)["name"] == "Run on my GPU"
    assert found.printed == []


def test_every_figure_is_walked_through():
    assert set(USES) == set(LESSONS)
    assert all(re.compile(told) for uses in USES.values() for _, _, told in uses)
