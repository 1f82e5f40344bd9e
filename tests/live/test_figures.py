"""A live figure from before the press to after its end, in every lesson."""

import pytest

from tests.site.conftest import violations

pytestmark = pytest.mark.browser

LESSONS = ["segmentation", "kernel", "measure", "richardson-lucy", "unet", "paint", "methods"]
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}

# What moved without the reader's doing, and what is higher than the room kept for it.
WATCH = """globalThis.moved = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    const from = entry.sources.map(({ node, previousRect: a, currentRect: b }) =>
      [node?.className || node?.nodeName, a.y, a.height, b.y, b.height]);
    moved.push([entry.value, ...from]);
  }
}).observe({ type: "layout-shift", buffered: true });"""
ROOM = """() => {
  const figure = document.querySelector(".live");
  const last = figure.lastElementChild.getBoundingClientRect().bottom;
  return figure.getBoundingClientRect().bottom - last;
}"""


def press(found, opens=True):
    """Press the button and wait for the figure, or for the sentence that says why there is none."""
    page = found.page
    page.get_by_role("button", name="Run on my GPU").click()
    if opens:
        page.wait_for_selector(".live-device", timeout=90_000)
    else:
        page.wait_for_function(
            "document.querySelector('.live-bar button').ariaDisabled === 'false'"
            " && !document.querySelector('.live-status').textContent.startsWith('Computes')"
        )
    return page


def status(page):
    return page.inner_text(".live-status")


@pytest.mark.parametrize("name", LESSONS)
def test_a_figure_from_before_the_press_to_its_end(visit, name):
    found = visit(name, script=WATCH, viewport=WIDE)
    page = found.page
    # Before: a button, and not a byte.
    assert found.live == []
    assert axe_in_both_themes(page) == []
    # Open: nothing has moved, nothing foreign was asked, and it says where it was computed.
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
    # Closed again: as before.
    page.get_by_role("button", name="Close").click()
    assert page.locator(".live-box").count() == 0
    assert page.locator(".live-bar button").inner_text() == "Run on my GPU"
    page.wait_for_timeout(100)
    assert found.foreign == []
    assert found.printed == []


@pytest.mark.parametrize("name", LESSONS)
def test_on_a_phone_nothing_moves_and_nothing_sticks_out(visit, name):
    assert_it_stays_in_its_room(press(visit(name, script=WATCH, viewport=PHONE)))


def axe_in_both_themes(page):
    found = []
    for theme in ("dark", "light"):
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        found += violations(page)
    return found


def assert_it_stays_in_its_room(page):
    assert [each for each in page.evaluate("moved") if each[0] > 1e-4] == []
    assert page.evaluate(ROOM) >= 0
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("Object.defineProperty(navigator, 'gpu', { value: undefined });", "has no WebGPU"),
        ("GPU.prototype.requestAdapter = async () => null;", "found no GPU"),
        ("GPUAdapter.prototype.requestDevice = () => Promise.reject(Error('busy'));", "busy"),
    ],
    ids=["no WebGPU", "no adapter", "no device"],
)
def test_without_a_gpu_one_sentence_says_so(visit, script, sentence):
    found = visit("segmentation", script=script)
    page = press(found, opens=False)
    assert sentence in status(page)
    assert page.locator(".live-box").count() == 0
    assert page.locator(".live-open").count() == 0
    assert page.locator(".live-bar button").inner_text() == "Run on my GPU"
    assert found.printed == []


def test_a_wrong_answer_is_not_shown(visit):
    found = visit("segmentation")
    people = found.page.request.get(f"{found.address}/live/data/nuclei-people.png").body()
    found.page.route(
        "**/nuclei-labels.png", lambda route: route.fulfill(body=people, content_type="image/png")
    )
    page = press(found, opens=False)
    assert "come out wrong" in status(page)
    assert page.locator("canvas").count() == 0


@pytest.mark.parametrize(
    "file", ["figure.js", "segmentation.js", "grow.wgsl", "nuclei.png", "live.css"]
)
def test_a_part_that_does_not_come_is_told(visit, file):
    found = visit("segmentation")
    found.page.route(f"**/{file}", lambda route: route.fulfill(status=404, body=""))
    page = press(found, opens=False)
    assert "did not come" in status(page)
    assert page.locator(".live-open").count() == 0


def test_a_gpu_that_is_lost_ends_in_a_sentence_and_can_be_had_again(visit):
    lose = """Object.defineProperty(GPUDevice.prototype, "lost", { get() {
      return new Promise((resolve) => { globalThis.lose = () => resolve({ reason: "unknown" }); });
    } });"""
    found = visit("kernel", script=lose)
    page = press(found)
    page.evaluate("lose()")
    page.wait_for_function("document.querySelector('.live-box').inert")
    assert "taken the GPU away" in status(page)
    page.get_by_role("button", name="Run again").click()
    page.wait_for_selector(".live-device")
    assert not page.evaluate("document.querySelector('.live-box').inert")
    assert page.locator(".live-box").count() == 1
    assert found.printed == []


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
    from tests.live.conftest import FIGURE, PAGE, STATIC

    for name in ("course.css", "course.js"):
        (tmp_path / name).write_bytes((STATIC / name).read_bytes())
    html = PAGE.format(theme="light", body=FIGURE.format(name="segmentation"))
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
    assert page.inner_text(".live") == "Try it."


def test_a_keyboard_is_enough(visit):
    found = visit("segmentation")
    page = found.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Run on my GPU"
    page.keyboard.press("Enter")
    page.wait_for_selector(".live-device", timeout=90_000)
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


def test_what_is_no_picture_is_told_and_the_figure_stays(visit):
    page = press(visit("segmentation"))
    before = page.inner_text(".live-told")
    text = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"}
    page.set_input_files("input[type=file]", text)
    page.wait_for_function(
        "document.querySelector('.live-status').textContent.includes('notes.txt')"
    )
    assert "no picture" in status(page)
    assert page.inner_text(".live-told") == before
    assert page.locator("canvas").count() == 6
