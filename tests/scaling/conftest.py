"""A small volume of nuclei, in memory and as a store."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

VOXEL = (0.5, 0.25, 0.25)
BLOCK = (16, 48, 48)
CHUNKS = (8, 16, 16)


@dataclass(frozen=True)
class Scene:
    """The volume, its store, and what the plain calls make of it in one piece."""

    image: np.ndarray
    psf: np.ndarray
    store: Path
    settings: object
    deconvolved: np.ndarray
    labels: np.ndarray

    def options(self, **more):
        return {
            "psf": self.psf,
            "iterations": 5,
            "background": 5.0,
            "settings": self.settings,
            "block": BLOCK,
            "chunks": CHUNKS,
            **more,
        }


@pytest.fixture(scope="session")
def scene(tmp_path_factory):
    pytest.importorskip("zarr", reason="the extra scaling is not installed")
    pytest.importorskip("ome_zarr", reason="the extra scaling is not installed")
    from gpu_course.deconvolution import psf, richardson_lucy
    from gpu_course.images.phantoms import image_of, nuclei_phantom
    from gpu_course.scaling import NucleiSettings, save_image, segment_nuclei

    image = image_of(
        nuclei_phantom((16, 72, 90), seed=3, radius=1.2, density=0.2), blur=(0.5, 0.2, 0.2)
    )
    lens = psf.gaussian((7, 7, 7), (0.5, 0.2, 0.2), VOXEL)
    settings = NucleiSettings(smooth=0.3, distance=0.8, largest=5.0, threshold=1.3)
    store = tmp_path_factory.mktemp("scene") / "in.zarr"
    save_image(store, image, VOXEL, chunks=CHUNKS)
    whole = richardson_lucy(image.astype(np.float32), lens, 5, background=5.0, acceleration=None)
    labels = segment_nuclei(whole, settings, voxel_size=VOXEL)
    return Scene(image, lens, store, settings, whole, labels)
