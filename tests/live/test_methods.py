"""One picture through all methods that run in a page."""

import sys
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from skimage import io

from gpu_course import paths
from tests.live.conftest import as_text
from tests.live.waiting import is_open

sys.path.insert(0, str(paths.root() / "ci"))
import live_data

pytestmark = pytest.mark.browser


def test_stored_strokes_are_made_by_the_course():
    made = live_data.strokes()["nuclei-strokes"]
    np.testing.assert_array_equal(made, io.imread(live_data.FOLDER / "nuclei-strokes.png"))


def test_pieces_are_counted_as_scipy_does(page):
    rng = np.random.default_rng(0)
    for share in (0, 0.1, 0.4, 0.9, 1):
        mask = (rng.random((37, 50)) < share).astype(np.float32)
        found = page.evaluate(
            """async ([flat, width, height]) =>
              (await import("/live/methods.js")).pieces(toArray(flat), width, height)""",
            [as_text(mask), 50, 37],
        )
        assert found == ndimage.label(mask, np.ones((3, 3)))[1]


def test_every_method_counts_and_a_picture_of_the_reader_s_goes_through_all(visit):
    found = visit("methods")
    page = found.page
    page.get_by_role("button", name="Run on my GPU").click()
    is_open(page)
    rows = page.locator(".live-box tbody tr").all_inner_texts()
    assert [row.split("\t")[0].split(":")[0] for row in rows] == ["classical", "forest", "U-Net"]
    for row in rows[:2]:
        assert 25 < int(row.split("\t")[1].split()[0]) < 50
        assert float(row.split("AP ")[1]) > 0.5
    assert "0 pieces" in rows[2]  # nuclei are no roots
    # Five bright discs: two methods count five.
    y, x = np.mgrid[:64, :96]
    discs = sum(((y - 20 * (1 + i % 2)) ** 2 + (x - 16 * (i + 1)) ** 2 < 36) for i in range(5))
    file = BytesIO()
    Image.fromarray((20 + 80 * discs).astype(np.uint8)).save(file, "PNG")
    mine = {"name": "mine.png", "mimeType": "image/png", "buffer": file.getvalue()}
    page.evaluate(
        """() => { window.seen = [];
        const body = document.querySelector('.live-box tbody');
        new MutationObserver(() => window.seen.push(body.innerText))
          .observe(body, { subtree: true, childList: true, characterData: true }); }"""
    )
    page.set_input_files("input[type=file]", mine)
    last = "document.querySelector('.live-box tbody tr:last-child').textContent"
    page.wait_for_function(
        f"{last}.includes('pieces') && document.querySelector('canvas').width === 96"
    )
    rows = page.locator(".live-box tbody tr").all_inner_texts()
    assert "5 objects" in rows[0]
    assert "5 objects" in rows[1]
    assert "AP" not in "".join(rows)
    seen = [text.splitlines() for text in page.evaluate("window.seen")]
    for method in range(3):  # whoever waits sees which one is at work
        assert any("computing" in lines[method] for lines in seen if len(lines) == 3)
    assert any("computing: " in lines[-1] and "%" in lines[-1] for lines in seen)
    page.get_by_role("button", name="Close").click()
    assert found.printed == []
    assert found.foreign == []
