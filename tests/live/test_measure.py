"""The race in the page: both sides give the same, and what is told of it is right."""

import numpy as np
import pytest

from gpu_course.lessons.classical.benchmarking import solutions
from tests.live.conftest import as_text
from tests.live.test_figures import press

pytestmark = pytest.mark.browser


def test_processor_and_gpu_segment_alike(page):
    from skimage import io

    from tests.live.test_segmentation_steps import live_data

    image = io.imread(live_data.FOLDER / "nuclei.png").astype(np.float32)
    differ = page.evaluate(
        """async (text) => {
      const { connect } = await import("/live/gpu.js");
      const { kernels, Segmentation } = await import("/live/segmentation-steps.js");
      const { mirrored } = await import("/live/race.js");
      const { labelled } = await import("/live/processor.js");
      const gpu = await connect();
      const pipelines = await kernels(gpu);
      const differ = [];
      for (const edge of [64, 256, 300]) {
        const picture = mirrored(toArray(text), 256, edge);
        const steps = new Segmentation(gpu, pipelines, picture, edge, edge);
        const one = (await steps.labelled({ outline: 1, spot: 4 })).labels;
        const other = labelled(picture, edge, edge, { outline: 1, spot: 4 });
        differ.push(one.filter((label, i) => label !== other[i]).length / one.length);
        steps.free();
      }
      gpu.close();
      return differ;
    }""",
        as_text(image),
    )
    assert max(differ) < 1e-3


def test_crossing_is_that_of_the_chapter(page):
    rng = np.random.default_rng(0)
    edges = [64, 128, 256, 512]
    cases = [np.exp(rng.normal(0, 1, 4)).tolist() for _ in range(20)] + [
        [2, 2, 2, 2],
        [0.1, 0.1, 0.1, 0.5],
    ]
    found = page.evaluate(
        """async ([edges, cases]) => {
      const { crossing } = await import("/live/race.js");
      const found = cases.map((ratios) => crossing(edges, ratios));
      return found.map((edge) => (edge === Infinity ? null : edge));
    }""",
        [edges, cases],
    )
    for ratios, edge in zip(cases, found, strict=True):
        expected = solutions.crossing(edges, ratios, np.ones(4))
        assert (np.inf if edge is None else edge) == pytest.approx(expected)


def test_larger_pictures_are_mirrored(page):
    small = np.random.default_rng(0).random((5, 5)).astype(np.float32)
    large = page.evaluate(
        """async (text) => {
      const { mirrored } = await import("/live/race.js");
      return Array.from(mirrored(toArray(text), 5, 13));
    }""",
        as_text(small),
    )
    expected = np.pad(small, (0, 8), mode="symmetric")
    np.testing.assert_array_equal(np.reshape(large, (13, 13)), expected)


def test_limits_are_measured_with_arithmetic_that_is_done(page):
    found = page.evaluate("""async () => {
      const { connect, source } = await import("/live/gpu.js");
      const { measureLimits } = await import("/live/limits.js");
      const gpu = await connect();
      const limits = await measureLimits(gpu, { megabytes: [1], items: [256] });
      const code = await source("limits.wgsl", `${location.origin}/live/`);
      const pipeline = await gpu.kernel(code, "limits", "compute", { constants: { STEPS: 3 } });
      const dst = gpu.empty(16);
      gpu.run(pipeline, [null, dst, { u: [1, 256], f: [0.5, 1] }], [1]);
      const sum = Array.from(await gpu.read(dst));
      gpu.close();
      return { ...limits, sum };
    }""")
    assert found["bandwidth"] > 0
    assert found["rate"] > 0
    # 0, 1, 2 and 3, three times halved and one more, summed.
    chains = [0.0, 1.0, 2.0, 3.0]
    for _ in range(3):
        chains = [0.5 * value + 1 for value in chains]
    assert found["sum"] == pytest.approx([sum(chains)] * 4)


def test_the_figure_fills_as_it_measures(visit):
    found = visit("measure")
    page = press(found)
    assert "processor" in page.inner_text("table")
    page.wait_for_function("document.querySelectorAll('.live-times tbody tr').length >= 3")
    for word in ("GB a second", "Ridge"):
        assert word in page.inner_text(".live-long >> nth=0")
    assert page.locator(".live-chart").count() == 2
    label = page.locator(".live-chart-room").first.get_attribute("aria-label")
    assert "64 × 64" in label
    page.get_by_role("button", name="Close").click()  # in the middle of it
    page.wait_for_timeout(1500)
    assert found.printed == []
