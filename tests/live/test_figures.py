"""A live figure from before the press to after its end, in every lesson, and all that may fail."""

import numpy as np
import pytest

from tests.live.conftest import LOSS, png
from tests.live.waiting import is_open, settled
from tests.site.conftest import violations

pytestmark = pytest.mark.browser

LESSONS = ["segmentation", "kernel", "measure", "richardson-lucy", "unet", "paint", "methods"]
COMPUTE_BY_THEMSELVES = {"measure", "richardson-lucy"}  # and take no picture of the reader's
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 320, "height": 700}

# What moved, and whether it did so within half a second of a press; where the button stood in every
# frame.
WATCH = """globalThis.moved = [];
globalThis.places = new Set();
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput, sources } of list.getEntries()) {
    const from = sources.map(({ node, previousRect: a, currentRect: b }) =>
      [node?.className || node?.nodeName, a.y, a.height, b.y, b.height]);
    moved.push({ value, hadRecentInput, from });
  }
}).observe({ type: "layout-shift", buffered: true });
const note = () => {
  const button = document.querySelector(".live-bar button");
  if (button) places.add(button.getBoundingClientRect().top);
  requestAnimationFrame(note);
};
requestAnimationFrame(note);"""
FORGET = """() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => {
  moved.length = 0;
  places.clear();
  resolve();
})))"""
ROOM = """() => {
  const figure = document.querySelector(".live");
  const last = figure.lastElementChild.getBoundingClientRect().bottom;
  return figure.getBoundingClientRect().bottom - last;
}"""
DRAWN = """() => [...document.querySelectorAll(".live-box canvas")].map((each) => {
  const copy = new OffscreenCanvas(each.width, each.height).getContext("2d");
  copy.drawImage(each, 0, 0);
  const { data } = copy.getImageData(0, 0, each.width, each.height);
  return data.reduce((a, b) => (a * 31 + b) | 0, 7);
})"""


@pytest.fixture(scope="module")
def photograph():
    """Return a file of twelve megapixels."""
    return png(np.tile(np.arange(4000, dtype=np.uint16) // 16, (3000, 1)).astype(np.uint8))


def press(found, opens=True, name=""):
    """Press the button and wait for the figure, or for the sentence that says why there is none."""
    page = found.page
    figure = page.locator(f".live-{name}" if name else ".live")
    figure.locator(".live-bar button").click()
    (is_open if opens else settled)(page, figure)
    return page


def status(page, name=""):
    return page.inner_text(f".live-{name} .live-status" if name else ".live-status")


def says(page, words):
    """Wait until the line beside the button holds some words."""
    script = "(words) => document.querySelector('.live-status').textContent.includes(words)"
    page.wait_for_function(script, arg=words)


@pytest.mark.parametrize("name", LESSONS)
def test_a_figure_from_before_the_press_to_its_end(visit, photograph, name):
    found = visit(name, script=WATCH + LOSS, viewport=WIDE)
    page = found.page
    assert found.live == []  # before the press, not a byte
    # Open: the reader's view stays, nothing foreign was asked, and it says where it was computed.
    page.evaluate(FORGET)
    press(found)
    assert_it_stays_in_its_room(page)
    assert len(found.live) > 3
    assert "stands in for a GPU" in page.inner_text(".live-device")
    assert page.locator(".live-bar button").get_attribute("aria-expanded") == "true"
    assert axe_in_both_themes(page) == []
    said = page.eval_on_selector_all(
        ".live-box [role=img]", "all => all.map((each) => each.getAttribute('aria-label') ?? '')"
    )
    assert said
    assert all(len(each) > 20 for each in said)
    # What is no picture changes nothing; a large photograph is scaled down, and computed …
    if name not in COMPUTE_BY_THEMSELVES:
        before = page.evaluate(DRAWN), page.inner_text(".live-box")
        text = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"}
        page.set_input_files("input[type=file]", text)
        says(page, "notes.txt is no picture")
        assert (page.evaluate(DRAWN), page.inner_text(".live-box")) == before
        page.set_input_files("input[type=file]", photograph)
        says(page, "4000 × 3000 pixels and was scaled down")
    # … until the GPU is taken away: one sentence, and what is drawn stays.
    drawn = page.locator(".live-box canvas").count()
    page.locator(".live-box :is(input, select, button)").first.focus()
    page.evaluate("takeAway()")
    says(page, "taken the GPU away")
    assert page.evaluate("document.querySelector('.live-box').inert")
    assert page.evaluate("document.activeElement.textContent") == "Run again"
    assert page.locator(".live-box canvas").count() == drawn
    page.wait_for_timeout(200)
    assert "taken the GPU away" in status(page)  # the last word
    # The same button begins anew; on a phone, too, nothing moves and nothing sticks out.
    assert page.locator(".live-bar button").inner_text() == "Run again"
    page.set_viewport_size(PHONE)
    page.locator(".live-bar button").scroll_into_view_if_needed()
    page.evaluate(FORGET)
    press(found)
    page.wait_for_selector(".live-box:not([inert])")
    assert_it_stays_in_its_room(page)
    # Closed again: as before.
    page.get_by_role("button", name="Close").click()
    assert page.locator(".live-box").count() == 0
    assert page.locator(".live-bar button").inner_text() == "Run on my GPU"
    page.wait_for_timeout(100)
    assert len(page.evaluate("[...places]")) == 1
    assert found.foreign == []
    assert found.printed == []


def axe_in_both_themes(page):
    found = []
    for theme in ("dark", "light"):
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        found += violations(page)
    return found


def assert_it_stays_in_its_room(page):
    """Make sure that the press moved only what stands below, and that nothing moved later."""
    bar = page.locator(".live-bar").bounding_box()
    assert len(page.evaluate("[...places]")) == 1
    for shift in page.evaluate("moved"):
        assert shift["hadRecentInput"], shift
        assert all(y >= bar["y"] + bar["height"] for _, y, *_ in shift["from"]), shift
    assert page.evaluate(ROOM) >= 0
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


FAILURES = {
    "no WebGPU": (
        "Object.defineProperty(navigator, 'gpu', { value: undefined });",
        "has no WebGPU",
    ),
    "no adapter": ("GPU.prototype.requestAdapter = async () => null;", "found no GPU"),
    "no device": (
        "GPUAdapter.prototype.requestDevice = () => Promise.reject(Error('busy'));",
        "busy",
    ),
    "small limits": (
        """for (const name of ["maxBufferSize", "maxStorageBufferBindingSize"])
             Object.defineProperty(GPUSupportedLimits.prototype, name, { get: () => 8 });""",
        "MB in one piece, and the GPU gives",
    ),
    "lost at once": (
        LOSS
        + """const late = GPUDevice.prototype.createComputePipelineAsync;
        GPUDevice.prototype.createComputePipelineAsync = function (...how) {
          takeAway();
          return late.apply(this, how);
        };""",
        "taken the GPU away",
    ),
    # A driver that errs in seeds, in a power, in the transform, in a tree, in an interpolation.
    "wrong answers": (
        """const wrong = {
          "hills[there] >= hills[i]": "hills[there] > 1.02 * hills[i]",
          "255.0 * pow(": "254.0 * pow(",
          "done * lines] = a - b": "done * lines] = a - 0.99 * b",
          "value <= node.threshold": "value > node.threshold",
          "mix(here, there, 0.25)": "max(here, there)",
        };
        const make = GPUDevice.prototype.createShaderModule;
        GPUDevice.prototype.createShaderModule = function (how) {
          let { code } = how;
          for (const [right, other] of Object.entries(wrong)) code = code.replace(right, other);
          return make.call(this, { ...how, code });
        };""",
        "wrong",
    ),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_every_figure_says_in_one_sentence_what_failed(visit, failure):
    script, sentence = FAILURES[failure]
    found = visit(*LESSONS, script=script)
    page = found.page
    for name in LESSONS:
        press(found, opens=False, name=name)
        said = status(page, name)
        assert sentence in said, name
        assert 20 < len(said) < 200
        assert said.endswith(".")
    # The page is as it was, and each button still offers to begin.
    assert page.locator(".live-box, .live-open, canvas").count() == 0
    assert page.locator(".live-bar button").all_inner_texts() == ["Run on my GPU"] * len(LESSONS)
    assert found.printed == []


def test_figures_that_nobody_pressed_are_accessible_and_fetch_nothing(visit):
    found = visit(*LESSONS)
    assert axe_in_both_themes(found.page) == []
    assert found.live == []


@pytest.mark.parametrize(
    "file", ["figure.js", "segmentation.js", "grow.wgsl", "nuclei.png", "live.css"]
)
def test_a_part_that_does_not_come_is_told(visit, file):
    found = visit("segmentation")
    found.page.route(f"**/{file}", lambda route: route.fulfill(status=404, body=""))
    page = press(found, opens=False)
    assert "did not come" in status(page)
    assert page.locator(".live-open").count() == 0


def test_too_small_limits_are_told(page):
    said = page.evaluate("""async () => {
      const { connect, Sentence } = await import("/live/gpu.js");
      const gpu = await connect();
      const said = [];
      const tell = (work) => {
        try {
          work();
        } catch (reason) {
          said.push([reason instanceof Sentence, reason.message]);
        }
      };
      tell(() => gpu.empty(2 ** 42));
      tell(() => gpu.run(null, [], [70000, 1]));
      gpu.close();
      return said;
    }""")
    assert [is_sentence for is_sentence, _ in said] == [True, True]
    assert "MB in one piece" in said[0][1]
    assert "workgroups" in said[1][1]


def test_from_a_file_on_the_disk_the_page_says_what_to_do(webgpu, tmp_path, address):
    from tests.live.conftest import PAGE, STATIC, figure

    for name in ("course.css", "course.js"):
        (tmp_path / name).write_bytes((STATIC / name).read_bytes())
    html = PAGE.format(theme="light", body=figure("segmentation"))
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    page = webgpu.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    page.get_by_role("button", name="Run on my GPU").click()
    page.wait_for_function(
        "document.querySelector('.live-status').textContent.includes('http.server')"
    )
    page.close()


def test_without_javascript_there_is_no_button(visit):
    page = visit("segmentation", java_script_enabled=False).page
    assert page.locator("button").count() == 0
    assert page.inner_text(".live").startswith("Turn the two widths")


def test_a_keyboard_is_enough(visit):
    found = visit("segmentation")
    page = found.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Run on my GPU"
    page.keyboard.press("Enter")
    is_open(page)
    assert page.evaluate("document.activeElement.textContent") == "Close"  # the focus stays
    told = page.inner_text(".live-told")
    page.keyboard.press("Tab")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.getAttribute('aria-valuetext')") == "3 px"
    page.wait_for_function(
        "(told) => document.querySelector('.live-told').textContent !== told", arg=told
    )
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    assert page.locator(".live-box").count() == 0
