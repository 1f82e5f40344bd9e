"""A page of the reader's with a GPU in it: a browser that computes WebGPU on the processor."""

import base64
import re
import threading
from collections.abc import Callable, Generator, Iterator
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
from tests.live.waiting import PATIENCE, Visit, hangs, no_gpu, state

LONGEST = 300  # seconds for a test; the longest takes half a minute where others work, too
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
        # test_waiting.py fails where a browser that answers gives no GPU.
        if reason := no_gpu(browser):
            pytest.skip(reason)
        yield browser


Open = Callable[..., Visit]
VISITS = pytest.StashKey[list[Visit]]()
HUNG = pytest.StashKey[str]()


def pytest_itemcollected(item: pytest.Item) -> None:
    """End a test whose page never answers: what is asked of a page directly, waits without end."""
    item.add_marker(pytest.mark.timeout(LONGEST))


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Add to a failure what its pages say."""
    try:
        return (yield)
    except (Exception, pytest.fail.Exception) as error:
        visits = pyfuncitem.stash.get(VISITS, [])
        for found in visits:
            error.add_note(state(found))
        pages = [found.page for found in visits] + [pyfuncitem.funcargs.get("page")]
        if any(page and hangs(page) for page in pages):
            pyfuncitem.getparent(pytest.Module).stash[HUNG] = pyfuncitem.name
        raise


@pytest.fixture(autouse=True)
def _not_after_a_hang(request: pytest.FixtureRequest) -> None:
    """Let the tests of a file not wait one after the other for a browser that hangs or has gone."""
    hung = request.node.getparent(pytest.Module).stash.get(HUNG, "")
    if hung and "webgpu" in request.fixturenames:
        pytest.fail(f"not tried: the page of {hung} no longer answered", pytrace=False)


@pytest.fixture
def visit(request: pytest.FixtureRequest, webgpu: Any, address: str) -> Iterator[Open]:
    """Give a function that opens a page with live figures, in a context of its own.

    ``visit(*names, script="", theme="light", **options)``: `script` runs before the page's own;
    options are those of a browser's context, such as ``viewport``. Without a name the page is bare.
    """
    opened = request.node.stash[VISITS] = []

    def open_page(*names: str, script: str = "", theme: str = "light", **options: Any) -> Visit:
        page = webgpu.new_context(reduced_motion="reduce", **options).new_page()
        page.set_default_timeout(PATIENCE)
        found = Visit(page, address)
        opened.append(found)
        page.on("console", lambda message: found.printed.append(message.text))
        page.on("pageerror", lambda error: found.printed.append(str(error)))
        page.on("crash", lambda _: found.printed.append("the page crashed"))
        page.on("request", lambda request: found.asked.append(request.url))
        page.on("response", lambda r: found.sizes.update({r.url: _length(r)}))
        if script:
            page.add_init_script(script)
        html = PAGE.format(theme=theme, body="".join(map(figure, names)))
        page.route("**/page.html", lambda route: route.fulfill(body=html, content_type="text/html"))
        page.goto(f"{address}/page.html", wait_until="load")
        return found

    yield open_page
    for found in opened:
        found.page.context.close()


def _length(response: Any) -> int:
    return int(response.headers.get("content-length", 0))


@pytest.fixture(scope="module")
def page(webgpu: Any, address: str) -> Iterator[Any]:
    """Give an empty page that can import the live modules, ``import("/live/gpu.js")``.

    In it, ``toText(typedArray)`` and ``toArray(text, Type)`` are the other ends of `as_array` and
    `as_text`.
    """
    context = webgpu.new_context()
    opened = context.new_page()
    opened.add_init_script(TRAVEL)
    html = PAGE.format(theme="light", body="")
    opened.route("**/page.html", lambda route: route.fulfill(body=html, content_type="text/html"))
    opened.goto(f"{address}/page.html")
    opened.set_default_timeout(PATIENCE)
    yield opened
    context.close()
