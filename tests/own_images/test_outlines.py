import io
import zipfile

import numpy as np
import pytest
from skimage.draw import polygon2mask

from gpu_course.errors import MachineError
from gpu_course.own_images import outlines
from tests.own_images.conftest import discs


def drawn(corners, shape):
    """Fill a polygon as ImageJ does: pixels whose middle lies inside."""
    return polygon2mask(shape, corners[:, ::-1] - 0.5)


def test_a_polygon_holds_just_the_pixels_of_its_object():
    _, labels = discs(0)
    for number in range(1, labels.max() + 1):
        mask = labels == number
        (corners,) = outlines.polygons(mask)
        np.testing.assert_array_equal(drawn(corners, mask.shape), mask)


def test_single_pixels_corners_and_pieces():
    mask = np.zeros((9, 9), bool)
    mask[0, 0] = True
    mask[4, 4] = mask[5, 5] = True
    one, other = outlines.polygons(mask)
    assert sorted(one.tolist()) == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert len(other) == 8


def test_holes_are_filled():
    mask = np.ones((7, 7), bool)
    mask[3, 3] = False
    assert len(outlines.polygons(mask)) == 1


def test_zip_is_read_by_the_package_and_is_the_same_every_time():
    roifile = pytest.importorskip("roifile")
    _, labels = discs(0)
    labels[labels == 2] = 0  # numbers may be missing
    content = outlines.roi_zip(labels)
    assert content == outlines.roi_zip(labels)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        rois = [roifile.ImagejRoi.frombytes(archive.read(name)) for name in names]
    assert names == [f"{n:04d}.roi" for n in np.unique(labels[labels > 0])]
    for name, roi in zip(names, rois, strict=True):
        mask = labels == int(name[:4])
        np.testing.assert_array_equal(drawn(roi.coordinates(), mask.shape), mask)


def test_without_the_package_it_is_one_sentence(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "roifile", None)
    with pytest.raises(MachineError, match="pip install roifile"):
        outlines.roi_zip(np.ones((3, 3), np.int32))
