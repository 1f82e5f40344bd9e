"""One download, done carefully: the right kind of file, complete, or nothing at all."""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from gpu_course.errors import MachineError

_BAR_AFTER = 2.0  # seconds of silence before a progress bar is worth showing
_CHUNK = 1 << 16
OTHER_SOURCES = (
    "set GPU_COURSE_MIRROR to a folder or URL that has the course's images "
    "(an instructor may hand one out)"
)


def download(url: str, path: str, digest: str, cache: Path) -> Path:
    """Download one file into the cache and return it, or raise and leave nothing behind.

    `pooch` writes to a temporary file, compares the sha256, `digest`, and only then renames, so the
    cache never holds half a file. `path` is that in the registry, and below `cache`, which is
    created when needed.

    Raises
    ------
    MachineError
        No network, a server that refuses, a page instead of the file, other contents than
        registered, or no room on the disk.
    """
    import pooch
    import requests

    host = urlsplit(url).netloc
    try:
        with _quiet(pooch.get_logger()):
            saved = pooch.retrieve(
                url, f"sha256:{digest}", fname=path, path=cache, downloader=_stream_to
            )
    except requests.HTTPError as error:
        answer = "an error" if error.response is None else str(error.response.status_code)
        raise MachineError(
            f"{host} answered {answer} for {path} ({url}). "
            f"The file may have moved: update the course, or {OTHER_SOURCES}."
        ) from error
    except requests.RequestException as error:
        raise MachineError(
            f"{path} could not be fetched: no working connection to {host}. "
            f"Connect to the internet and run this again, or {OTHER_SOURCES}."
        ) from error
    except ValueError as error:  # pooch's word for a wrong hash
        raise MachineError(
            f"{path} from {url} is not the file the course expects (its sha256 differs), so it "
            f"was thrown away. Try again in case the transfer was damaged; if it stays, update "
            f"the course, or {OTHER_SOURCES}."
        ) from error
    except OSError as error:
        raise cannot_save(error, path, cache) from error
    return Path(saved)


def cannot_save(error: OSError, path: str, cache: Path) -> MachineError:
    """Put a failed write into words."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    cause = "the disk is full" if full else (error.strerror or str(error))
    cure = "Free some space there" if full else "Make that folder writable"
    return MachineError(
        f"{path} could not be saved in {cache}: {cause}. "
        f"{cure}, or set GPU_COURSE_CACHE to a folder on another disk."
    )


def _stream_to(url: str, output: str | Path | IO[bytes], pooch: Any) -> None:
    """Write what a URL answers to a file; the downloader that `pooch` calls."""
    import requests

    with requests.get(url, stream=True, timeout=30) as answer:
        answer.raise_for_status()
        total = int(answer.headers.get("Content-Length", 0)) or None
        chunks = answer.iter_content(_CHUNK)
        first = next(chunks, b"")
        _refuse_web_page(url, answer.headers.get("Content-Type", ""), first)
        # pooch passes a path here; it passes an open file only to its own processors.
        with Path(str(output)).open("wb") as stream, _progress(url, total) as advance:
            stream.write(first)
            advance(len(first))
            for chunk in chunks:
                stream.write(chunk)
                advance(len(chunk))


def _refuse_web_page(url: str, content_type: str, start: bytes) -> None:
    """Raise if a login or error page came instead of the file.

    Hotel and campus networks answer every request with a login page and status 200.
    """
    opening = start[:512].lstrip().lower()
    if content_type.startswith("text/html") or opening.startswith((b"<!doctype html", b"<html")):
        raise MachineError(
            f"A web page came instead of the file {url}; often that is the login page of a "
            f"guest network. Open a browser, log in, and run this again, or {OTHER_SOURCES}."
        )


@contextmanager
def _progress(url: str, total: int | None) -> Iterator[Any]:
    """Yield a function that counts bytes and draws a bar once the wait gets noticeable."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    name = url.rsplit("/", 1)[-1]
    console = Console(stderr=True)
    bar = Progress(
        TextColumn(f"Fetching {name}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=console,
        # The bar vanishes when done; a log file, which cannot redraw, keeps one line instead.
        transient=console.is_terminal or console.is_jupyter,
    )
    task = bar.add_task(name, total=total)
    begin = time.monotonic()

    def advance(count: int) -> None:
        bar.advance(task, count)
        if not bar.live.is_started and time.monotonic() - begin > _BAR_AFTER:
            bar.start()

    try:
        yield advance
    finally:
        if bar.live.is_started:
            bar.stop()


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    """Silence pooch's remarks: they name local folders, which would end up in a notebook."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
