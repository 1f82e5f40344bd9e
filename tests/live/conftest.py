"""A page of the reader's with a GPU in it: a browser that computes WebGPU on the processor."""

import base64
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from gpu_course import paths
from tests.browser import launched

PATIENCE = (
    180_000  # milliseconds: a processor that stands in for a GPU, on a machine with other work
)
WEBGPU = ("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader")
STATIC = paths.root() / "book" / "_static"

# The colours that the site's theme gives to a page, and the bare figure that course.js looks for.
PAGE = """<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8">
<title>Live</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<style>html[data-theme=light]{{color-scheme:light;--pst-color-background:#fff;
--pst-color-surface:#f3f4f5;--pst-color-border:#c9c9c9}}
html[data-theme=dark]{{color-scheme:dark;--pst-color-background:#121212;
--pst-color-surface:#222832;--pst-color-border:#48566b}}
body{{margin:0;font-family:system-ui,sans-serif;line-height:1.65;background:var(--pst-color-background);
color:var(--pst-color-text-base)}}
main{{max-width:46rem;margin:auto;padding:1rem}}
.before{{height:20vh}} .after{{height:100vh}}</style>
<link rel="stylesheet" href="course.css"><script src="course.js"></script></head>
<body><main class="bd-article"><h1>Live</h1><p class="before">What stands above.</p>{body}
<p class="after">What follows.</p></main></body></html>"""

# Arrays travel between Python and a page as text: lists of numbers would take many times as long.
TRAVEL = """
globalThis.toText = (array) => {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) {
    text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  }
  return btoa(text);
};
globalThis.toArray = (text, Type = Float32Array) =>
  new Type(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
"""

# A GPU that can be taken away, as by a driver that starts anew: `takeAway()` destroys it, and what
# was queued never comes.
LOSS = """
const request = GPUAdapter.prototype.requestDevice;
GPUAdapter.prototype.requestDevice = async function (...how) {
  const device = await request.apply(this, how);
  const lost = new Promise((resolve) => {
    globalThis.takeAway = () => { resolve({ reason: "unknown", message: "" }); device.destroy(); };
  });
  Object.defineProperty(device, "lost", { value: lost });
  return device;
};"""

FIGURE = '<div class="live live-{name} docutils"><p>{text}</p></div>'


def figure(name: str) -> str:
    """Return a live figure with the longest text that a page of the book gives it."""
    # The page of scores is written by the build.
    pages = [*(paths.root() / "book").rglob("*.md"), paths.root() / "ci" / "score_page.py"]
    found = "".join(page.read_text("utf-8") for page in pages)
    texts = re.findall(rf":::\{{div\}} live live-{name}\b(.*?):::", found, re.S)
    plain = [re.sub(r"[*`\"{}<>]|\{ref\}", "", text) for text in texts]
    return FIGURE.format(name=name, text=max(plain, key=len))


def as_text(array: np.ndarray) -> str:
    """Return an array as a text that ``toArray`` in the page reads."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def as_array(text: str, dtype: type = np.float32) -> np.ndarray:
    """Return the flat array that ``toText`` in the page has written."""
    return np.frombuffer(base64.b64decode(text), dtype)


def png(array: np.ndarray, name: str = "mine.png") -> dict[str, Any]:
    """Return a picture, grey (Y, X) or coloured (Y, X, 3), as a file that a reader chooses."""
    file = BytesIO()
    Image.fromarray(array).save(file, "PNG", compress_level=1)
    return {"name": name, "mimeType": "image/png", "buffer": file.getvalue()}


class _Quiet(SimpleHTTPRequestHandler):
    def translate_path(self, path: str) -> str:
        """Find the trained weights, which the build lays beside the live code."""
        folder, _, name = urlsplit(path).path.rpartition("/")
        if folder == "/live/weights":
            return str(paths.data() / "weights" / name)
        return super().translate_path(path)

    def log_message(self, *_: Any) -> None:
        """Keep the test report free of a line for each file served."""


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Serve the site's own files on this machine alone."""
    handler = partial(_Quiet, directory=str(STATIC))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def webgpu() -> Iterator[Any]:
    """Start a browser with WebGPU, on the processor; skip where there is none."""
    with launched(*WEBGPU) as browser:
        yield browser


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


Open = Callable[..., Visit]


@pytest.fixture
def visit(webgpu: Any, address: str) -> Iterator[Open]:
    """Give a function that opens a page with live figures, in a context of its own.

    ``visit(*names, script="", theme="light", **options)``: `script` runs before the page's own;
    options are those of a browser's context, such as ``viewport``. Without a name the page is bare.
    """
    opened = []

    def open_page(*names: str, script: str = "", theme: str = "light", **options: Any) -> Visit:
        context = webgpu.new_context(reduced_motion="reduce", **options)
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        found = Visit(page, address)
        page.on("console", lambda message: found.printed.append(message.text))
        page.on("pageerror", lambda error: found.printed.append(str(error)))
        page.on("request", lambda request: found.asked.append(request.url))
        page.on("response", lambda r: found.sizes.update({r.url: _length(r)}))
        if script:
            page.add_init_script(script)
        html = PAGE.format(theme=theme, body="".join(map(figure, names)))
        page.route("**/page.html", lambda route: route.fulfill(body=html, content_type="text/html"))
        page.goto(f"{address}/page.html", wait_until="load")
        return found

    yield open_page
    for context in opened:
        context.close()


def _length(response: Any) -> int:
    return int(response.headers.get("content-length", 0))


@pytest.fixture(scope="module")
def page(webgpu: Any, address: str) -> Iterator[Any]:
    """Give an empty page that can import the live modules, ``import("/live/gpu.js")``.

    In it, ``toText(typedArray)`` and ``toArray(text, Type)`` are the other ends of `as_array` and
    `as_text`.
    Skips where the browser finds no WebGPU adapter.
    """
    context = webgpu.new_context()
    opened = context.new_page()
    opened.add_init_script(TRAVEL)
    html = PAGE.format(theme="light", body="")
    opened.route("**/page.html", lambda route: route.fulfill(body=html, content_type="text/html"))
    opened.goto(f"{address}/page.html")
    found = opened.evaluate("async () => Boolean(await navigator.gpu?.requestAdapter())")
    if not found:
        pytest.skip("the browser offers no WebGPU adapter")
    opened.set_default_timeout(PATIENCE)
    yield opened
    context.close()
