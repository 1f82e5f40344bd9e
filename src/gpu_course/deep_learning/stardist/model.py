"""A StarDist network, built quietly and with weights that depend on the seed alone."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import logging
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deep_learning.normalisation import Normalisation, Scale, channels_first
from gpu_course.deep_learning.stardist.design import Design
from gpu_course.errors import CourseError, MachineError

if TYPE_CHECKING:
    from gpu_course.deep_learning.stardist.prepared import Prepared


@dataclasses.dataclass
class StarModel:
    """A StarDist network with all that is needed to use it.

    Attributes
    ----------
    design : Design
    network : stardist.models.StarDist2D
        With the thresholds in use as ``network.thresholds``.
    normalisation : Normalisation or FixedRange
        What images go through before the network.
    record : dict
        How it was trained; empty at first.
    prepared : Prepared, optional
        How images were brought to one brightness and size before the training. None: they were
        given as they came.
    """

    design: Design
    network: Any
    normalisation: Scale = dataclasses.field(default_factory=Normalisation)
    record: dict[str, Any] = dataclasses.field(default_factory=dict)
    prepared: Prepared | None = None

    def prepare(self, image: NDArray[Any]) -> NDArray[np.float32]:
        """Return an image as the network wants it.

        Parameters
        ----------
        image : ndarray (Y, X) or (Y, X, C)
            As the camera gave it.

        Returns
        -------
        ndarray, float32 (Y, X, C)

        Raises
        ------
        CourseError
            If the image has another number of channels or is smaller than the network's stride.
        """
        channels = channels_first(image)
        if len(channels) != self.design.channels:
            raise CourseError(
                f"The image has {len(channels)} channel(s) and the network was made for "
                f"{self.design.channels}. Give it images like those it was trained on."
            )
        stride = self.design.stride
        if min(channels.shape[1:]) < stride:
            raise CourseError(
                f"The image of shape {channels.shape[1:]} is smaller than the network's stride of "
                f"{stride} pixels, by which it shrinks images. Give it a larger image."
            )
        return np.ascontiguousarray(np.moveaxis(self.normalisation(channels), 0, -1))

    @property
    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Copies of all weights by name, as in `Design.weights`."""
        arrays = self.network.keras_model.get_weights()
        return dict(zip(self.design.weights, arrays, strict=True))

    @weights.setter
    def weights(self, arrays: dict[str, NDArray[np.float32]]) -> None:
        self.network.keras_model.set_weights([arrays[name] for name in self.design.weights])


def build(
    design: Design,
    *,
    normalisation: Scale | None = None,
    prepared: Prepared | None = None,
    seed: int = 0,
) -> StarModel:
    """Build a network that knows nothing yet.

    Parameters
    ----------
    design : Design
    normalisation : Normalisation or FixedRange, optional
        None: ``Normalisation()``, or for prepared scenes the range they are prepared to.
    prepared : Prepared, optional
        By which the scenes to learn from are prepared. `prediction.predict` prepares others so.
    seed : int
        Decides the first weights. They are drawn by NumPy, so that they are the same with every
        version of TensorFlow and nothing else in the program is seeded on the way.

    Returns
    -------
    StarModel

    Raises
    ------
    MachineError
        If TensorFlow or StarDist is not installed.
    """
    from gpu_course import devices

    # First of all: it tells TensorFlow to be quiet.
    if devices.tensorflow() is None or find_spec("stardist") is None:
        raise MachineError(
            "StarDist needs TensorFlow, which is not installed. "
            "Run: pip install tensorflow stardist"
        )
    from stardist.models import Config2D, StarDist2D

    # Tiles of several shapes are no mistake of ours, and TensorFlow warns of each.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    configuration = Config2D(
        axes="YXC",
        n_rays=design.rays,
        n_channel_in=design.channels,
        grid=(design.grid, design.grid),
        unet_n_depth=design.depth,
        unet_n_filter_base=design.width,
        net_conv_after_unet=design.features,
        train_patch_size=(design.patch, design.patch),
    )
    with quiet():
        network = StarDist2D(configuration, name="course", basedir=None)
    scale = normalisation or (Normalisation() if prepared is None else prepared.range)
    model = StarModel(design, network, scale, prepared=prepared)
    model.weights = _first_weights(design, seed)
    return model


def _first_weights(design: Design, seed: int) -> dict[str, NDArray[np.float32]]:
    """Draw kernels as Glorot and Bengio (2010) advise, as Keras does; biases begin at 0."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for name, shape in design.weights.items():
        limit = 0.0
        if len(shape) == 4:
            limit = float(np.sqrt(6 / (shape[0] * shape[1] * (shape[2] + shape[3]))))
        arrays[name] = rng.uniform(-limit, limit, shape).astype(np.float32)
    return arrays


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep StarDist's prints and progress bars out of the notebook; errors are raised as ever."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        yield
