"""A browser without a GPU, a page that hangs: told in a sentence, and not waited for."""

import subprocess
import sys
from textwrap import dedent

import pytest

from gpu_course import paths
from tests.browser import launched
from tests.live.conftest import LONGEST, WEBGPU
from tests.live.waiting import HELD, hangs, is_open, no_gpu, state

pytestmark = pytest.mark.browser

SOON = 2000


@pytest.fixture(scope="module")
def webgpu():
    """Start a browser as all live figures get it, in an environment that names a dead screen."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISPLAY", ":7777")
        with launched(*WEBGPU) as browser:
            yield browser


def test_the_browser_gives_a_bare_page_a_gpu_whatever_screen_has_gone(webgpu):
    reason = no_gpu(webgpu)
    if "without answer" in reason:
        pytest.skip(reason)
    assert reason == "", "every other test of the live figures was skipped for this"


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("Object.defineProperty(navigator, 'gpu', { value: undefined });", "has no WebGPU"),
        ("GPU.prototype.requestAdapter = async () => console.log('no driver');", "finds no GPU"),
        ("GPUAdapter.prototype.requestDevice = () => Promise.reject(Error('busy'));", "(busy)"),
        ("GPU.prototype.requestAdapter = () => new Promise(() => {});", "without answer for 2.0 s"),
        ("GPU.prototype.requestAdapter = () => { while (true); };", "without answer for 2.0 s"),
    ],
    ids=["no WebGPU", "no adapter", "no device", "never", "held"],
)
def test_what_keeps_a_browser_from_a_gpu_is_told(webgpu, script, told):
    reason = no_gpu(webgpu, script, SOON)
    assert reason.startswith(f"Chromium {webgpu.version} ")
    assert told in reason
    assert ("no driver" in reason) == ("no driver" in script)


def test_a_figure_that_will_not_open_is_not_waited_for(visit):
    found = visit("segmentation", script="GPU.prototype.requestAdapter = async () => null;")
    found.page.get_by_role("button").click()
    with pytest.raises(AssertionError, match="found no GPU"):
        is_open(found.page)


def test_a_page_says_how_it_is(visit):
    found = visit("segmentation")
    found.page.evaluate("console.log('a word')")
    assert not hangs(found.page)
    assert "The page says: Computes in this page" in state(found)
    assert "It printed: ['a word']" in state(found)
    assert "without an answer: []" in state(found)
    found.page.route("**/nothing", lambda route: None)
    found.page.evaluate("fetch('nothing'); setTimeout(() => { while (true); });")
    assert hangs(found.page)
    told = state(found)
    assert HELD in told
    assert f"without an answer: ['{found.address}/nothing']" in told


def test_a_page_that_is_asked_directly_is_not_waited_for_without_end(request):
    assert request.node.get_closest_marker("timeout").args == (LONGEST,)


def test_after_a_hang_the_file_ends_at_once(tmp_path):
    code = """
        def test_one(visit):
            page = visit("segmentation").page
            page.evaluate("setTimeout(() => { while (true); })")
            page.wait_for_selector(".never", timeout=1000)
        def test_two(visit): pass
        def test_three(page): pass
        def test_four(): pass
    """
    file = tmp_path / "test_it.py"
    file.write_text(dedent(code), encoding="utf-8")
    ours = ("-c", "pyproject.toml", "-p", "tests.conftest", "-p", "tests.live.conftest")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *ours, "-p", "no:cacheprovider", file],
        cwd=paths.root(),
        capture_output=True,
        text=True,
        check=False,
    )
    if "1 passed, 3 skipped" in done.stdout:
        pytest.skip("the browser gives no GPU: the first test of this file tells why")
    assert "1 failed, 1 passed, 2 errors in " in done.stdout
    assert "Timeout 1000ms exceeded" in done.stdout
    assert HELD in done.stdout
    assert done.stdout.count("not tried: the page of test_one no longer answered") >= 2
