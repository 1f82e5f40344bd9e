"""The weekly link check, against a server on this machine."""

import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import links
import pytest


class Site:
    """A small server whose pages misbehave in the ways of the real web."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str]] = Counter()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                site.requests[self.command, self.path] += 1
                asked = sum(n for (_, path), n in site.requests.items() if path == self.path)
                status, headers = 200, {}
                if self.path == "/missing":
                    status = 404
                elif self.path == "/no-head" and self.command == "HEAD":
                    status = 405
                elif self.path == "/people-only":
                    status = 403
                elif self.path == "/tired" and asked <= 2:
                    status = 503
                elif self.path == "/down":
                    status = 500
                elif self.path == "/moved":
                    status, headers = 301, {"Location": "/page"}
                elif self.path == "/circle":
                    status, headers = 302, {"Location": "/circle"}
                elif self.path == "/slow":
                    site.released.wait(10)
                self.send_response(status)
                for name, value in {"Content-Length": "0", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()

            do_HEAD = do_GET = answer

            def log_message(self, *_: object) -> None:
                pass

        self.released = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    # A proxy of the surroundings must not stand between the test and its own server.
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    site = Site()
    yield site
    site.close()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "PAUSE", 0)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("See [a page](https://a.org/x), and more.", ["https://a.org/x"]),
        ("[one](https://a.org/1)[two](https://a.org/2)", ["https://a.org/1", "https://a.org/2"]),
        ("([PSF](https://a.org/wiki/PSF_(optics)))", ["https://a.org/wiki/PSF_(optics)"]),
        (
            "<https://a.org/auto>. Bare: https://a.org/bare.",
            ["https://a.org/auto", "https://a.org/bare"],
        ),
        ("[label]: https://a.org/reference", ["https://a.org/reference"]),
        ("  url = {https://a.org/bib},", ["https://a.org/bib"]),
        ("  doi = {10.1038/s41592-019-0001-1},", ["https://doi.org/10.1038/s41592-019-0001-1"]),
        ('doi: "10.5281/zenodo.1"', ["https://doi.org/10.5281/zenodo.1"]),
        ("as published (doi:10.7717/peerj.453).", ["https://doi.org/10.7717/peerj.453"]),
        ("https://a.org/page#section", ["https://a.org/page"]),
        ("https://a.org/{name}/x and https://a.org/${name}", []),
        ("nothing here: ftp://a.org, a.org", []),
    ],
)
def test_addresses_are_cut_out_of_their_sentence(line: str, found: list[str]):
    assert [url for _, url in links.addresses_in(line)] == found


def write_course(root: Path, pages: list[str], files: list[str]) -> None:
    (root / "book" / "part").mkdir(parents=True)
    (root / "data").mkdir()
    lines = [f"[link {number}]({url})" for number, url in enumerate(pages)]
    (root / "book" / "part" / "chapter.md").write_text("# Title\n\n" + "\n".join(lines) + "\n")
    rows = [f"file-{number}.tif,{url}" for number, url in enumerate(files)]
    (root / "data" / "registry.csv").write_text("path,url\n" + "\n".join(rows) + "\n")


def test_every_kind_of_file_is_read_and_local_addresses_are_left_out(tmp_path: Path):
    write_course(tmp_path, ["https://a.org/1", "http://localhost:8787/status"], ["https://a.org/f"])
    (tmp_path / "README.md").write_text(
        "https://a.org/readme http://127.0.0.1:8000 https://example.org\n"
    )
    (tmp_path / "CITATION.cff").write_text('repository: "https://a.org/cff"\n')
    (tmp_path / "book" / "references.bib").write_text("@misc{x,\n  doi = {10.1/2}\n}\n")
    (tmp_path / "data" / "nuclei.toml").write_text('origin = "See https://a.org/card."\n')
    places = [(place.path, place.line, place.url) for place in links.collect(tmp_path)]
    assert places == [
        ("CITATION.cff", 1, "https://a.org/cff"),
        ("README.md", 1, "https://a.org/readme"),
        ("book/part/chapter.md", 3, "https://a.org/1"),
        ("book/references.bib", 2, "https://doi.org/10.1/2"),
        ("data/nuclei.toml", 1, "https://a.org/card"),
        ("data/registry.csv", 2, "https://a.org/f"),
    ]


@pytest.mark.parametrize(
    ("path", "verdict"),
    [
        ("/page", "ok"),
        ("/moved", "ok"),
        ("/no-head", "ok"),
        ("/tired", "ok"),
        ("/people-only", "refused"),
        ("/missing", "broken"),
        ("/down", "broken"),
        ("/circle", "broken"),
    ],
)
def test_verdicts(site: Site, path: str, verdict: str):
    answer = links.check(site.address + path)
    assert (answer.verdict, answer.url) == (verdict, site.address + path)
    assert answer.reason.startswith("HTTP ")


def test_a_healthy_page_is_asked_once_and_a_missing_one_is_not_tried_again(site: Site):
    links.check(site.address + "/page")
    links.check(site.address + "/missing")
    assert site.requests == {("HEAD", "/page"): 1, ("HEAD", "/missing"): 1, ("GET", "/missing"): 1}


def test_a_failing_server_is_tried_as_often_as_said(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(links, "TRIES", 2)
    links.check(site.address + "/down")
    assert site.requests == {("HEAD", "/down"): 2, ("GET", "/down"): 2}


def test_no_answer_is_broken_and_says_so(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(links, "TRIES", 1)
    monkeypatch.setattr(links, "TIMEOUT", 0.2)
    slow = links.check(site.address + "/slow")
    assert slow.verdict == "broken"
    assert slow.reason.startswith("no answer: ")
    site.close()
    gone = links.check(site.address + "/page")
    assert gone.verdict == "broken"


@pytest.mark.parametrize("url", ["https://", "http://[half", "http://a b.org"])
def test_an_address_that_is_none_is_broken_and_stops_nothing(url: str):
    assert links.check(url).verdict == "broken"


def test_each_address_is_asked_once_however_often_it_stands(monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []

    def check(url: str) -> object:
        asked.append(url)
        return links.Answer(url, "ok", "HTTP 200 OK")

    monkeypatch.setattr(links, "check", check)
    answers = links.check_all(["https://a.org", "https://b.org", "https://a.org"])
    assert sorted(asked) == ["https://a.org", "https://b.org"]
    assert set(answers) == set(asked)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where `links.main` looks; addresses of this machine count."""
    monkeypatch.setattr(links, "ROOT", tmp_path)
    monkeypatch.setattr(links, "SKIP", "^$")
    return tmp_path


def test_a_healthy_course_exits_0(site: Site, root: Path, capsys: pytest.CaptureFixture[str]):
    write_course(root, [f"{site.address}/page", f"{site.address}/people-only"], [])
    assert links.main([]) == 0
    assert "Refused" in capsys.readouterr().out


def test_a_broken_link_exits_1_and_is_reported_with_its_line(site: Site, root: Path):
    write_course(root, [f"{site.address}/page", f"{site.address}/missing"], [])
    written = root / "report.md"
    assert links.main(["--report", str(written)]) == 1
    text = written.read_text()
    assert f"* `book/part/chapter.md:4` <{site.address}/missing>: HTTP 404 Not Found" in text
    assert "/page" not in text


def test_a_download_that_refuses_programs_is_broken(site: Site, root: Path, capsys):
    write_course(root, [], [f"{site.address}/people-only"])
    assert links.main([]) == 1
    assert "`data/registry.csv:2`" in capsys.readouterr().out


def test_a_folder_without_links_is_an_error(root: Path):
    assert links.main([]) == 1
