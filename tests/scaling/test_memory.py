# ruff: noqa: E402
"""A volume four times a stated memory, processed by workers that stay below it.

What a worker may take is stated for its data: on top of what Python, Dask and the packages hold in
an idle worker, which no volume changes. The peak is that of the resident memory of the processes.
"""

import sys

import numpy as np
import pandas as pd
import psutil
import pytest

zarr = pytest.importorskip("zarr", reason="the extra scaling is not installed")
pytest.importorskip("distributed", reason="the extra scaling is not installed")
pytest.importorskip("ome_zarr", reason="the extra scaling is not installed")

from benchmarks import scaling as b
from gpu_course.classical import measure
from gpu_course.scaling import open_image, segment_nuclei

LIMIT = 64 * 2**20
"""A smaller one would be of the size of what Python, Dask and Zarr pile up by themselves."""

IN_ONE_PIECE = 10 * 2**30
"""Bytes of memory for the watershed of the whole volume."""

DEPTH = 32
ITERATIONS = 2


# Minutes on two cores.
pytestmark = pytest.mark.timeout(3600)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    if not sys.platform.startswith("linux"):
        pytest.skip("the peak of a process is read from /proc")
    folder = tmp_path_factory.mktemp("memory")
    image, measured = b.beyond_memory(folder, LIMIT, DEPTH, ITERATIONS)
    assert 4 * image.size >= 4 * LIMIT
    return image, measured


def test_the_workers_stay_below_the_limit(run):
    _, measured = run
    assert len({record.worker for record in measured.summary.records}) == 2
    taken = measured.peak - measured.base
    assert 0 < taken < LIMIT


def test_the_result_is_that_of_memory(run):
    if psutil.virtual_memory().available < IN_ONE_PIECE:
        pytest.skip("the volume in one piece needs more memory than is free")
    image, measured = run
    whole, labels, table = b.in_one_piece(image, ITERATIONS)
    out = measured.summary.target
    found = open_image(out).read()
    assert abs(found - whole).max() < 1e-3 * np.ptp(whole)
    labelled = zarr.open_group(str(out), mode="r")["labels/nuclei/0"][:]
    # Of the same picture, the same labels and the same table.
    assert np.array_equal(labelled, segment_nuclei(found, b.SETTINGS, voxel_size=b.NUCLEI_VOXEL))
    written = pd.read_csv(out / "measurements.csv", float_precision="round_trip")
    pd.testing.assert_frame_equal(written, measure(found, labelled, in_pieces=True), rtol=1e-9)
    # Of the picture deconvolved in one piece, too: as many objects, each in the same place.
    assert len(written) == len(table) > 1000
    assert np.array_equal(labelled, labels)
    pd.testing.assert_frame_equal(written, table, rtol=1e-3)
