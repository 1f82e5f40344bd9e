"""Docstrings in numpydoc's style as MyST, for the pages of the package reference.

Knows what the docstrings of the course use and no more: paragraphs, lists, examples, the sections,
names in backquotes, Sphinx's roles, footnotes and links to papers.
"""

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple

_PIECES = re.compile(
    r"``(?P<literal>.+?)``"
    r"|(?::\w+:)?`~?(?P<name>[^`]+)`"
    r"|(?P<address>https?://[^\s,;]*[^\s,;.)])"
    r"|doi:(?P<doi>10\.[^\s,;]*[^\s,;.)])"
    r"|\*\*(?P<strong>[^*]+)\*\*"
    r"|(?P<stress>(?<![\w*])\*[^\s*](?:[^*]*[^\s*])?\*(?![\w*]))"
)
_SPECIAL = re.compile(r"([\\`*_$<>\[\]{}#|])")
_FOOTNOTE = re.compile(r"\.\. \[(\d+)\] ")
_ENTRIES = ("Parameters", "Attributes", "Returns", "Yields", "Raises")
_OPENING = re.compile(r"(?<=^\d)(?=[.)])|^(?=[-+:=%])")


class Entry(NamedTuple):
    """One entry of a section: ``name : kind``, and indented below it what it is."""

    name: str
    kind: str
    text: list[str]


def inline(text: str) -> str:
    """Return a line of prose as MyST: what looks like markup and is none is escaped.

    Parameters
    ----------
    text : str
        Such as ``"Twice the :func:`dice` of [1]_"``.
    """
    said, end = "", 0
    for piece in _PIECES.finditer(text):
        said += _SPECIAL.sub(r"\\\1", text[end : piece.start()])
        end = piece.end()
        if piece["stress"]:
            said += f"*{inline(piece['stress'][1:-1])}*"
        elif piece["strong"]:
            said += f"**{inline(piece['strong'])}**"
        elif piece["address"]:
            said += f"<{piece['address']}>"
        elif piece["doi"]:
            said += f"[doi:{piece['doi']}](https://doi.org/{piece['doi']})"
        else:
            # A role with a tilde, as in Sphinx, shows the last name alone.
            short = piece["name"] and piece[0].rpartition("`")[0].partition("`")[2].startswith("~")
            name = piece["literal"] or piece["name"]
            said += f"`{name.rpartition('.')[2] if short else name}`"
    return re.sub(r"(\\\[\d+\\\])\\?_", r"\1", said + _SPECIAL.sub(r"\\\1", text[end:]))


def sections(docstring: str) -> dict[str, list[str]]:
    """Return the lines below each underlined title; those before the first one under ``""``."""
    found: dict[str, list[str]] = {"": []}
    title, lines = "", docstring.splitlines() or [""]
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if line and re.fullmatch(r"-{3,}", below):
            title = line.strip()
            found[title] = []
        elif not (re.fullmatch(r"-{3,}", line) and not found[title]):
            found[title].append(line)
    return found


def summary(docstring: str) -> str:
    """Return the first paragraph, as MyST on one line."""
    return inline(" ".join(takewhile(str.strip, docstring.splitlines())))


def entries(lines: list[str]) -> Iterator[Entry]:
    """Yield the entries of a section such as Parameters or Returns."""
    current: Entry | None = None
    for line in lines:
        if line and not line.startswith(" "):
            if current:
                yield current
            name, _, kind = line.partition(" : ")
            current = Entry(name.strip(), kind.strip(), [])
        elif current:
            current.text.append(line.removeprefix("    "))
    if current:
        yield current


def render(docstring: str) -> list[str]:
    """Return a docstring as lines of MyST; the titles of its sections are no headings.

    Parameters
    ----------
    docstring : str
        Without the indentation of the source, as ``ast.get_docstring`` gives it.
    """
    found = sections(docstring)
    said = blocks(found.pop(""))
    for title, lines in found.items():
        said += [f"**{title}**", ""]
        if title in _ENTRIES:
            for entry in entries(lines):
                said += _definition(title, entry)
        elif title == "References":
            said += [*references(lines), ""]
        else:
            said += blocks(lines)
    return said


def _definition(section: str, entry: Entry) -> list[str]:
    text = blocks(entry.text)
    if section == "Raises":
        term = f"`{entry.name.rpartition('.')[2]}`"
    elif section in {"Parameters", "Attributes"} or entry.kind:
        term = ", ".join(f"`{name}`" for name in entry.name.split(", "))
    else:  # what is returned often has a kind alone
        term = inline(entry.name)
    kind = f"*{inline(entry.kind)}*" if entry.kind else ""
    if not text and not kind:
        return [f"* {term}", ""]
    body = [kind + "\\", *text] if kind and text and text[0] else [kind or text[0], *text[1:]]
    return [term, f":   {body[0]}", *(f"    {line}".rstrip() for line in body[1:]), ""]


def references(lines: list[str]) -> list[str]:
    """Return the papers of a docstring as a list: one a line, or numbered as footnotes are."""
    papers: list[str] = []
    for line in filter(str.strip, lines):
        if line.startswith(" "):
            papers[-1] += f" {line.strip()}"
        else:
            papers.append(_FOOTNOTE.sub(r"[\1] ", line))
    return [f"* {inline(paper)}" for paper in papers]


def blocks(lines: list[str]) -> list[str]:
    """Return paragraphs, lists and examples as lines of MyST, a blank line after each block."""
    said: list[str] = []
    block: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            block.append(line)
        elif block:
            said += [*_block(block), ""]
            block = []
    return said


def _block(lines: list[str]) -> list[str]:
    if lines[0].startswith(">>>"):
        code = [re.sub(r"\s*# doctest: \S+$", "", line) for line in lines]
        return ["```pycon", *code, "```"]
    items: list[str] = []
    for line in lines:
        if items and not line.startswith(("* ", "- ")):
            items[-1] += f" {line.strip()}"
        else:
            items.append(line)
    if items[0].startswith(("* ", "- ")):
        return [f"* {inline(item[2:].strip())}" for item in items]
    # An opening such as “1.” or “:” would begin a list.
    return [_OPENING.sub(r"\\", inline(item.strip())) for item in items]
