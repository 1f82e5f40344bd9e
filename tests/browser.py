"""The system's Chromium or Chrome, for the tests that need a real browser."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Nothing outside this machine has an address, so no page can lean on another site.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

# A bare page around widgets: light or dark, as the reader's system asks.
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Widgets</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<style>:root{{color-scheme:light dark}}
body{{font-family:sans-serif;margin:1rem;background:#fff;color:#222}}
@media(prefers-color-scheme:dark){{body{{background:#121212;color:#ddd}}}}</style></head>
<body><main><h1>Widgets</h1>{}</main></body></html>"""


def launched(*more: str) -> Iterator[Any]:
    """Start a browser with a profile of its own, which is thrown away; skip where there is none.

    `more` are flags beside the usual ones.
    """
    from playwright.sync_api import sync_playwright

    names = ("chromium", "google-chrome", "chromium-browser")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip(f"no browser found: install one of {', '.join(names)}")
    # Without a window there is no need of a screen, and one that has ended meanwhile lets WebGPU
    # wait for ever.
    screens = {"DISPLAY", "WAYLAND_DISPLAY"}
    environment = {name: each for name, each in os.environ.items() if name not in screens}
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=program, args=[*FLAGS, *more], env=environment
        )
        yield started
        started.close()
