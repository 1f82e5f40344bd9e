"""How the tests of live figures wait: to an end that says what was seen, and never for long."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 90_000  # milliseconds: a processor stands in for a GPU, on a machine with other work
ALIVE = 5_000  # milliseconds for a page that is asked whether it still answers

# The press is over: the figure is open, or the line beside the button says why it is not.
SETTLED = """(figure) => {
  const said = figure.querySelector(".live-status").textContent;
  const isStarting = figure.querySelector("button").ariaDisabled === "true";
  const isOpen = Boolean(figure.querySelector(".live-device"));
  return !isStarting && (isOpen || !/^(Computes|Starting|Testing)/.test(said));
}"""
HELD = "does not answer: something holds its main thread"
GONE = "has gone with its browser"
SAID = """() => [...document.querySelectorAll(".live-status")]
  .map((each) => each.textContent).join(" | ") || "nothing" """

# A page of its own, without a line of the course, that asks for a GPU as the figures do.
BARE = """<!doctype html><title>Probe</title><button>Ask</button><script>
globalThis.answer = "";
document.querySelector("button").addEventListener("click", async () => {
  let found = "has no WebGPU";
  try {
    const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
    if (navigator.gpu) found = "finds no GPU";
    if (adapter) found = (await adapter.requestDevice()) && "a GPU";
  } catch (reason) {
    found = `cannot open its GPU (${reason.message})`;
  }
  requestAnimationFrame(() => { globalThis.answer = found; });
});</script>"""


@dataclass
class Visit:
    """A page, with everything it printed and asked for."""

    page: Any
    address: str
    printed: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)

    @property
    def foreign(self) -> list[str]:
        """The requests that leave this machine."""
        return [url for url in self.asked if urlsplit(url).hostname not in {"127.0.0.1", None, ""}]

    @property
    def live(self) -> list[str]:
        """The requests for live code and data."""
        return [url for url in self.asked if "/live/" in url]


def settled(page: Any, figure: Any) -> None:
    """Wait until a figure that was pressed is open, or says why it is not."""
    # Asked ten times a second: a page at rest need not draw the frames that Playwright waits for.
    page.wait_for_function(SETTLED, arg=figure.element_handle(), polling=100)


def is_open(page: Any, figure: Any = None) -> None:
    """Wait until a figure that was pressed is open; fail at once where it says that it will not."""
    figure = figure or page.locator(".live")
    settled(page, figure)
    assert figure.locator(".live-device").is_visible(), figure.locator(".live-status").inner_text()


def answers(page: Any, script: str = "true", patience: int = ALIVE) -> Any:
    """Return what a page answers, once it is neither false nor empty; None where that is late."""
    from playwright.sync_api import Error

    try:
        return page.wait_for_function(script, timeout=patience, polling=100).json_value()
    except Error:  # too late, crashed or closed
        return None


def hangs(page: Any) -> bool:
    """Return whether a page does not answer: something holds its main thread, or it has gone."""
    return answers(page) is None


def state(found: Visit) -> str:
    """Return what is known of a page when a test of it has failed."""
    browser = found.page.context.browser
    said = answers(found.page, SAID)
    silence = HELD if browser.is_connected() else GONE
    silent = [url for url in found.asked if url not in found.sizes]
    return (
        f"Chromium {browser.version} at {urlsplit(found.page.url).path}\n"
        f"The page {f'says: {said}' if said else silence}\nIt printed: {found.printed}\n"
        f"Requests without an answer: {silent}"
    )


def no_gpu(browser: Any, script: str = "", patience: int = PATIENCE // 2) -> str:
    """Return why a browser gives a bare page no GPU, in a sentence; empty where it does.

    `script` runs before the page's own.
    """
    from playwright.sync_api import TimeoutError

    with browser.new_context(reduced_motion="reduce") as context:
        context.route("**", lambda route: route.fulfill(body=BARE, content_type="text/html"))
        page = context.new_page()
        printed: list[str] = []
        page.on("console", lambda message: printed.append(message.text))
        page.add_init_script(script)
        page.goto("http://127.0.0.1/")  # an address that is trusted with WebGPU, and is not asked
        with suppress(TimeoutError):  # a click waits for the page, which may not come back
            page.get_by_role("button").click(timeout=patience)
        found = answers(page, "globalThis.answer", patience)
    if found == "a GPU":
        return ""
    what = found or f"leaves a bare page that asks for a GPU without answer for {patience / 1000} s"
    return f"Chromium {browser.version} {what}; it printed {printed}"
