"""Check that every web address the course gives its readers still answers.

Reads the chapters, the bibliography, the papers at the root, the data cards and the registry of
remote images, asks each address once, and prints a report in Markdown. A weekly workflow runs it
and keeps one issue up to date with what it says. Standard library only, so that it needs no
environment.

Usage: ``python ci/links.py [--report FILE]``.
The exit status is 1 if an address is broken.
"""

from __future__ import annotations

import argparse
import csv
import http.client
import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = (
    "book/**/*.md",
    "book/**/*.bib",
    "*.md",
    "CITATION.cff",
    "data/**/*.md",
    "data/**/*.toml",
)
REGISTRY = "data/registry.csv"

# Addresses of the reader's own machine (a Dask dashboard, say) and reserved example names.
SKIP = (
    r"^https?://(localhost|127\.[\d.]+|0\.0\.0\.0|\[::1\]|([^/]+\.)?example\.(com|org|net))([:/]|$)"
)

ADDRESS = re.compile(r"https?://[^\s<>\"'`|\\^\[\]]+")
DOI = re.compile(r"\bdoi\s*[=:]\s*[{\"]?(10\.[^\s{}\",]+)", re.IGNORECASE)

# A page that refuses programs may be well for people: named in the report, but no failure.
REFUSALS = frozenset({401, 403, 405, 406, 418, 429, 451, 999})
# Asking again soon will not change these.
FINAL = REFUSALS - {429} | {404, 410}
TRIES, PAUSE, TIMEOUT = 3, 5.0, 20.0
"""Rounds before giving up; seconds before the second round, and for one answer."""
AGENT = "Mozilla/5.0 (compatible; gpu-course link check)"


@dataclass(frozen=True)
class Place:
    """Where an address stands: path below the root, line number from 1, and the address."""

    path: str
    line: int
    url: str


@dataclass(frozen=True)
class Answer:
    """What an address said.

    Attributes
    ----------
    url : str
        The address asked.
    verdict : str
        ``"ok"``, ``"refused"`` (lives, but does not talk to programs) or ``"broken"``.
    reason : str
        HTTP status or the cause of the failure, in words.
    """

    url: str
    verdict: str
    reason: str


def trimmed(url: str) -> str:
    """Cut what follows an address in a sentence or in Markdown.

    A closing parenthesis belongs to the address only if the address opened it; punctuation at
    the end never does.
    """
    depth = 0
    for position, character in enumerate(url):
        depth += (character == "(") - (character == ")")
        if depth < 0:
            url = url[:position]
            break
    return url.rstrip(".,;:!?*_~}")


def addresses_in(text: str) -> Iterator[tuple[int, str]]:
    """Yield ``(line number, address)`` for every web address and DOI in a text.

    Parameters
    ----------
    text : str
        Markdown, BibTeX, YAML or TOML.

    Yields
    ------
    tuple of int and str
        Addresses with a placeholder (``{`` or ``$``) are left out: they are templates. So is
        what follows ``#``, which is for the browser.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        for match in ADDRESS.finditer(line):
            url = trimmed(match.group()).split("#", 1)[0]
            if "{" not in url and "$" not in url:
                yield number, url
        for match in DOI.finditer(line):
            yield number, trimmed(f"https://doi.org/{match.group(1)}")


def collect(root: Path) -> list[Place]:
    """Find every address in the files of the course at `root`, but those that match `SKIP`.

    Returns
    -------
    list of Place
        Sorted by file and line; an address may stand in several places.
    """
    places = set()
    files = {path for pattern in SOURCES for path in root.glob(pattern) if path.is_file()}
    for path in files:
        name = path.relative_to(root).as_posix()
        for line, url in addresses_in(path.read_text(encoding="utf-8")):
            places.add(Place(name, line, url))
    registry = root / REGISTRY
    if registry.is_file():
        with registry.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            for row in rows:
                # Of git+ORIGIN@COMMIT#PATH, a browser can open the origin.
                url = re.sub(r"^git\+(.*)@\w+#.*$", r"\1", row.get("url") or "")
                if url:
                    places.add(Place(REGISTRY, rows.line_num, url))
    chosen = [place for place in places if not re.search(SKIP, place.url)]
    return sorted(chosen, key=lambda place: (place.path, place.line, place.url))


def ask(url: str, method: str) -> int:
    """Request an address once, following redirections; return the HTTP status."""
    # A file may be large: the first byte is proof enough that a GET would work.
    headers = {"User-Agent": AGENT, "Accept": "*/*", "Range": "bytes=0-0"}
    if method == "HEAD":
        del headers["Range"]
    request = urllib.request.Request(url, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def check(url: str) -> Answer:
    """Ask an address, patiently; never raise for what a server, or the lack of one, does.

    HEAD comes first because it is cheap; servers that do not do HEAD get a GET. Failures that
    may pass (no answer, server errors, "too many requests") are tried again after a pause that
    doubles each time. A missing page, or a refusal, is final at once.
    """
    reason, status = "", 0
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE * 2 ** (attempt - 1))
        for method in ("HEAD", "GET"):
            try:
                status = ask(url, method)
                reason = f"HTTP {status} {http.client.responses.get(status, '')}".strip()
            except (OSError, http.client.HTTPException, ValueError) as error:
                status = 0
                cause = getattr(error, "reason", error)
                reason = f"no answer: {cause or type(error).__name__}"
            # A redirection that urllib gave up on arrives as its 3xx status: a loop, so broken.
            if 200 <= status < 300:
                return Answer(url, "ok", reason)
        if status in FINAL:
            break
    return Answer(url, "refused" if status in REFUSALS else "broken", reason)


def check_all(urls: Iterable[str]) -> dict[str, Answer]:
    """Check each address once, a few at a time, with a running count on standard error."""
    wanted = sorted(set(urls))
    answers = {}
    with ThreadPoolExecutor(max_workers=4) as pool:
        waiting = [pool.submit(check, url) for url in wanted]
        for count, done in enumerate(as_completed(waiting), start=1):
            answer = done.result()
            answers[answer.url] = answer
            print(f"\r{count}/{len(wanted)} addresses", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return answers


def judged(place: Place, answer: Answer) -> str:
    """Return the verdict for one place: a download that refuses programs is broken."""
    if answer.verdict == "refused" and place.path == REGISTRY:
        return "broken"
    return answer.verdict


def report(places: list[Place], answers: dict[str, Answer]) -> str:
    """Write what was found as Markdown: broken addresses first, with file and line."""
    lines = [f"{len(answers)} addresses in {len({place.path for place in places})} files.", ""]
    headings = {
        "broken": "Broken",
        "refused": "Refused to answer a program: open these by hand now and then",
    }
    for verdict, heading in headings.items():
        chosen = [place for place in places if judged(place, answers[place.url]) == verdict]
        if chosen:
            lines += [f"## {heading}", ""]
            lines += [
                f"* `{place.path}:{place.line}` <{place.url}>: {answers[place.url].reason}"
                for place in chosen
            ]
            lines.append("")
    if len(lines) == 2:
        lines.append("All answer.")
    return "\n".join(lines).rstrip() + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Check all links; return 1 if one is broken."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--report", type=Path, help="write the report to this file too")
    chosen = parser.parse_args(arguments)

    places = collect(ROOT)
    if not places:
        print(f"No address found below {ROOT}: is this the course's folder?")
        return 1
    answers = check_all(place.url for place in places)
    text = report(places, answers)
    print(text, end="")
    if chosen.report:
        chosen.report.write_text(text, encoding="utf-8")
    return int(any(judged(place, answers[place.url]) == "broken" for place in places))


if __name__ == "__main__":
    sys.exit(main())
