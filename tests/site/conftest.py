"""The site as a reader builds it, a server for it, and the system's browser."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from filelock import FileLock

from gpu_course import paths

WIDE = {"width": 1400, "height": 900}
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True)
class Site:
    """The built site: its folder, its address (no slash at the end), what the build printed."""

    folder: Path
    address: str
    log: str


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Keep the test report free of a line for each file served."""


@pytest.fixture(scope="session")
def built(pytestconfig, tmp_path_factory) -> str:
    """Build the site once, with the reader's own command; return what the build printed.

    Processes that share the tests wait for the first of them, and take its answer.
    """
    root = paths.root()
    python = root / ".venv-book" / "bin" / "python"
    if not python.exists():
        pytest.skip("the environment that builds the site is absent: run `make book`")
    shared = tmp_path_factory.getbasetemp()
    if hasattr(pytestconfig, "workerinput"):
        shared = shared.parent
    answer = shared / "site-build.json"
    with FileLock(shared / "site-build.lock"):
        if not answer.exists():
            # The address of the public repository would change links; a reader's build has none.
            kept = {k: v for k, v in os.environ.items() if k != "GPU_COURSE_REPOSITORY"}
            done = subprocess.run(
                [python, "ci/build.py"],
                cwd=root,
                env=kept,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            answer.write_text(json.dumps([done.returncode, done.stdout]), encoding="utf-8")
    status, log = json.loads(answer.read_text(encoding="utf-8"))
    if status:
        pytest.fail(f"ci/build.py exits with {status}:\n{log[-3000:]}", False)
    return log


@pytest.fixture(scope="session")
def site(built) -> Iterator[Site]:
    """Serve the built site on this machine alone, at a free port."""
    folder = paths.root() / "_build" / "html"
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Site(folder, f"http://127.0.0.1:{server.server_port}", built)
        server.shutdown()


@dataclass
class Visit:
    """One page, opened once, with everything it complained about and asked for."""

    name: str
    page: Any
    status: int = 0
    errors: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


def visit(browser: Any, site: Site, name: str, **options: Any) -> Iterator[Visit]:
    """Open a page in a context of its own, wait until it is at rest, and close it afterwards."""
    context = browser.new_context(reduced_motion="reduce", color_scheme="light", **options)
    page = context.new_page()
    found = Visit(name, page)

    def asked(request: Any) -> None:
        if urlsplit(request.url).hostname not in {"127.0.0.1", None}:
            found.foreign.append(request.url)

    def answered(response: Any) -> None:
        if response.status >= 400:
            found.failures.append(f"{response.status} {response.url}")

    page.on("console", lambda m: found.errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: found.errors.append(str(error)))
    page.on("request", asked)
    page.on("response", answered)
    page.on("requestfailed", lambda r: found.failures.append(f"{r.failure} {r.url[:200]}"))
    found.status = page.goto(f"{site.address}/{name}.html", wait_until="networkidle").status
    yield found
    context.close()


def unfold(page: Any) -> None:
    """Open what a reader can open, so that folded text is examined too."""
    opened = page.evaluate(
        """() => {
            const folded = document.querySelectorAll("article details:not([open])");
            folded.forEach(each => each.open = true);
            const hidden = document.querySelectorAll("article .toggle-hidden > .admonition-title");
            hidden.forEach(each => each.click());
            // Every tab at once, below one another.
            const tabs = [...document.querySelectorAll("article .sd-tab-content")]
                .filter(each => each.style.display !== "block");
            tabs.forEach(each => each.style.setProperty("display", "block", "important"));
            return folded.length + hidden.length + tabs.length;
        }"""
    )
    if opened:
        page.wait_for_timeout(200)


def use_theme(page: Any, theme: str) -> None:
    """Let the reader's system ask for a light or a dark page, and wait until it is."""
    page.emulate_media(color_scheme=theme)
    # Asked ten times a second: a page at rest need not draw the frames that Playwright waits for.
    page.wait_for_function(f"document.documentElement.dataset.theme === '{theme}'", polling=100)


# Marks the words whose contrast need not be measured again: of those that look alike and lie on the
# same ground, the three with the most letters stand for all. (Of a lone bracket axe cannot tell
# anything.) A page has thousands of them, and measuring each took nearly all the time.
MARK_ALIKE = """() => {
    document.querySelectorAll("[data-alike]").forEach(word => word.removeAttribute("data-alike"));
    const look = ["color", "backgroundColor", "backgroundImage", "opacity", "filter", "textShadow",
                  "fontSize", "fontWeight", "display", "visibility", "position", "mixBlendMode"];
    const grounds = new Map([[null, ""]]);
    const ground = box => {  // whatever is painted behind the words of a box, from the page up
        if (!grounds.has(box)) {
            const style = getComputedStyle(box);
            const own = [style.backgroundColor, style.backgroundImage, style.opacity, style.filter];
            const bare = own.join() === "rgba(0, 0, 0, 0),none,1,none";
            grounds.set(box, ground(box.parentElement) + (bare ? "" : "/" + own.join()));
        }
        return grounds.get(box);
    };
    const letters = word => (word.textContent.match(/\\w/g) || []).length;
    const alike = new Map();
    for (const word of document.querySelectorAll("body *")) {
        if (![...word.childNodes].some(part => part.nodeType === 3 && part.data.trim())
            || !word.checkVisibility()) continue;
        const style = getComputedStyle(word);
        const key = [word.className, ...look.map(each => style[each]), ground(word)].join();
        alike.set(key, [...(alike.get(key) || []), word]);
    }
    for (const words of alike.values())
        for (const word of words.sort((a, b) => letters(b) - letters(a)).slice(3))
            // A word of code that is only coloured becomes plain text: axe takes its time for
            // each element. What has one class looks alike in every theme.
            if (word.matches("pre span[class]:not(:has(*))") && word.attributes.length === 1)
                word.replaceWith(word.textContent);
            else word.setAttribute("data-alike", "");
}"""
ONE_OF_EACH = """
axe.configure({rules: [{id: "color-contrast", selector: ":not([data-alike])"}]});"""


CONTRAST = "color-contrast"
"""The one rule of axe that looks at colours, and takes most of its time."""


def violations(page: Any, **which: Any) -> list[str]:
    """Return whatever axe finds, minor or critical, with the first elements concerned.

    `which` chooses rules, as axe's own options do: ``runOnly=[CONTRAST]``, or
    ``rules={CONTRAST: {"enabled": False}}``.
    """
    from axe_playwright_python.base import AXE_SCRIPT
    from axe_playwright_python.sync_playwright import Axe

    # The theme makes wide blocks scrollable by keyboard 0.3 s after the last change.
    page.wait_for_timeout(400)
    page.evaluate(MARK_ALIKE)
    # Without preload: it would ask the server for style sheets a second time, at wrong addresses.
    options = {"resultTypes": ["violations"], "preload": False, **which}
    answer = Axe(AXE_SCRIPT + ONE_OF_EACH).run(page, options=options)
    return [
        f"{found['impact']}: {found['id']}: {found['help']}: "
        + "; ".join(
            f"{node['target']} {node['html'][:160]} {node.get('failureSummary', '')[:240]}"
            for node in found["nodes"][:3]
        )
        for found in answer.response["violations"]
    ]
