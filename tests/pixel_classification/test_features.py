"""Features: known answers, the same numbers everywhere, tiles that do not show."""

import numpy as np
import pytest

from gpu_course.errors import CourseError
from gpu_course.pixel_classification import FEATURES, Recipe, blur, eigenvalues, features
from gpu_course.pixel_classification.clesperanto import with_clesperanto
from gpu_course.pixel_classification.tiles import grown, windows


def one(image, feature, sigma=1.0, **options):
    return features.compute(image, Recipe((sigma,), (feature,), **options))


def picture(shape, seed=0):
    rng = np.random.default_rng(seed)
    image = rng.random(shape) * 200
    image[tuple(slice(4, 17) for _ in shape)] += 300
    return image.astype(np.float32)


def agree(first, second, image, recipe, ndim, within=1e-4):
    """Compare relative to the image's range; the structure tensor is in its square."""
    names = features.names(recipe, ndim)
    assert first.shape == second.shape == (len(names), *first.shape[1:])
    span = float(np.ptp(image))
    for name, one_, other in zip(names, first, second, strict=True):
        scale = span**2 if "structure" in name else span
        assert np.abs(one_ - other).max() <= within * scale, name


# --- known answers ------------------------------------------------------------------------


def test_the_blur_is_scipys():
    from scipy.ndimage import gaussian_filter

    image = picture((40, 50))
    for sigma in (0.4, 1.0, 3.3):
        expected = gaussian_filter(image, sigma, mode="nearest", radius=int(4 * sigma))
        np.testing.assert_allclose(one(image, "gaussian", sigma)[0], expected, rtol=1e-5)


def test_sigma_zero_is_the_image_itself():
    image = picture((20, 21))
    np.testing.assert_array_equal(one(image, "gaussian", 0)[0], image)


def test_a_ramp_has_its_slope_and_no_curvature():
    image = np.tile(3.0 * np.arange(60, dtype=np.float32), (60, 1))
    middle = (slice(20, 40), slice(20, 40))
    result = features.compute(image, Recipe((2.0,), ("gradient", "laplacian", "hessian")))
    np.testing.assert_allclose(result[0][middle], 3.0, rtol=1e-5)
    np.testing.assert_allclose(result[1:, 20:40, 20:40], 0.0, atol=1e-4)


def test_a_parabola_has_its_curvatures():
    y, x = np.mgrid[:40, :40].astype(np.float32)
    image = 1.5 * x**2 + 0.5 * y**2 + 0.25 * x * y
    values = features.compute(image, Recipe((0.0,), ("laplacian", "hessian")))[:, 20, 20]
    expected = np.linalg.eigvalsh([[1.0, 0.25], [0.25, 3.0]])[::-1]
    np.testing.assert_allclose(values, [4.0, *expected], rtol=1e-4)


@pytest.mark.parametrize("ndim", [2, 3])
def test_a_bright_spot_has_a_negative_laplacian_and_all_curvatures_below_zero(ndim):
    grid = np.stack(np.meshgrid(*[np.arange(25.0) - 12] * ndim, indexing="ij"))
    spot = np.exp(-(grid**2).sum(axis=0) / (2 * 3.0**2)).astype(np.float32)
    centre = (slice(None), *[12] * ndim)
    values = features.compute(spot, Recipe((1.0,), ("laplacian", "hessian")))[centre]
    assert (values < 0).all()
    # Blur adds squares of widths; the peak of a Gaussian of width s has the curvature −peak / s².
    width = 3.0**2 + 1.0**2
    peak = (3.0**2 / width) ** (ndim / 2)
    np.testing.assert_allclose(values[1:], -peak / width, rtol=0.03)


def test_a_ridge_bends_across_and_not_along():
    x = np.arange(41.0) - 20
    ridge = np.tile(np.exp(-(x**2) / (2 * 2.0**2)), (41, 1)).astype(np.float32)
    large, small = one(ridge, "hessian")[:, 20, 20]
    assert small < -0.1
    assert abs(large) < 1e-6


def test_stripes_have_one_strong_direction_and_a_checkerboard_two():
    y, x = np.mgrid[:64, :64].astype(np.float32)
    stripes = one(np.sin(x / 2), "structure", 2.0)[:, 20:44, 20:44]
    board = one(np.sin(x / 2) + np.sin(y / 2), "structure", 2.0)[:, 20:44, 20:44]
    assert stripes[0].min() > 0
    assert np.abs(stripes[1]).max() < 1e-3 * stripes[0].max()
    assert board[1].min() > 100 * np.abs(stripes[1]).max()


def test_a_structure_tensor_is_the_blurred_products_of_the_slopes():
    from scipy.ndimage import gaussian_filter

    image = picture((40, 40))
    smooth = gaussian_filter(image.astype(float), 2, mode="nearest", radius=8)
    y, x = (
        np.gradient(np.pad(smooth, 1, mode="edge"), axis=a)[1:-1, 1:-1].astype(float)
        for a in (0, 1)
    )
    a, b, c = (gaussian_filter(v, 1, mode="nearest", radius=4) for v in (y * y, y * x, x * x))
    expected = np.linalg.eigvalsh(np.moveaxis(np.array([[a, b], [b, c]]), (0, 1), (-2, -1)))
    result = one(image, "structure", 2.0)
    np.testing.assert_allclose(result[0], expected[..., 1], rtol=1e-3)
    np.testing.assert_allclose(result[1], expected[..., 0], rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize("case", ["random", "double", "triple", "zero", "tiny", "large"])
def test_eigenvalues_keep_their_digits(case):
    import array_api_compat.numpy as xp

    rng = np.random.default_rng(1)
    matrices = rng.normal(size=(500, 3, 3))
    matrices = (matrices + np.swapaxes(matrices, 1, 2)) / 2
    if case in ("double", "triple", "zero"):
        turned = np.linalg.qr(rng.normal(size=(500, 3, 3)))[0]
        diagonal = {"double": (2.0, 2.0, -1.0), "triple": (2.0,) * 3, "zero": (0.0,) * 3}[case]
        matrices = (turned * np.array(diagonal)) @ np.swapaxes(turned, 1, 2)
    matrices *= {"tiny": 1e-10, "large": 1e8}.get(case, 1.0)
    matrices = matrices.astype(np.float32)
    entries = [matrices[:, a, b] for a in range(3) for b in range(a, 3)]
    result = np.stack(eigenvalues.of_symmetric(xp, entries), axis=1)
    expected = np.linalg.eigvalsh(matrices.astype(float))[:, ::-1]
    assert np.isfinite(result).all()
    assert (np.diff(result, axis=1) <= 1e-6 * np.abs(expected).max()).all()
    # The usual closed form, by the cosine alone, misses this by a factor of a hundred.
    assert np.abs(result - expected).max() <= 2e-6 * np.abs(expected).max()


# --- symmetries -----------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(33, 40), (12, 15, 14)])
def test_a_turned_image_has_turned_features(shape):
    image = picture(shape)
    recipe = Recipe((0.0, 1.0, 2.5), FEATURES)
    plain = features.compute(image, recipe)
    for turned, back in (
        (np.rot90(image, axes=(-2, -1)), lambda f: np.rot90(f, -1, axes=(-2, -1))),
        (np.swapaxes(image, 0, 1), lambda f: np.swapaxes(f, 1, 2)),
        (image[::-1], lambda f: f[:, ::-1]),
    ):
        agree(
            plain,
            back(features.compute(np.ascontiguousarray(turned), recipe)),
            image,
            recipe,
            len(shape),
            5e-6,
        )


def test_features_follow_contrast_and_forget_an_offset():
    image = picture((30, 30))
    recipe = Recipe((1.0, 2.0), ("gradient", "laplacian", "hessian"))
    plain = features.compute(image, recipe)
    agree(2 * plain, features.compute(2 * image + 100, recipe), image, recipe, 2, 1e-5)


# --- the same numbers everywhere --------------------------------------------------------------

CASES = {
    "2D": ((60, 45), {}),
    "3D": ((20, 26, 23), {}),
    "3D, flat voxels": ((14, 26, 23), {"voxel_size": (2.0, 0.5, 1.0)}),
    "colour": ((30, 35, 3), {"channels": 3}),
}


@pytest.mark.parametrize("case", CASES)
def test_pytorch_gives_numpys_numbers(case):
    torch = pytest.importorskip("torch")
    shape, options = CASES[case]
    image, recipe = picture(shape), Recipe((0.0, 0.7, 3.0), FEATURES, **options)
    expected = features.compute(image, recipe)
    result = features.compute(torch.asarray(image), recipe)
    assert isinstance(result, torch.Tensor)
    assert result.dtype == torch.float32
    agree(expected, result.numpy(), image, recipe, expected.ndim - 1)


@pytest.mark.parametrize("case", CASES)
def test_nothing_but_the_array_standard_is_used(case):
    strict = pytest.importorskip("array_api_strict")
    shape, options = CASES[case]
    image, recipe = picture(shape), Recipe((0.0, 0.7, 3.0), FEATURES, **options)
    # Its second device is a pretended GPU: NumPy cannot look into it.
    there = strict.asarray(image, device=strict.Device("device1"), copy=True)
    result = features.compute(there, recipe)
    assert result.device == there.device
    expected = features.compute(image, recipe)
    agree(expected, result._array, image, recipe, expected.ndim - 1)


def test_the_array_library_of_this_machine_gives_numpys_numbers():
    from gpu_course import devices

    image, recipe = picture((60, 45)), Recipe((0.7, 3.0), FEATURES)
    result = devices.to_numpy(features.compute(devices.to_device(image), recipe))
    agree(features.compute(image, recipe), result, image, recipe, 2)


@pytest.mark.parametrize("case", CASES)
def test_clesperanto_gives_numpys_numbers(case):
    from gpu_course import devices

    try:
        devices.use_opencl()
    except CourseError as error:
        pytest.skip(str(error))
    shape, options = CASES[case]
    image, recipe = picture(shape), Recipe((0.0, 0.7, 3.0), FEATURES, **options)
    expected = features.compute(image, recipe)
    ndim = expected.ndim - 1
    agree(expected, with_clesperanto(image, recipe, tile=30), image, recipe, ndim)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("tile", [7, 16])
def test_tiles_do_not_show(case, tile):
    shape, options = CASES[case]
    image, recipe = picture(shape), Recipe((0.5, 2.0, 4.0), FEATURES, **options)
    whole = features.compute(image, recipe, tile=1000)
    agree(whole, features.compute(image, recipe, tile=tile), image, recipe, whole.ndim - 1, 5e-6)


def test_a_window_is_a_part_of_the_whole():
    image, recipe = picture((50, 60)), Recipe((1.0, 4.0), FEATURES)
    window = (slice(10, 31), slice(-15, None))
    part = features.compute(image, recipe, window=window)
    whole = features.compute(image, recipe)
    agree(np.ascontiguousarray(whole[:, 10:31, 45:]), part, image, recipe, 2, 5e-6)


@pytest.mark.parametrize("options", [{}, {"voxel_size": (2.0, 0.5)}])
@pytest.mark.parametrize("kinds", [("gaussian",), ("gradient",), FEATURES])
def test_the_halo_is_just_wide_enough(kinds, options):
    image, recipe = picture((130, 130)), Recipe((1.0, 4.0), kinds, **options)
    window = (slice(60, 70), slice(60, 70))
    halo = recipe.halo(2)
    block = image[grown(window, halo, image.shape)]
    local = tuple(slice(h, h + 10) for h in halo)
    expected = features.compute(image, recipe, window=window)
    agree(expected, features.compute(block, recipe, window=local), image, recipe, 2, 5e-6)
    # What lies one pixel further out has no say.
    changed = image.copy()
    outside = np.ones(image.shape, bool)
    outside[grown(window, halo, image.shape)] = False
    changed[outside] = 1e6
    np.testing.assert_array_equal(features.compute(changed, recipe, window=window), expected)


def test_an_image_of_one_colour_twice_has_its_features_twice():
    image = picture((20, 20))
    recipe = Recipe((1.0,), FEATURES)
    twice = features.compute(
        np.stack([image, image], axis=-1), Recipe((1.0,), FEATURES, channels=2)
    )
    single = features.compute(image, recipe)
    agree(single, twice[:7], image, recipe, 2, 5e-6)
    np.testing.assert_array_equal(twice[:7], twice[7:])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float64, bool])
def test_any_real_type_is_taken(dtype):
    image = (picture((20, 20)) > 250).astype(dtype)
    before = image.copy()
    expected = features.compute(image.astype(np.float32), Recipe())
    result = features.compute(image, Recipe())
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, expected)
    np.testing.assert_array_equal(image, before)


def test_a_line_of_pixels_and_one_pixel_are_images_too():
    for shape in ((1, 1), (1, 30), (1, 1, 5)):
        result = features.compute(np.ones(shape), Recipe((4.0,), FEATURES))
        np.testing.assert_allclose(result[0], 1.0, rtol=1e-6)
        np.testing.assert_allclose(result[1:], 0.0, atol=1e-6)


# --- names and refusals -----------------------------------------------------------------------


@pytest.mark.parametrize("ndim", [2, 3])
@pytest.mark.parametrize("channels", [None, 2, 3])
def test_every_feature_has_one_name(ndim, channels):
    recipe = Recipe((0.5, 2.0), FEATURES, channels=channels)
    names = features.names(recipe, ndim)
    shape = (9,) * ndim + (() if channels is None else (channels,))
    assert len(names) == len(set(names)) == len(features.compute(np.ones(shape), recipe))


def test_names_say_what_they_are():
    names = features.names(Recipe((0.5, 2.0), FEATURES), 2)
    assert names[:3] == ["gaussian, σ 0.5", "gradient, σ 0.5", "laplacian, σ 0.5"]
    assert names[-1] == "structure 2, σ 2"
    assert features.names(Recipe(channels=3), 2)[0] == "red gaussian, σ 0.5"


def test_recipes_are_brought_into_one_form():
    assert Recipe([2, 1, 1], ["hessian", "gaussian"]) == Recipe((1.0, 2.0), ("gaussian", "hessian"))
    assert len({Recipe((1, 2)), Recipe((2.0, 1.0))}) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sigmas": ()}, "widths"),
        ({"sigmas": (-1.0,)}, "widths"),
        ({"sigmas": (float("nan"),)}, "widths"),
        ({"sigmas": (1e6,)}, "wider"),
        ({"sigmas": 3}, "list of widths"),
        ({"sigmas": ("wide",)}, "list of widths"),
        ({"features": ("gaussian", "colour")}, "no feature 'colour'"),
        ({"features": ()}, "No feature"),
        ({"channels": 0}, "channels"),
        ({"channels": 2.5}, "channels"),
        ({"voxel_size": (0.0, 1.0)}, "voxel size"),
        ({"voxel_size": (1.0,)}, "voxel size"),
    ],
)
def test_a_senseless_recipe_is_refused(options, words):
    with pytest.raises(CourseError, match=words):
        Recipe(**options)


@pytest.mark.parametrize(
    ("image", "options", "words"),
    [
        (np.ones(5), {}, "2 or 3 spatial axes"),
        (np.ones((2, 3, 4, 5)), {}, "2 or 3 spatial axes"),
        (np.ones((5, 5, 4)), {"channels": 3}, "3 channels"),
        (np.ones((0, 5)), {}, "no pixel"),
        (np.ones((5, 5)), {"voxel_size": (1.0, 1.0, 1.0)}, "one per axis"),
        (np.full((5, 5), np.nan), {}, "missing"),
        (np.full((5, 5), np.inf), {}, "infinite"),
        (np.ones((5, 5), complex), {}, "complex"),
    ],
)
def test_an_image_that_does_not_fit_is_refused(image, options, words):
    with pytest.raises(CourseError, match=words):
        features.compute(image, Recipe((1.0,), **options))


@pytest.mark.parametrize(
    "window",
    [(slice(0, 5),), (slice(5, 5), slice(0, 5)), (slice(0, 5, 2), slice(0, 5))],
)
def test_a_window_that_makes_no_sense_is_refused(window):
    with pytest.raises(CourseError, match="window"):
        features.compute(np.ones((9, 9)), Recipe((1.0,)), window=window)


# --- the parts --------------------------------------------------------------------------------


def test_tiles_cover_an_image_once():
    for shape, edge in (((10, 23), 7), ((5, 9, 4), 4), ((3, 3), 100)):
        seen = np.zeros(shape, int)
        for window in windows(shape, edge):
            assert all(part.stop - part.start <= edge for part in window)
            seen[window] += 1
        assert (seen == 1).all()


def test_a_blur_matrix_keeps_the_sum_and_cannot_be_overwritten():
    operator = blur.matrix(2.0, 50, (0, 50), (0, 50))
    np.testing.assert_allclose(operator.sum(axis=1), 1.0, rtol=1e-6)
    with pytest.raises(ValueError, match="read-only"):
        operator[0, 0] = 3
