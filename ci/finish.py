"""What the finished site gets: mended markup, previews, former addresses, no icon too many.

Messengers and social networks show of a link what the page says of itself in its head, in the
words of https://ogp.me: title, description, picture.
"""

import base64
import re
import textwrap
from collections import Counter
from collections.abc import Iterable
from html import escape, unescape
from pathlib import Path

from pages import up

from gpu_course.book.chapters import Chapter
from gpu_course.errors import CourseError
from gpu_course.files import write_atomic

SITE_NAME = "GPU image analysis"
LONGEST = 200
"""Letters of a description: networks cut off what is longer."""

_HEADER = re.compile(r'<div class="course-header">.*?</div>', re.DOTALL)
_TEXT = re.compile(r"<p>(.*?)</p>", re.DOTALL)
_PICTURE = re.compile(r'<img\b[^>]*?\bsrc="([^"]+)"')
_ICON = re.compile(
    r'"?(?P<name>[\w-]+)"?:\[\d+,\d+,\[(?P<others>[^\]]*)\],"[0-9a-f]+",'
    r'(?P<drawing>"[^"]*"|\[[^\]]*\])\]'
)
_EMPTY_HEADING = re.compile(r"<th\b([^>]*)>(?:<p>\s*</p>|&nbsp;|&#160;|\s)*</th>")
_REGION = re.compile(r'role="region" aria-label="([^"]*)"')
_STORED = re.compile(r"data:image/(webp|png|jpeg);base64,(.+)", re.DOTALL)


def mend_bibliography(page: Path) -> None:
    """Give the entries of the bibliography the role that their list announces.

    docutils writes a list whose entries say that they are none, which a screen reader cannot
    read as a list.
    """
    if page.is_file():
        html = page.read_text(encoding="utf-8")
        write_atomic(page, html.replace('role="doc-biblioentry"', 'role="listitem"'))


def mend_markup(site: Path) -> None:
    """Say what the theme and pandas leave out, for those who cannot see the page.

    The arrow that unfolds a part of the menu gets a name, the sidebar with the logo is a landmark,
    an empty corner of a table is no heading, and of several regions with one name, such as two
    tables of one kind, each gets a number.
    """
    arrow = '<summary><span class="toctree-toggle"'
    sidebar = '<div id="pst-primary-sidebar" class='
    mended = {
        arrow: arrow.replace("<summary>", '<summary aria-label="Pages of this section">'),
        sidebar: sidebar.replace(" class=", ' role="navigation" aria-label="Book" class='),
    }
    for page in site.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        better = html
        for stock, ours in mended.items():
            better = better.replace(stock, ours)
        better = _with_regions_apart(_EMPTY_HEADING.sub(r"<td\1></td>", better))
        if better != html:
            write_atomic(page, better)


def _with_regions_apart(html: str) -> str:
    seen: Counter[str] = Counter()

    def apart(region: re.Match[str]) -> str:
        seen[region[1]] += 1
        return region[0] if seen[region[1]] == 1 else f'{region[0][:-1]} ({seen[region[1]]})"'

    return _REGION.sub(apart, html)


def add_previews(site: Path, address: str = "") -> None:
    """Write title, description and picture into the head of every page that has a heading.

    Parameters
    ----------
    site : Path
        The built site.
    address : str
        Its public address. Without one there is no picture: a network asks for it at a full
        address, and nobody knows that of a copy on somebody's disk.
    """
    for page in sorted(site.rglob("*.html")):
        html = page.read_text(encoding="utf-8")
        if "</h1>" in html and 'property="og:title"' not in html:
            name = page.relative_to(site).with_suffix("").as_posix()
            tags = "\n".join(_tags(html, name, site, address))
            write_atomic(page, html.replace("</head>", f"{tags}\n</head>", 1))


def _tags(html: str, name: str, site: Path, address: str) -> list[str]:
    """Return what a page says of itself, one tag a line."""
    title = re.search(r"<title>(.*?)</title>", html, re.DOTALL)
    shown = unescape(title[1]).split("—")[0].strip() if title else SITE_NAME
    facts = {"og:type": "article", "og:site_name": SITE_NAME, "og:title": shown}
    text = description(html)
    if text:
        facts["og:description"] = text
    picture = _picture(html, name, site) if address else ""
    if address:
        facts["og:url"] = f"{address.rstrip('/')}/{name}.html"
    if picture:
        facts["og:image"] = f"{address.rstrip('/')}/{picture}"
    tags = [f'<meta property="{key}" content="{escape(said)}" />' for key, said in facts.items()]
    if text:
        tags.append(f'<meta name="description" content="{escape(text)}" />')
    card = "summary_large_image" if picture else "summary"
    return [*tags, f'<meta name="twitter:card" content="{card}" />']


def description(html: str) -> str:
    """Return the first paragraph below a page's title, as plain text of at most `LONGEST` letters.

    The facts below the title are left out: they are the same on every page.
    """
    body = _HEADER.sub("", html.partition("</h1>")[2])
    for paragraph in _TEXT.findall(body):
        text = " ".join(unescape(re.sub(r"<[^>]+>", "", paragraph)).split())
        if text:
            return textwrap.shorten(text, LONGEST, placeholder=" …")
    return ""


def _picture(html: str, name: str, site: Path) -> str:
    """Return the way from the root to a page's first picture; write it, if it lies in the page."""
    found = _PICTURE.search(html.partition("</h1>")[2])
    if found is None:
        return ""
    stored = _STORED.match(found[1])
    if stored is None:
        place = (site / name).parent / found[1]
        inside = place.is_file() and not found[1].endswith(".svg")
        return place.resolve().relative_to(site.resolve()).as_posix() if inside else ""
    place = site / "_images" / f"preview-{name.replace('/', '-')}.{stored[1]}"
    write_atomic(place, base64.b64decode(stored[2]))
    return place.relative_to(site).as_posix()


def trim_icons(site: Path) -> None:
    """Leave only the icons that the site shows in the theme's script, which brings two thousand.

    An icon that no page and no other script names keeps its entry and loses its drawing: the file
    gets nine tenths smaller, and every first visit fetches it.
    """
    script = site / "_static" / "scripts" / "fontawesome.js"
    if not script.is_file():
        return
    named: set[str] = set()
    for file in [*site.rglob("*.html"), *(site / "_static").rglob("*.js")]:
        if file != script:
            named |= set(re.findall(r"\bfa-([a-z0-9-]+)", file.read_text(encoding="utf-8")))

    def trimmed(icon: re.Match[str]) -> str:
        names = {icon["name"], *re.findall(r'"([^"]+)"', icon["others"])}
        return icon[0] if names & named else icon[0].removesuffix(f"{icon['drawing']}]") + '""]'

    write_atomic(script, _ICON.sub(trimmed, script.read_text(encoding="utf-8")))


def add_redirects(site: Path, book: Iterable[Chapter]) -> list[str]:
    """Leave a page at each former address of a chapter, which leads to where it is now.

    A chapter says where it was in its front matter: ``moved_from: [part/old-name]``.

    Returns
    -------
    list of str
        The former names.

    Raises
    ------
    CourseError
        If there is a page at that address, or two chapters were there.
    """
    left: list[str] = []
    for chapter in book:
        for old in chapter.course.get("moved_from", []):
            place = site / f"{old}.html"
            if place.exists():
                raise CourseError(
                    f"book/{chapter.name}.md: moved_from says {old!r}, but there is a page. "
                    "Take the name out, or give that page another one."
                )
            target = f"{up(old)}{chapter.name}.html"
            write_atomic(place, _redirect(target, chapter.title))
            left.append(old)
    return left


def _redirect(target: str, title: str) -> str:
    """Return a page that leads elsewhere at once, and by a link where nothing moves by itself."""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8" />\n'
        f"<title>{escape(title)}</title>\n"
        f'<meta http-equiv="refresh" content="0; url={escape(target)}" />\n'
        f'<link rel="canonical" href="{escape(target)}" />\n'
        # What stands behind the # is kept.
        f"<script>location.replace({target!r} + location.hash)</script>\n</head>\n"
        f'<body><main><h1>{escape(title)}</h1>\n<p>This page is now <a href="{escape(target)}">'
        "here</a>.</p></main></body>\n</html>\n"
    )
