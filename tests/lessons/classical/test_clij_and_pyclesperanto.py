import numpy as np
import pytest

from gpu_course import devices, exercises, images
from gpu_course.devices import clesperanto, opencl_device
from gpu_course.lessons.classical.clij_and_pyclesperanto import solutions as clij
from gpu_course.lessons.classical.clij_and_pyclesperanto import translations

NAME = "classical/clij-and-pyclesperanto/translate"


@pytest.fixture(scope="module")
def cle():
    devices.use_opencl()
    return clesperanto.successor()


@pytest.fixture(scope="module")
def prototype():
    pytest.importorskip("pyclesperanto_prototype")
    opencl_device.use_prototype()
    import pyclesperanto_prototype

    return pyclesperanto_prototype


def test_disagreement_sees_pixels_and_not_numbers():
    labels = np.array([[0, 1, 1, 1], [2, 2, 2, 0]])
    other = np.array([[0, 5, 5, 9], [9, 9, 9, 0]])
    expected = np.zeros((2, 4), bool)
    expected[0, 3] = True
    np.testing.assert_array_equal(clij.disagreement(labels, other), expected)
    assert not clij.disagreement(labels, labels * 3).any()


@pytest.mark.parametrize("pair", translations.PAIRS, ids=lambda pair: pair.new.split("(")[0])
def test_both_libraries_agree_on_every_row_of_the_table(cle, prototype, pair):
    image = images.load("nuclei").image.astype(np.float32)
    # Pixels as far from one seed as from another may fall to either.
    limit = 1e-3 if pair.labels else 1e-5 * max(1.0, float(image.max()) ** 2)
    assert pair.difference(prototype, cle, image) <= limit


def test_the_table_says_what_it_compared(cle, prototype):
    table = translations.translation_table(
        prototype, cle, images.load("nuclei").image.astype(np.float32)
    )
    assert "labels_statistics(labels, image)" in str(table)


def steps(image, cle, *, sigmas=True, edges=True, sizes=True, label=True):
    """Translate the macro with one step left out."""
    wide = {"sigma1_x": 2, "sigma1_y": 2, "sigma2_x": 12, "sigma2_y": 12} if sigmas else {}
    result = cle.greater_constant(cle.difference_of_gaussian(image, **wide), scalar=10)
    if label:
        result = cle.connected_component_labeling(result)
    if edges and label:
        result = cle.exclude_labels_on_edges(result)
    if sizes and label:
        result = cle.exclude_labels_outside_size_range(result, minimum_size=200, maximum_size=600)
    return result


def test_check_tells_corners_from_faces(cle):
    def diamond(image, cle):
        mask = steps(image, cle, label=False)
        labels = cle.connected_component_labeling(mask, connectivity="sphere")
        inner = cle.exclude_labels_on_edges(labels)
        return cle.exclude_labels_outside_size_range(inner, minimum_size=200, maximum_size=600)

    result = exercises.check(NAME, diamond)
    assert result.state == "below the goal"
    assert "a diamond does not" in result.message


@pytest.mark.parametrize("wrong", [{"minimum_size": 210}, {"maximum_size": 590}])
def test_check_notices_other_sizes(cle, wrong):
    def other(image, cle):
        inner = steps(image, cle, sizes=False)
        return cle.exclude_labels_outside_size_range(
            inner, **({"minimum_size": 200, "maximum_size": 600} | wrong)
        )

    assert not exercises.check(NAME, other).solved


def test_check_names_both_lines_that_drop_objects():
    result = exercises.check(NAME, lambda image, cle: steps(image, cle, edges=False, sizes=False))
    assert "two more lines" in result.message


@pytest.mark.parametrize(
    ("left_out", "says"),
    [("sigmas", "sigmas"), ("edges", "edge"), ("sizes", "range of sizes"), ("label", "mask")],
)
def test_check_names_the_step_that_was_left_out(left_out, says):
    result = exercises.check(NAME, lambda image, cle: steps(image, cle, **{left_out: False}))
    assert not result.solved
    assert says in result.message


def test_check_names_the_trap_of_numbers_without_names(cle):
    def positional(image, cle):
        return cle.greater_constant(cle.gaussian_blur(image, 2, 2, 0), 10)

    result = exercises.check(NAME, positional)
    assert result.state == "wrong"
    assert "number without its name" in result.message
    assert "gaussian_blur" in result.message


def test_check_says_nothing_of_names_where_another_error_stops_the_function():
    result = exercises.check(NAME, lambda image, cle: cle.push(image).no_such_thing)
    assert "without its name" not in str(result)
    assert "no_such_thing" in str(result)
