"""A kernel of the reader's own: its answer, what the compiler says, and the page around it."""

import numpy as np
import pytest
from scipy import ndimage

from tests.live.conftest import as_array, as_text
from tests.live.test_figures import press, status

pytestmark = pytest.mark.browser

RUN = """async ([code, text, width, height]) => {
  const { connect, fetched } = await import("/live/gpu.js");
  const { runKernel } = await import("/live/kernel-run.js");
  const gpu = await connect();
  try {
    const live = `${location.origin}/live/`;
    if (!code.includes("main")) code = await (await fetched(`kernels/${code}.wgsl`, live)).text();
    const { image } = await runKernel(gpu, code, toArray(text), width, height, false);
    return { image: toText(image) };
  } catch (reason) {
    return { said: reason.message, messages: reason.messages ?? [] };
  } finally { gpu.close(); }
}"""


@pytest.fixture(scope="module")
def image():
    return (np.random.default_rng(0).random((37, 53)) * 255).astype(np.float32)


def run(page, code, image):
    height, width = image.shape
    found = page.evaluate(RUN, [code, as_text(image), width, height])
    return as_array(found["image"]).reshape(image.shape) if "image" in found else found


def test_examples_are_right(page, image):
    np.testing.assert_allclose(run(page, "gamma", image), 255 * np.sqrt(image / 255), atol=0.01)
    mean = ndimage.uniform_filter(image, 3, mode="nearest")
    np.testing.assert_allclose(run(page, "mean", image), mean, atol=1e-3)
    steep = [ndimage.sobel(image.astype(float), axis, mode="nearest") for axis in (0, 1)]
    np.testing.assert_allclose(run(page, "edges", image), np.hypot(*steep) / 8, atol=1e-2)
    np.testing.assert_allclose(run(page, "columns", image), 255 - image, atol=1e-4)
    np.testing.assert_array_equal(run(page, "empty", image), image)


@pytest.mark.parametrize(
    ("line", "broken", "word"),
    [
        (3, "  dst[there] = 1.0;", "there"),
        (3, "  dst[0] = 1;;;x", ""),
        (3, "  let a: i32 = 2.5;", ""),
        (3, "  let a = 1", ""),
    ],
)
def test_the_compiler_names_the_line_of_the_readers_own_code(page, image, line, broken, word):
    code = f"@compute @workgroup_size(8)\nfn main() {{\n{broken}\n}}"
    found = run(page, code, image)
    (message, *_) = found["messages"]
    assert message["line"] in {line, line + 1}  # what is missing may be noticed at the next word
    assert word in message["text"]
    assert f"line {message['line']}" in found["said"]


def test_a_kernel_need_not_use_what_it_is_given(page, image):
    code = "@compute @workgroup_size(64)\nfn main() { dst[3] = 5.0; }"
    assert run(page, code, image).ravel()[3] == 5


def test_an_index_beyond_the_array_harms_nobody(page, image):
    code = "@compute @workgroup_size(1)\nfn main() { dst[4000000000u] = 5.0; dst[0] = 7.0; }"
    assert run(page, code, image).ravel()[0] == 7


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("fn main() {}", "workgroup_size"),
        ("@compute @workgroup_size(64, 64)\nfn main() { dst[0] = 1.0; }", ""),
        ("@compute @workgroup_size(8)\nfn other() { dst[0] = 1.0; } // main", "main"),
    ],
    ids=["no size", "too many threads", "no main"],
)
def test_other_mistakes_are_one_sentence(page, image, code, said):
    found = run(page, code, image)
    assert said in found["said"]
    assert 20 < len(found["said"]) < 400


def test_editing_running_and_repairing_in_the_page(visit):
    found = visit("kernel")
    page = press(found)
    assert "million pixels a second" in page.inner_text(".live-report")
    right = page.input_value("textarea")
    before = page.evaluate("document.querySelectorAll('canvas')[1].toDataURL()")
    page.fill("textarea", right.replace("exponent = 0.5", "exponent = half"))
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Line 7").click()
    assert "half" in page.evaluate(
        """() => {
      const box = document.activeElement;
      return box.value.slice(box.selectionStart, box.selectionEnd);
    }"""
    )
    assert "line 7" in status(page)
    assert page.evaluate("document.querySelectorAll('canvas')[1].toDataURL()") == before
    page.fill("textarea", right.replace("exponent = 0.5", "exponent = 2.0"))
    page.get_by_role("button", name="Run the kernel").click()
    page.wait_for_function(
        "(before) => document.querySelectorAll('canvas')[1].toDataURL() !== before", arg=before
    )
    # Opened again, it is as it was left, and waits: it may be what took the GPU away.
    page.get_by_role("button", name="Close").click()
    press(found)
    assert "exponent = 2.0" in page.input_value("textarea")
    assert "not run yet" in page.inner_text(".live-report")
    page.get_by_label("start from").select_option("edges (Sobel)")
    page.wait_for_function("document.querySelector('textarea').value.includes('steep')")
    assert found.printed == []
