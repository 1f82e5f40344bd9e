"""Pictures in files: whatever array a program writes, and in whatever way, is read back."""

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from gpu_course import picture_files
from tests.fuzz.things import REFUSED, answer, images, label_images

WAYS = st.fixed_dictionaries(
    {
        "compression": st.sampled_from((None, "zlib", "lzw", "packbits")),
        "byteorder": st.sampled_from(("<", ">")),
        "photometric": st.sampled_from((None, "minisblack")),
    }
)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "a.tif"


@given(images(ndims=(2, 2, 3), containers=("array",)), WAYS)
def test_a_tiff_gives_what_was_written(file, image, how):
    if not image.usable:
        return
    given_ = np.ascontiguousarray(image.held).astype(image.held.dtype.newbyteorder("="))
    if given_.ndim == 3:  # of 3 or 4 columns, tifffile makes colours unless told otherwise
        how = how | {"photometric": "minisblack"}
    try:
        tifffile.imwrite(file, given_, **how)
    except Exception:  # no program writes such a file either
        return
    for numbers in (False, True):
        picture = answer(picture_files.read, file, numbers=numbers, stack=True)
        assert picture is not REFUSED
        found = np.squeeze(np.asarray(picture.array, np.float64))
        if "C" in picture.axes and found.ndim == 3:
            found = np.moveaxis(found, -1, 0) if found.shape != image.values.shape else found
        np.testing.assert_array_equal(np.ravel(found), np.ravel(image.values))


@given(
    st.integers(2, 5),
    st.sampled_from(("u1", "u2", "i2", "f4")),
    st.sampled_from(({"imagej": True}, {"ome": True})),
    st.integers(0, 2**16),
)
def test_channels_of_a_microscope_are_all_there(file, channels, dtype, how, seed):
    dice = np.random.default_rng(seed)
    given_ = dice.integers(0, 120, (channels, 6, 7)).astype(dtype)
    if seed % 2:
        given_[dice.integers(channels)] = np.iinfo(dtype).max if dtype != "f4" else 1
    tifffile.imwrite(file, given_, metadata={"axes": "CYX"}, photometric="minisblack", **how)
    picture = answer(picture_files.read, file)
    assert picture is not REFUSED
    assert picture.axes == "YXC"
    np.testing.assert_array_equal(picture.array, np.moveaxis(given_, 0, -1))


@given(label_images(containers=("array", "list")))
def test_numbers_of_objects_come_back_or_are_refused(file, labels):
    content = answer(picture_files.tiff, labels.held)
    if content is REFUSED:
        assert not labels.usable or max(labels.values.ravel(), default=0) >= 2**32
        return
    assert labels.usable
    file.write_bytes(content)
    picture = answer(picture_files.read, file, numbers=True, stack=True)
    assert picture is not REFUSED
    found = np.asarray(picture.array).astype(object)
    assert (np.ravel(np.squeeze(found)) == np.ravel(labels.values)).all()
