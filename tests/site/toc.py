"""The pages of the book as ``_toc.yml`` lists them; no test types a list of its own."""

from collections.abc import Iterator
from typing import Any

import api_pages
import yaml

from gpu_course import paths
from gpu_course.book import chapters

# Written by ci/build.py from records, scores and docstrings: in the table, but not in book/.
MADE = {
    "reference/scores",
    "reference/trained-networks",
    "reference/execution-record",
    "reference/measured-speed",
    "reference/image-cards",
    "teaching/run-sheet",
    *api_pages.api_pages(paths.package()),
}


def _files(entry: Any) -> Iterator[str]:
    """Yield every page below an entry, whatever parts and sections it is nested in."""
    if isinstance(entry, dict):
        for key, value in entry.items():
            if key in {"root", "file"}:
                yield str(value).removesuffix(".md")
            else:
                yield from _files(value)
    elif isinstance(entry, list):
        for each in entry:
            yield from _files(each)


PAGES = list(_files(yaml.safe_load((paths.root() / "_toc.yml").read_text(encoding="utf-8"))))
"""Every page of the site, in reading order."""

CHAPTERS = [page for page in PAGES if page in set(chapters.names())]
"""The pages that have a source in ``book/``."""
