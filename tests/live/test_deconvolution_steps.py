"""Fourier transform and Richardson–Lucy of the page against NumPy and the course's own."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gpu_course.deconvolution import convolve, richardson_lucy
from gpu_course.deconvolution.psf import gaussian
from gpu_course.deconvolution.total_variation import curvature
from gpu_course.metrics.errors import nrmse
from tests.live.conftest import as_array, as_text

pytestmark = pytest.mark.browser

Array = NDArray[np.float32]

# A picture is {width, height, values}.
COMMON = """
import("/live/gpu.js").then(async ({ connect }) => {
  const gpu = await connect();
  const [fft, steps, microscope] = await Promise.all(
    ["fft", "richardson-lucy-steps", "microscope"].map((name) => import(`/live/${name}.js`)));
  const picture = ({ width, height, values }) => ({ width, height, values: toArray(values) });
  const plain = ({ width, height, values }) => ({ width, height, values: toText(values) });
  try { return await (async () => { BODY })(); } finally { gpu.close(); }
})
"""


def run(page: Any, body: str, given: object = None) -> Any:
    """Run the body of an async function in the page, with `gpu`, the modules and `given`."""
    return page.evaluate(f"async (given) => {COMMON.replace('BODY', body)}", given)


def picture(image: Array) -> dict[str, Any]:
    return {"width": image.shape[1], "height": image.shape[0], "values": as_text(image)}


def array(picture: Any) -> Array:
    return as_array(picture["values"]).reshape(picture["height"], picture["width"])


@pytest.fixture(scope="module")
def scene(page: Any) -> tuple[Array, Array, Array, Array]:
    """Object, expected image, photons counted and lens, as the figure makes them."""
    made = run(
        page,
        """const [object, lens] = [microscope.scene(200), microscope.spot(2.5)];
        const expected = await steps.expected(gpu, object, lens, 20);
        return [object, expected, microscope.count(expected, 1), lens].map(plain)""",
    )
    truth, expected, image, lens = map(array, made)
    return truth, expected, image, lens


@pytest.mark.parametrize("shape", [(2, 2), (8, 64), (128, 32), (4, 1024)])
def test_the_transform_is_that_of_numpy(page: Any, shape: tuple[int, int]) -> None:
    values = np.random.default_rng(0).standard_normal((*shape, 2)).astype(np.float32)
    answers = run(
        page,
        """const [height, width, values] = given;
        const transform = await fft.transform(gpu, width, height);
        const one = gpu.upload(toArray(values));
        gpu.batch((queue) => transform.forward(queue, one));
        const forward = toText(await gpu.read(one));
        gpu.batch((queue) => transform.back(queue, one));
        return [forward, toText(await gpu.read(one))]""",
        [*shape, as_text(values)],
    )
    forward, back = (np.reshape(as_array(a), (*shape, 2)) @ [1, 1j] for a in answers)
    expected = np.fft.fft2(values @ np.array([1, 1j]))
    assert abs(forward - expected).max() <= 1e-6 * abs(expected).max()
    assert abs(back / np.prod(shape) - values @ [1, 1j]).max() <= 1e-6 * abs(values).max()


@pytest.mark.parametrize("width", [0, 1, 3, 96, 2048])
def test_no_transform_is_made_of_other_lengths(page: Any, width: int) -> None:
    told = run(page, "return fft.transform(gpu, given, 8).then(() => '', String)", width)
    assert f"{width} is no power of two" in told


def test_the_lens_is_the_course_s_gaussian(page: Any) -> None:
    made = array(run(page, "return plain(microscope.spot(2.5))"))
    np.testing.assert_allclose(made, gaussian((33, 33), 2.5, 1.0), atol=1e-8)


def test_a_lens_beside_its_centre_moves_the_image(page: Any) -> None:
    made = array(run(page, "return plain(microscope.spot(3, 4))"))
    assert made.sum() == pytest.approx(1, abs=1e-5)
    assert np.unravel_index(made.argmax(), made.shape) == (16, 20)


def test_the_expected_image_is_that_of_the_course(scene: Any) -> None:
    truth, expected, _, lens = scene
    mean = convolve(truth, lens) + 20
    assert abs(expected - mean).max() <= 1e-5 * mean.max()


def test_photons_are_counted_as_poisson_says(page: Any) -> None:
    means = [0.0, 0.1, 3.0, 40.0, 3000.0]
    answers = run(
        page,
        """const shape = { width: 200, height: 200 };
        return given.map((mean) => plain(microscope.count(
          { ...shape, values: new Float32Array(40000).fill(mean) }, 3)))""",
        means,
    )
    for mean, made in zip(means, map(array, answers), strict=True):
        assert (made == made.round()).all()
        assert made.min() >= 0
        away = made.astype(float) - mean
        assert abs(away.mean()) <= 4 * (mean / made.size) ** 0.5
        assert (away**2).mean() == pytest.approx(mean, rel=0.05, abs=1e-6)
        # The third moment of a Poisson number is its mean, too.
        assert abs((away**3).mean() - mean) <= 5 * (15 * max(mean, 1) ** 3 / made.size) ** 0.5


def test_the_noise_is_that_of_its_seed(page: Any) -> None:
    answers = run(
        page,
        """const shape = { width: 64, height: 64 };
        return given.map((seed) => plain(microscope.count(
          { ...shape, values: new Float32Array(4096).fill(50) }, seed)))""",
        [1, 1, 2],
    )
    first, same, other = map(array, answers)
    assert (first == same).all()
    assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 0.06


def test_bumps_and_dents_are_those_of_the_course(page: Any) -> None:
    image = np.random.default_rng(1).uniform(0, 50, (40, 56)).astype(np.float32)
    image[10:20, 10:30] = 7  # flat
    answers = run(
        page,
        """const { width, height, values } = picture(given);
        const code = await (await fetch("/live/total-variation.wgsl")).text();
        const kernel = await gpu.kernel(code, "total variation", "curvature");
        const on = { prediction: gpu.upload(values), bend: gpu.empty(4 * values.length),
                     steepness: gpu.empty(4 * values.length) };
        const how = { width, height, tv: 0.01, flat: 0.02 };
        gpu.batch((queue) => steps.curve(queue, kernel, on, how));
        return [toText(await gpu.read(on.bend)), toText(await gpu.read(on.steepness))]""",
        picture(image),
    )
    bend, steepness = (as_array(a).reshape(image.shape) for a in answers)
    expected, length = curvature(image, (1.0, 1.0), image * (8 * 0.01) + 0.02)
    assert abs(bend - expected).max() <= 1e-4
    assert abs(steepness - length).max() <= 1e-5 * length.max()


def steps_of(
    page: Any, image: Array, lens: Array, truth: Array, keep: list[int], **how: Any
) -> Any:
    """Iterate in the page; return errors, deviances and momenta, and the estimates to keep."""
    return run(
        page,
        """const [image, lens, truth, keep, how] = given;
        const kept = {}, told = [];
        const options = { ...how, truth: picture(truth) };
        const all = steps.richardsonLucy(gpu, picture(image), picture(lens), options);
        for await (const step of all) {
          told.push([step.error, step.deviance, step.momentum]);
          if (keep.includes(step.iteration)) kept[step.iteration] = plain(await step.estimate());
        }
        return { told, kept }""",
        [*map(picture, (image, lens, truth)), keep, how],
    )


def compared(
    page: Any, scene: Any, iterations: int, keep: list[int], tv: float, accelerated: bool
) -> None:
    """Assert that page and course agree on errors, deviances, momenta and estimates."""
    truth, image, lens = scene
    told, kept = [], {}

    def watch(step: Any) -> None:
        told.append((nrmse(step.estimate, truth), step.deviance, step.momentum))
        kept[step.iteration] = step.estimate.copy()

    richardson_lucy(
        image, lens, iterations, background=20, tv=tv, callback=watch,
        acceleration="biggs-andrews" if accelerated else None,
    )  # fmt: skip
    answer = steps_of(
        page, image, lens, truth, keep, iterations=iterations, background=20, tv=tv,
        accelerated=accelerated,
    )  # fmt: skip
    for iteration in keep:
        assert nrmse(array(answer["kept"][str(iteration)]), kept[iteration]) <= 1e-3
    errors, deviances, momenta = np.transpose(answer["told"])
    expected = np.transpose(told)
    np.testing.assert_allclose(errors, expected[0], atol=5e-4)
    np.testing.assert_allclose(deviances, expected[1], rtol=1e-3)
    np.testing.assert_allclose(momenta, expected[2], atol=0.01)


def test_the_recipe_gives_what_it_gives_in_the_course(page: Any, scene: Any) -> None:
    truth, _, image, lens = scene
    compared(page, (truth, image, lens), 50, [10, 50], tv=0.002, accelerated=True)


@pytest.mark.parametrize(("accelerated", "tv"), [(False, 0.0), (True, 0.0), (True, 0.05)])
def test_every_way_is_that_of_the_course(
    page: Any, scene: Any, accelerated: bool, tv: float
) -> None:
    truth, _, image, _ = (part[30:74, 40:88] for part in scene)  # light comes in from outside
    lens = gaussian((15, 17), 2.4, 1.0)
    compared(page, (truth, image, lens), 30, [10, 30], tv, accelerated)


def test_a_lens_beside_its_centre_displaces_the_estimate_to_the_other_side(page: Any) -> None:
    row, column = np.mgrid[:40, :44]
    truth = 200 * (np.hypot(row - 20, column - 22) <= 6).astype(np.float32)
    image = convolve(truth, gaussian((21, 21), 2.0, 1.0)) + 20
    lens = array(run(page, "return plain(microscope.spot(2, 3, 21))"))
    answer = steps_of(page, image, lens, truth, [15], iterations=15, background=20)
    estimate = array(answer["kept"]["15"])
    assert (estimate * column).sum() / estimate.sum() == pytest.approx(22 - 3, abs=0.2)
    assert (estimate * row).sum() / estimate.sum() == pytest.approx(20, abs=0.1)
