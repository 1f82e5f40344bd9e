"""Files of a git repository: whole, verified, in one transfer, or a clear sentence."""

import hashlib
import os
import subprocess

import pytest

from gpu_course.errors import CourseError
from gpu_course.images import inventory, registry, sparse_git

FILES = {
    "stage1_train/a/images/a.png": b"picture a\r\n",
    "stage1_train/a/masks/1.png": b"mask 1 of a",
    "stage1_train/b/images/b.png": b"picture b",
}
OTHERS = {
    "README.md": b"beside the folders",
    "stage1_train/labels.csv": b"above the pictures",
    "stage1_train/c/images/c.png": b"a picture that the course does not read",
}


def git(folder, *command):
    who = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org"]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(
        ["git", *who, *command], cwd=folder, env=clean, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def origin(tmp_path):
    """Make a public repository of two commits; return its address and the first commit."""
    folder = tmp_path / "origin"
    folder.mkdir()
    git(folder, "init", "--quiet")
    for path, content in (FILES | OTHERS).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    git(folder, "-c", "core.autocrlf=false", "add", ".")
    git(folder, "commit", "--quiet", "-m", "The pictures")
    pinned = git(folder, "rev-parse", "HEAD")
    (folder / "stage1_train/a/images/a.png").write_bytes(b"changed later")
    git(folder, "commit", "--quiet", "-am", "A later change")
    # What public hosts allow.
    git(folder, "config", "uploadpack.allowFilter", "true")
    git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    return folder.as_uri(), pinned


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("GPU_COURSE_CACHE", str(folder))
    monkeypatch.delenv("GPU_COURSE_MIRROR", raising=False)
    return folder


@pytest.fixture
def register(monkeypatch):
    """Return a function that makes the files of a repository the whole registry."""

    def replace(address, commit, files=FILES):
        found = tuple(
            registry.Entry(
                path=f"toy/{path}",
                url=f"git+{address}@{commit}#{path}",
                bytes=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                licence="CC0",
                citation="nobody",
            )
            for path, content in files.items()
        )
        monkeypatch.setattr(registry, "entries", lambda: found)
        return [each.path for each in found]

    return replace


def left_behind(folder):
    return [file for file in folder.rglob("*") if file.is_file()]


def test_one_transfer_brings_all_files_of_the_commit(origin, cache, register, monkeypatch, capfd):
    paths = register(*origin)
    assert {each.state for each in registry.status()} == {"absent"}
    assert left_behind(cache) == []  # asking for the state fetches nothing
    transfers = []
    plain = sparse_git.checkout
    monkeypatch.setattr(
        sparse_git, "checkout", lambda *given: (transfers.append(given), plain(*given))
    )
    assert registry.fetch(paths[1]).read_bytes() == FILES["stage1_train/a/masks/1.png"]
    assert {each.where for each in registry.status()} == {"cache"}
    assert inventory.fetch(paths) == []
    assert len(transfers) == 1
    found = {file.relative_to(cache / "toy").as_posix() for file in left_behind(cache)}
    assert found == set(FILES)
    assert list(cache.iterdir()) == [cache / "toy"]
    assert capfd.readouterr().err == ""


def test_nothing_else_is_transferred(origin, tmp_path):
    target = tmp_path / "target"
    target.mkdir()
    folders = sorted({path.rpartition("/")[0] for path in FILES})
    sparse_git.checkout(*origin, folders, str(target), "toy")
    objects = git(target, "cat-file", "--batch-check", "--batch-all-objects")
    assert sum(" blob " in line for line in objects.splitlines()) == len(FILES)
    assert " commit " in objects
    assert objects.count(" commit ") == 1  # no history


def test_readers_own_settings_change_no_byte(origin, cache, register, monkeypatch, tmp_path):
    settings = tmp_path / "gitconfig"
    settings.write_text("[core]\n\tautocrlf = input\n[fetch]\n\tprune = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "another repository"))
    paths = register(*origin)
    assert registry.fetch(paths[0]).read_bytes() == FILES["stage1_train/a/images/a.png"]
    assert not (tmp_path / "another repository").exists()


@pytest.mark.parametrize("wrong", ["stage1_train/a/masks/1.png", "stage1_train/b/images/b.png"])
def test_wrong_contents_keep_nothing(origin, cache, register, wrong):
    paths = register(*origin, {**FILES, wrong: b"another"})
    (said,) = inventory.fetch(paths)
    assert all(word in said for word in (wrong, "sha256", "nothing was kept", "GPU_COURSE_MIRROR"))
    assert left_behind(cache) == []


def test_file_that_the_commit_lacks(origin, cache, register):
    paths = register(*origin, {**FILES, "stage1_train/d/images/d.png": b"never there"})
    with pytest.raises(CourseError, match=r"has no toy/stage1_train/d/images/d\.png"):
        registry.fetch(paths[0])
    assert left_behind(cache) == []


@pytest.mark.parametrize("broken", ["origin", "commit"])
def test_no_repository_or_no_commit_is_one_sentence(origin, cache, register, tmp_path, broken):
    address, commit = origin
    if broken == "origin":
        address = (tmp_path / "nowhere").as_uri()
    else:
        commit = "0" * 40
    paths = register(address, commit)
    (said,) = inventory.fetch(paths)  # one, though three files are wanted
    assert all(word in said for word in ("toy", address, "git fetch", "GPU_COURSE_MIRROR"))
    assert "\n" not in said
    assert left_behind(cache) == []


def test_without_git(origin, cache, register, monkeypatch):
    paths = register(*origin)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CourseError, match=r"Install git .*GPU_COURSE_MIRROR"):
        registry.fetch(paths[0])


def test_interruption_leaves_nothing_and_a_second_try_works(origin, cache, register, monkeypatch):
    paths = register(*origin)
    plain = sparse_git._verify

    def interrupted(file, path, *rest):
        if path == paths[-1]:
            raise KeyboardInterrupt
        plain(file, path, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(sparse_git, "_verify", interrupted)
        with pytest.raises(KeyboardInterrupt):
            registry.fetch(paths[0])
    assert left_behind(cache) == []
    assert registry.fetch(paths[0]).is_file()


def test_damaged_file_is_replaced(origin, cache, register):
    paths = register(*origin)
    registry.fetch(paths[0])
    (cache / paths[0]).write_bytes(b"half a fi")
    assert [each.state for each in registry.status()] == ["damaged", "ready", "ready"]
    assert registry.fetch(paths[0]).read_bytes() == FILES["stage1_train/a/images/a.png"]


def test_cache_that_cannot_be_written(origin, tmp_path, register, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.delenv("GPU_COURSE_MIRROR", raising=False)
    monkeypatch.setenv("GPU_COURSE_CACHE", str(tmp_path / "file" / "cache"))
    paths = register(*origin)
    with pytest.raises(CourseError, match="GPU_COURSE_CACHE"):
        registry.fetch(paths[0])


def test_mirror_replaces_the_repository(origin, cache, register, tmp_path, monkeypatch):
    paths = register("file:///never-asked", "0" * 40)
    monkeypatch.setenv("GPU_COURSE_MIRROR", str(tmp_path / "mirror"))
    for path, content in FILES.items():
        file = tmp_path / "mirror" / "toy" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    assert registry.fetch(paths[0]) == tmp_path / "mirror" / paths[0]
    assert inventory.fetch(paths) == []
    (tmp_path / "mirror" / paths[1]).unlink()
    (tmp_path / "mirror" / paths[2]).unlink()
    (said,) = inventory.fetch(paths)
    assert paths[1] in said
