"""Every link inside the site leads to a page, a file or a place that exists."""

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.site.toc import PAGES


class _Reader(HTMLParser):
    """Collect what a page links to and which of its places can be linked to."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value or "")
            elif name in {"href", "src"}:
                self.links.append(value or "")


@cache
def _read(file: Path) -> _Reader:
    """Return what is on a page, read once for all pages that link to it."""
    reader = _Reader()
    reader.feed(file.read_text(encoding="utf-8"))
    return reader


@pytest.mark.parametrize("name", PAGES)
def test_internal_links_lead_somewhere(site, name):
    here = site.folder / f"{name}.html"
    broken = []
    for link in dict.fromkeys(_read(here).links):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc or not link:
            continue
        target = (here.parent / unquote(parts.path)).resolve() if parts.path else here
        if target.is_dir():
            target /= "index.html"
        inside = target.is_file() and target.is_relative_to(site.folder.resolve())
        anchor = unquote(parts.fragment)
        if not inside:
            broken.append(f"{link}: no such file")
        elif anchor and target.suffix == ".html" and anchor not in _read(target).anchors:
            broken.append(f"{link}: no such place on that page")
    assert not broken


@pytest.mark.parametrize("name", PAGES)
def test_no_page_fetches_from_elsewhere(site, name):
    # The browser tests see what is fetched; this one also sees what would be, one click later.
    text = (site.folder / f"{name}.html").read_text(encoding="utf-8")
    reader = _Fetched()
    reader.feed(text)
    assert not reader.foreign


class _Fetched(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        address = values.get("src") or (values.get("href") if tag == "link" else "") or ""
        if urlsplit(address).netloc and values.get("rel") != "canonical":
            self.foreign.append(f"<{tag}> {address}")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_can_be_reached_from_the_first(site, name):
    start = (site.folder / "index.html").resolve()
    targets = {(start.parent / urlsplit(link).path).resolve() for link in _read(start).links}
    assert name == "index" or (site.folder / f"{name}.html").resolve() in targets
