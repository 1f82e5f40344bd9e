"""The PSF that the command line is given as a file."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from gpu_course.errors import CourseError
from gpu_course.scaling.psf_file import read_psf

PSF = np.random.default_rng(0).random((7, 9, 11)).astype(np.float32)


@pytest.mark.parametrize("how", [{}, {"imagej": True}, {"metadata": {"axes": "ZYX"}}], ids=str)
def test_a_stack_is_a_psf_whatever_its_planes_are_called(tmp_path, how):
    tifffile.imwrite(tmp_path / "psf.tif", PSF, photometric="minisblack", **how)
    np.testing.assert_array_equal(read_psf(tmp_path / "psf.tif"), PSF)


def test_a_stack_cut_short_is_no_psf_of_fewer_planes(tmp_path):
    first, *others = (Image.fromarray((255 * plane).astype(np.uint8)) for plane in PSF)
    how = {"save_all": True, "append_images": others, "compression": "tiff_lzw"}
    first.save(tmp_path / "psf.tif", **how)
    content = (tmp_path / "psf.tif").read_bytes()
    (tmp_path / "psf.tif").write_bytes(content[: 2 * len(content) // 3])
    with pytest.raises(CourseError, match=r"cut short or damaged|cannot be read"):
        read_psf(tmp_path / "psf.tif")


@pytest.mark.parametrize("axes", ["XYZ", "YXZ", "ZXY"])
def test_axes_that_a_file_names_are_put_in_order(tmp_path, axes):
    turned = PSF.transpose(["ZYX".index(axis) for axis in axes])
    tifffile.imwrite(tmp_path / "psf.tif", turned, metadata={"axes": axes})
    np.testing.assert_array_equal(read_psf(tmp_path / "psf.tif"), PSF)


@pytest.mark.parametrize("axes", ["TYX", "CYX"])
def test_times_and_channels_are_no_planes_of_a_psf(tmp_path, axes):
    how = {"photometric": "minisblack", "metadata": {"axes": axes}}
    tifffile.imwrite(tmp_path / "psf.tif", PSF, **how)
    with pytest.raises(CourseError, match="three axes"):
        read_psf(tmp_path / "psf.tif")


@pytest.mark.parametrize("shape", [(9, 11), (9, 11, 3)])
def test_a_plane_or_colours_are_no_psf(tmp_path, shape):
    tifffile.imwrite(tmp_path / "psf.tif", np.ones(shape, np.uint8))
    with pytest.raises(CourseError, match="three axes"):
        read_psf(tmp_path / "psf.tif")
