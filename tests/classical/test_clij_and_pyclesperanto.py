import os
from pathlib import Path

import numpy as np
import pytest

from gpu_course import devices, exercises, images
from gpu_course.classical import clij_and_pyclesperanto as clij

NAME = "classical/clij-and-pyclesperanto/translate"


@pytest.fixture(scope="module")
def cle():
    devices.use_opencl()
    import pyclesperanto_prototype

    return pyclesperanto_prototype


@pytest.fixture(scope="module")
def successor(cle):
    module = clij.successor()
    if module is None:
        pytest.skip("pyclesperanto is not installed, or finds no device")
    return module


def test_pocl_is_announced_inside_the_block_only(monkeypatch):
    monkeypatch.delenv("OCL_ICD_VENDORS", raising=False)
    if clij._pocl_library() is None or not devices.opencl().driver.startswith("PoCL"):
        pytest.skip("the course does not compute on the PoCL of PyOpenCL's wheel here")
    with clij.announce_pocl():
        folder = Path(os.environ["OCL_ICD_VENDORS"])
        (announced,) = folder.glob("*.icd")
        library = Path(announced.read_text().strip())
        assert library.is_absolute()
        assert library.is_file()
    assert "OCL_ICD_VENDORS" not in os.environ
    assert not folder.exists()


def test_a_variable_that_is_set_is_left_alone(monkeypatch):
    monkeypatch.setenv("OCL_ICD_VENDORS", "/mine")
    with clij.announce_pocl():
        assert os.environ["OCL_ICD_VENDORS"] == "/mine"
    assert os.environ["OCL_ICD_VENDORS"] == "/mine"


def test_absent_successor_is_one_sentence(monkeypatch, capsys):
    real = clij.importlib.util.find_spec
    monkeypatch.setattr(
        clij.importlib.util,
        "find_spec",
        lambda name: None if name == "pyclesperanto" else real(name),
    )
    assert clij.successor.__wrapped__() is None
    assert "not installed" in capsys.readouterr().out


def test_disagreement_sees_pixels_and_not_numbers():
    labels = np.array([[0, 1, 1, 1], [2, 2, 2, 0]])
    other = np.array([[0, 5, 5, 9], [9, 9, 9, 0]])
    expected = np.zeros((2, 4), bool)
    expected[0, 3] = True
    np.testing.assert_array_equal(clij.disagreement(labels, other), expected)
    assert not clij.disagreement(labels, labels * 3).any()


def test_both_libraries_run_in_one_process_and_agree(cle, successor):
    image = images.load("nuclei").image
    for name, options in {
        "gaussian_blur": {"sigma_x": 2, "sigma_y": 2},
        "threshold_otsu": {},
    }.items():
        old = cle.pull(getattr(cle, name)(image, **options))
        new = successor.pull(getattr(successor, name)(image, **options))
        np.testing.assert_allclose(new, old, atol=1e-4)
    old = cle.pull(cle.voronoi_otsu_labeling(image, spot_sigma=3.5, outline_sigma=1))
    new = successor.pull(successor.voronoi_otsu_labeling(image, spot_sigma=3.5, outline_sigma=1))
    assert old.max() == new.max() > 10
    np.testing.assert_array_equal(old > 0, new > 0)
    # Pixels as far from one seed as from another may fall to either.
    assert clij.disagreement(old, new).mean() < 0.001


def test_check_accepts_the_solution_and_knows_the_stub():
    result = exercises.check(NAME, clij.spots)
    assert result.solved
    assert result.score == pytest.approx(1)
    assert exercises.check(NAME, lambda image, cle: None).state == "not solved yet"


def steps(image, cle, *, sigmas=True, edges=True, sizes=True, label=True):
    """Translate the macro with one step left out."""
    wide = {"sigma1_x": 2, "sigma1_y": 2, "sigma2_x": 12, "sigma2_y": 12} if sigmas else {}
    result = cle.greater_constant(cle.difference_of_gaussian(image, **wide), constant=10)
    if label:
        result = cle.connected_components_labeling_box(result)
    if edges and label:
        result = cle.exclude_labels_on_edges(result)
    if sizes and label:
        result = cle.exclude_labels_outside_size_range(result, minimum_size=200, maximum_size=600)
    return result


@pytest.mark.parametrize(
    ("left_out", "says"),
    [("sigmas", "sigmas"), ("edges", "edge"), ("sizes", "range of sizes"), ("label", "mask")],
)
def test_check_names_the_step_that_was_left_out(left_out, says):
    result = exercises.check(NAME, lambda image, cle: steps(image, cle, **{left_out: False}))
    assert not result.solved
    assert says in result.message
