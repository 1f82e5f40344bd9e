"""A bundle for the Python that runs the tests, walked to its end where there is no network.

Made in a clone of the last commit; started in a network-less namespace of Linux; killed in the
middle of a chapter; started again; its results accepted in the clone.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from tests.book.bundle.toys import machine

pytestmark = pytest.mark.install

ROOT = Path(__file__).resolve().parents[3]
CHAPTER = "index"
"""The shortest chapter with code: it shows images and needs nothing special."""

OFFLINE = re.compile(r"NewConnectionError|name resolution|ProxyError|has a network")

# A new namespace has no network but a loopback that is off, and a kernel talks through that.
NAMESPACE = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c"]
LOOPBACK = "ip link set lo up && "


def run(command, folder, **environment):
    return subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """Return a clone of the last commit, or skip where a namespace cannot be had."""
    if not shutil.which("unshare") or not shutil.which("ip"):
        pytest.skip("a namespace without a network needs unshare and ip, which are not here")
    tried = run([*NAMESPACE, f"{LOOPBACK}true"], ROOT)
    if tried.returncode:
        pytest.skip(f"this machine allows no namespace without a network: {tried.stderr.strip()}")
    if run(["git", "rev-parse", "--verify", "HEAD"], ROOT).returncode:
        pytest.skip("this is no git checkout")
    folder = tmp_path_factory.mktemp("clone") / "course"
    cloned = run(["git", "clone", "--quiet", ROOT, folder], ROOT)
    assert cloned.returncode == 0, cloned.stderr
    return folder


def course(clone, *arguments):
    """Call the command line of the clone."""
    return run([sys.executable, "-m", "gpu_course", *arguments], clone, PYTHONPATH=clone / "src")


@pytest.fixture(scope="module")
def bundle(clone, tmp_path_factory):
    """Return a bundle for the Python that runs the tests, or skip without a network."""
    folder = tmp_path_factory.mktemp("node")
    listed = run([sys.executable, "-m", "pip", "list", "--format=freeze"], ROOT)
    (folder / "have.txt").write_text(listed.stdout)
    python, platform = machine()
    options = ["--python", python, "--platform", platform, "--have", folder / "have.txt"]
    options += ["--chapters", CHAPTER, "--size", "small"]
    made = course(clone, "bundle", folder / "bundle", *options)
    if made.returncode and OFFLINE.search(made.stderr):
        pytest.skip(f"no network to fetch wheels from: {made.stderr.strip()}")
    assert made.returncode == 0, made.stderr
    return folder / "bundle"


def start(bundle):
    """Start the bundle in a namespace and a session of its own; return the process and its log."""
    log = bundle / "said.txt"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "GPU_COURSE"))}
    with log.open("a") as out:
        process = subprocess.Popen(
            [*NAMESPACE, f"{LOOPBACK}exec sh run.sh --no-benchmarks"],
            cwd=bundle,
            env={**kept, "PYTHON": sys.executable},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return process, log


def test_a_bundle_is_killed_resumed_and_accepted_without_a_network(clone, bundle):
    process, log = start(bundle)
    begun = bundle / "work" / "results" / "logs" / f"{CHAPTER}.txt"
    end = time.monotonic() + 600
    while not begun.is_file() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(1)
    assert process.poll() is None, log.read_text()
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (bundle / "work" / "results" / "outputs").exists()

    process, log = start(bundle)
    assert process.wait(600) == 0, log.read_text()
    said = log.read_text()
    assert said.count("installing") == 1, "a second call must not install again"
    assert "1 of 1 chapters are in" in said

    archive = bundle / "work" / "results.tar"
    with tarfile.open(archive) as opened:
        about = json.load(opened.extractfile("results.json"))
    head = run(["git", "rev-parse", "HEAD"], clone).stdout
    assert head.startswith(about["commit"])

    taken = course(clone, "accept", archive)
    assert taken.returncode == 0, taken.stderr
    assert "Accepted 1 chapters" in taken.stdout
    changed = run(["git", "status", "--porcelain", "--untracked-files=all"], clone).stdout
    assert f"ci/outputs/{CHAPTER}.ipynb" in changed
    assert "data/runs/" in changed
