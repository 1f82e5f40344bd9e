"""The linked table: as HTML, and in a real browser."""

import io
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from gpu_course.display import link_table
from gpu_course.display.linked import outline_path
from gpu_course.display.scatter import ticks
from gpu_course.errors import CourseError
from tests.browser import PAGE


@pytest.fixture(scope="module")
def scene():
    """Twenty squares of rising size with missing numbers, on a grid; rows from large to small."""
    labels = np.zeros((100, 125), np.int32)
    rows = []
    for k in range(20):
        y, x, edge = 25 * (k // 5) + 3, 25 * (k % 5) + 3, 5 + k // 2
        labels[y : y + edge, x : x + edge] = 3 * k + 2
        rows.append((3 * k + 2, edge**2, 10.0 + ((7 * k) % 20) / 3))
    table = pd.DataFrame(rows, columns=["label", "area", "mean_intensity"])
    return labels * 3, labels, table.sort_values("area", ascending=False, kind="stable")


@pytest.fixture(scope="module")
def html(scene):
    return link_table(*scene, alt="Twenty squares").html


def test_html_is_one_complete_fragment_without_ids_scripts_or_files(html):
    assert "\n" not in html
    assert not re.search(r"<script|<link|\sid=", html)
    assert "http" not in re.sub(r"base64,[^\"]*", "", html)
    for tag in ("figure", "svg", "table", "tr", "td", "th", "g", "div", "label", "output"):
        assert len(re.findall(rf"<{tag}[ >]", html)) == html.count(f"</{tag}>")


def test_every_row_has_its_point_and_its_outline(html, scene):
    for mark in ("path", "circle", "tr"):
        places = re.findall(rf'<{mark}[^>]* data-i="(\d+)"', html)
        assert places == [str(i) for i in range(20)]
    first = scene[2].iloc[0]
    assert html.count(" gpuc-on") == 2  # a path and a point; the row has no other class
    assert f"label {first.label:.0f}, area {first.area:.0f}" in html


def test_same_input_same_bytes(scene):
    assert link_table(*scene, alt="a").html == link_table(*scene, alt="a").html


def test_outlines_run_along_the_edges_of_the_pixels():
    mask = np.zeros((6, 7), bool)
    mask[:, :] = True
    numbers = [float(n) for n in re.findall(r"[\d.]+", outline_path(mask, (10, 20), 0.1))]
    xs, ys = numbers[::2], numbers[1::2]
    assert (min(xs), max(xs)) == (20, 27)
    assert (min(ys), max(ys)) == (10, 16)


def test_a_hole_and_a_speck_have_outlines():
    ring = np.ones((7, 7), bool)
    ring[2:5, 2:5] = False
    assert outline_path(ring, (0, 0), 0.3).count("M") == 2
    assert outline_path(np.ones((1, 1), bool), (0, 0), 2.4).count("Z") == 1


@pytest.mark.parametrize(
    ("low", "high"),
    [(0, 1), (0, 0.3), (0.6, 1.7), (3, 997), (-5, 5), (0.001, 0.0042), (1e6, 3.3e6), (20.1, 20.9)],
)
def test_ticks_are_few_and_inside(low, high):
    found = ticks(low, high)
    assert 3 <= len(found) <= 8
    assert all(low - 1e-9 <= t <= high + 1e-9 for t in found)
    assert ticks(4, 4) == [4]


def test_equal_values_and_a_single_object_are_drawn():
    labels = np.zeros((8, 8), int)
    labels[2:4, 2:4] = 5
    table = pd.DataFrame({"label": [5], "area": [4], "mean_intensity": [1.0]})
    assert "data-i" in link_table(labels, labels, table, alt="One").html


def test_budget_holds(scene):
    image = np.random.default_rng(0).random((100, 125))
    assert len(link_table(image, *scene[1:], alt="a", budget=24_000).html.encode()) <= 24_000
    with pytest.raises(CourseError, match="do not fit"):
        link_table(image, *scene[1:], alt="a", budget=16_000)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop(columns="area"), "no column 'area'"),
        (lambda t: t.iloc[:0], "empty"),
        (lambda t: t.assign(area=np.nan), "NaN"),
        (lambda t: t.assign(label=1), "each number once"),
        (lambda t: t.assign(label=t.label + 1), "not in the picture"),
        (lambda t: t.assign(label=t.label + 0.5), "each number once"),
        (lambda t: t.assign(area="large"), "holds no numbers"),
        (lambda t: t.assign(area=t.area * 1j), "holds no numbers"),
        (lambda t: None, "The table is NoneType"),
        (lambda t: t.values.tolist(), "The table is list"),
    ],
)
def test_mistakes_are_named(scene, change, words):
    image, labels, table = scene
    with pytest.raises(CourseError, match=words):
        link_table(image, labels, change(table), alt="a")
    with pytest.raises(CourseError, match="names of columns"):
        link_table(image, labels, table, x=["area"], alt="a")
    with pytest.raises(CourseError, match="alt text"):
        link_table(image, labels, table, alt="")


# In a browser ------------------------------------------------------------------------------------


@pytest.fixture
def page_html(html):
    return PAGE.format(html + html)  # two of a kind must not disturb each other


def chosen(widget):
    """Return which row each of the three marks, and what is said about it."""
    marked = widget.locator(".gpuc-on")
    places = {marked.nth(i).get_attribute("data-i") for i in range(marked.count())}
    assert marked.count() == 3
    assert len(places) == 1
    words = widget.locator("output").inner_text()
    assert widget.locator("input").get_attribute("aria-valuetext") == words
    return int(places.pop()), words


def orange(locator):
    pixels = np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("RGB")).astype(int)
    return (np.abs(pixels - (230, 159, 0)).max(axis=-1) < 12).sum()


@pytest.mark.browser
def test_keys_walk_through_the_rows_and_mark_all_three(open_page, scene):
    page = open_page()
    first, twin = page.locator(".gpuc-linked").all()
    assert chosen(first)[0] == 0
    first.locator("input").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    place, words = chosen(first)
    assert place == 3
    assert words.startswith(f"label {scene[2].iloc[3].label:.0f}, area {scene[2].iloc[3].area:.0f}")
    page.keyboard.press("End")
    assert chosen(first)[0] == 19
    box, row = first.locator(".gpuc-rows"), first.locator("tr.gpuc-on")
    assert box.bounding_box()["y"] < row.bounding_box()["y"]  # scrolled into its box
    limit = box.bounding_box()["y"] + box.bounding_box()["height"]
    assert row.bounding_box()["y"] + row.bounding_box()["height"] <= limit + 1
    assert chosen(twin)[0] == 0


@pytest.mark.browser
def test_pointing_at_any_of_the_three_marks_the_others(open_page):
    page = open_page()
    widget = page.locator(".gpuc-linked").first
    assert orange(widget.locator(".gpuc-frame")) > 20
    for place, mark in ((4, "path"), (7, "circle"), (2, "tr"), (11, "path")):
        widget.locator(f"{mark}[data-i='{place}']").hover()
        assert chosen(widget)[0] == place
        assert widget.locator("input").input_value() == str(place)


@pytest.mark.browser
def test_the_outline_lies_on_its_object(open_page, scene):
    page = open_page()
    widget = page.locator(".gpuc-linked").first
    _, labels, table = scene
    # The corners on the screen, computed from the path's own geometry: without its stroke.
    where = """e => { const b = e.getBBox(), m = e.getScreenCTM(),
        f = e.closest('.gpuc-frame').getBoundingClientRect(),
        at = (x, y) => new DOMPoint(x, y).matrixTransform(m),
        a = at(b.x, b.y), z = at(b.x + b.width, b.y + b.height);
        return [a.x - f.x, a.y - f.y, z.x - f.x, z.y - f.y].map(v => v / f.width); }"""
    for place in (0, 9, 19):
        rows, columns = np.nonzero(labels == table.label.iloc[place])
        drawn = widget.locator(f"path[data-i='{place}']").evaluate(where)
        corners = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        np.testing.assert_allclose(np.array(drawn) * labels.shape[1], corners, atol=0.2)


@pytest.mark.browser
def test_a_finger_chooses_too(open_page):
    page = open_page(width=390, height=900, has_touch=True, is_mobile=True)
    widget = page.locator(".gpuc-linked").first
    widget.locator("circle[data-i='6']").tap()
    assert chosen(widget)[0] == 6
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.browser
def test_nothing_is_left_in_the_global_names(open_page):
    page = open_page()
    count = page.evaluate("Object.keys(window).length")
    page.locator("circle[data-i='6']").first.hover()
    page.locator("input").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("Object.keys(window).length") == count


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_page, scheme):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(open_page(color_scheme=scheme)).response["violations"]
    grave = [(v["id"], v["impact"]) for v in found if v["impact"] in ("serious", "critical")]
    assert not grave


@pytest.mark.browser
def test_without_javascript_all_three_show(browser, html, tmp_path):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    file = tmp_path / "page.html"
    file.write_text(PAGE.format(html), encoding="utf-8")
    page.goto(file.as_uri())
    for part in (".gpuc-frame img", "path[data-i='5']", "circle[data-i='5']", "tr[data-i='5']"):
        assert page.locator(part).is_visible()
    assert page.locator("noscript p").is_visible()
    context.close()
