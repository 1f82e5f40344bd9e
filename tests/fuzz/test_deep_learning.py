"""What goes into a network: every image and folder, against NumPy in float64."""

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from gpu_course.deep_learning import Normalisation, labelled_folder, predict_tiled
from tests.fuzz.things import REFUSED, answer, cases, close, images, label_images

UNITS = (1e-9, 1e-3, 1.0, 1.0, 255.0, 65535.0, 1e9)


@given(
    images(ndims=(3,), containers=("array",), units=UNITS), st.sampled_from(((1, 99.8), (0, 100)))
)
def test_normalised_is_between_two_percentiles_or_refused(image, percentiles):
    if not image.usable or image.held.dtype.kind == "b":
        return  # known faults of this door
    found = answer(Normalisation(*percentiles), image.held)
    assert found is not REFUSED
    low, high = np.percentile(image.values, percentiles, axis=(1, 2), keepdims=True)
    if (high > low).all():
        close(found, (image.values - low) / (high - low), 1e-3)


@cases(0.38)
@given(
    images(ndims=(2,), containers=("array",), units=(1.0, 255.0)),
    st.sampled_from((16, 17, 32)),
    st.sampled_from((None, 0, 4, 8)),
)
def test_tiles_are_the_whole(image, tile, overlap):
    torch = pytest.importorskip("torch")
    if not image.usable or image.held.dtype.kind == "b":
        return
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1))
    wide = np.ascontiguousarray(np.tile(np.asarray(image.held), (4, 3)))
    whole = answer(predict_tiled, network, wide, tile=512, device="cpu")
    parts = answer(predict_tiled, network, wide, tile=tile, overlap=overlap, device="cpu")
    if parts is not REFUSED:
        assert whole is not REFUSED
        close(parts, whole.astype(np.float64), 1e-4)


@cases(0.30)
@given(
    images(containers=("array",), units=(1.0, 255.0)),
    label_images(containers=("array",)),
    st.sampled_from(("", "file,split\na,train\n", "file;split\na;Test\n", "\ufefffile\na\n", "ü")),
)
def test_a_folder_is_read_as_written_or_refused(tmp_path_factory, image, labels, table):
    if image.values is None or image.values.dtype == object:
        return
    folder = tmp_path_factory.mktemp("fuzz")
    for name, held in (("images", image.held), ("labels", labels.held)):
        (folder / name).mkdir()
        try:
            tifffile.imwrite(folder / name / "a.tif", np.ascontiguousarray(held))
        except Exception:  # no program writes such a file either
            return
    if table:
        (folder / "labels.csv").write_text(table, encoding="utf-8")
    scenes = answer(labelled_folder.read, folder)
    if scenes is not REFUSED:
        assert len(scenes) == 1
        np.testing.assert_array_equal(
            np.squeeze(np.asarray(scenes[0].image, np.float64)), np.squeeze(image.values)
        )
