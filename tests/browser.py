"""The system's Chromium or Chrome, for the tests that need a real browser."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests import screens

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


@contextmanager
def launched(*more: str) -> Iterator[Any]:
    """Start a browser with a profile of its own, which is thrown away; skip where there is none.

    `more` are flags beside the usual ones. The browser opens no window, and is told of no screen:
    even so it would draw on one, and where that one has gone it gives pages no GPU.
    """
    from playwright.sync_api import sync_playwright

    names = ("chromium", "google-chrome", "chromium-browser")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip(f"no browser found: install one of {', '.join(names)}")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=program,
            args=[*FLAGS, *more],
            env={name: value for name, value in os.environ.items() if name not in screens.NAMES},
        )
        yield started
        started.close()
