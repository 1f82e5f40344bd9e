"""A newcomer's walk: from the landing page to the first exercise, solved in its notebook."""

import nbformat
import pytest

from gpu_course.book import run
from tests.site.conftest import WIDE, visit

pytestmark = pytest.mark.browser

CHECK = "classical/devices/predict-the-time"
WRONG = "def my_prediction(image_bytes, operations, bandwidth, bus=None):\n    return 1.0"


@pytest.fixture
def landing(browser, site):
    yield from visit(browser, site, "index", viewport=WIDE, accept_downloads=True)


def follow(page, link, heading):
    """Click a link as a reader does and wait for the page with this heading."""
    with page.expect_navigation(wait_until="networkidle"):
        link.click()
    assert page.locator("article h1").inner_text().strip("# \n") == heading


def handed_in(notebook, *answers):
    """Return the notebook with each answer, and the check again, behind the untouched check."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    (check,) = [cell for cell in code if CHECK in cell.source]
    place = notebook.cells.index(check) + 1
    for answer in reversed(answers):
        for source in (check.source, answer):
            notebook.cells.insert(place, nbformat.v4.new_code_cell(source))
    return [notebook.cells[place - 1 + 2 * number] for number in range(len(answers) + 1)]


def test_a_newcomer_comes_from_the_landing_page_to_a_solved_exercise(landing, tmp_path, device):
    page, article = landing.page, landing.page.locator("article")
    follow(
        page,
        article.get_by_role("link", name="Install it"),
        "Setup: from nothing to the first notebook",
    )
    follow(page, page.locator("a.right-next"), "Check your hardware")
    assert "gpu-course doctor" in article.inner_text()
    follow(page, page.get_by_role("link", name="Choose a device").first, "Choose a device")

    with page.expect_download() as waiting:
        article.get_by_role("link", name="Student notebook").click()
    file = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(file)
    box = article.locator(".solution").last
    box.locator(".toggle-button").click()
    shown = box.locator(".highlight pre").inner_text()
    assert landing.errors == landing.failures == landing.foreign == []

    notebook = nbformat.read(file, as_version=4)
    assert "def predict_seconds" in shown
    assert not any("def predict_seconds" in cell.source for cell in notebook.cells)
    checks = handed_in(notebook, WRONG, f"{shown}\n\nmy_prediction = predict_seconds")
    run.execute(notebook, "classical/devices", environment={"GPU_COURSE_SIZE": "small"}, timeout=60)
    untouched, wrong, solved = (cell.outputs[-1].data["text/plain"] for cell in checks)
    assert untouched.startswith("Not solved yet")
    assert wrong.startswith(("Wrong", "Below the goal"))
    assert solved.startswith("Solved")
