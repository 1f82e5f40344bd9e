"""A model of one's own: any of the methods behind one face, in one file that knows its past."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_course import object_size
from gpu_course.deep_learning import safetensors_file
from gpu_course.errors import CourseError
from gpu_course.own_images import stored
from gpu_course.own_images.folder import Kind, pixels_of
from gpu_course.own_images.looks import Learned
from gpu_course.own_images.preparing import padded, resized, scaled
from gpu_course.own_images.separating import objects_of
from gpu_course.own_images.threshold import Rule

Method = Literal["threshold", "unet", "stardist"]

METHODS: tuple[Method, ...] = ("threshold", "unet", "stardist")
"""From simple to costly."""

KIND = "gpu-course threshold 1"
LARGEST = 2**30
NO_SIZE = (
    "The model's file does not say how large the objects were that it learned from, so no diameter "
    "can be brought to theirs. Leave the diameter out."
)
PART = "own_images"
"""The part of a record that this package reads and writes."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """All that decides, beside the network, what a model answers; it lies in the model's file.

    Attributes
    ----------
    kind : {"labels", "masks"}
        What the model learned to give.
    channels : int
        Of the images.
    channel : int or None
        The one channel of the files that is looked at, counted from 0. None: all.
    scale : float
        By what factor training images were enlarged.
    threshold : float
        Least probability of an object's pixel (U-Net).
    flips : bool
        Whether the mean over all mirror images and turns is taken (U-Net).
    smallest : float
        Objects of less area, in pixels of the training images, are left out.
    learned : Learned or None
        What the training images looked like; None if nobody noted it.
    """

    kind: Kind
    channels: int
    channel: int | None = None
    scale: float = 1.0
    threshold: float = 0.5
    flips: bool = False
    smallest: float = 0.0
    learned: Learned | None = None


class Found(NamedTuple):
    """What a model sees in an image.

    Attributes
    ----------
    labels : ndarray, int32 (Y, X)
        0 is background, 1 … n the objects; of a model that learned from masks, the parts that hang
        together.
    sure : ndarray, float32 (n,)
        How sure the model is of each object, from 0 to 1; NaN where it does not say.
    """

    labels: NDArray[np.int32]
    sure: NDArray[np.float32]


@dataclasses.dataclass
class OwnModel:
    """A trained method, ready to predict.

    Attributes
    ----------
    method : {"threshold", "unet", "stardist"}
    core : Rule, (UNet, Normalisation) or StarModel
    settings : Settings
    record : dict
        How it was trained, scores and files included.
    """

    method: Method
    core: Any
    settings: Settings
    record: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def knows_size(self) -> bool:
        """Whether an image can be brought to the size at which the model learned."""
        return self.settings.learned is not None or self.method == "stardist"

    @property
    def measures(self) -> bool:
        """Whether the network itself measures how large objects are, as some of the course do."""
        return self.method == "stardist" and self.core.prepared is not None

    def predict(self, image: NDArray[Any], *, diameter: float | None = None) -> Found:
        """Find the objects of an image.

        Parameters
        ----------
        image : ndarray (Y, X) or (Y, X, C)
            As the camera gave it, of any size.
        diameter : float, optional
            Of its objects, in pixels, if it is not that of the training: the image is brought to
            the size at which the model learned, and the result back to the size of the image.

        Returns
        -------
        Found

        Raises
        ------
        CourseError
            If the image is no plane of real and finite numbers, has other channels than the model
            learned from, or the diameter is impossible, or nobody noted that of the training.
        """
        image = self._image(image)
        diameter = None if diameter is None else possible(diameter)
        channels = 1 if image.ndim == 2 else image.shape[-1]
        if channels != self.settings.channels:
            raise CourseError(
                f"The image has {channels} channel(s) and the model learned from "
                f"{self.settings.channels}. Give it images like those, or name a channel."
            )
        if self.method == "stardist" and self.settings.learned is None:
            return self._stars(image, 1.0, diameter)
        zoom = self._zoom(diameter)
        # Areas in pixels of this image; its objects may be larger than those of the training.
        area = (self.settings.scale / zoom) ** 2
        if self.method == "stardist":
            found = self._stars(image, zoom)
        else:
            chances = self._chances(image, zoom)
            labels = self.objects(chances, area)
            found = Found(labels, _sureness(labels, chances))
            if self.method == "threshold":
                found = Found(labels, np.full(len(found.sure), np.nan, np.float32))
        return found

    def chances(self, image: NDArray[Any]) -> NDArray[np.float32]:
        """Return the probability of every pixel (Y, X) to lie in an object; not of StarDist."""
        return self._chances(self._image(image), self.settings.scale)

    def objects(self, chances: NDArray[np.float32], area: float = 1.0) -> NDArray[np.int32]:
        """Return the objects that probabilities (Y, X) make, 1…n; not of StarDist.

        `area` is how many pixels here make one of the training images.
        """
        learned, apart = self.settings.learned, self.settings.kind == "labels"
        return objects_of(
            chances > self.settings.threshold,
            diameter=learned.diameter * area**0.5 if learned and apart else None,
            smallest=self.settings.smallest * area,
        )

    def _image(self, image: Any) -> NDArray[Any]:
        """Return what is a plane, with or without channels, and refuse everything else."""
        given = image if isinstance(image, np.ndarray) else np.asarray(image)
        axes = {2: "YX", 3: "YXC"}.get(given.ndim, f"of an array of shape {given.shape}")
        return pixels_of(given, axes, "The image", None, kept=self.settings.channels)

    def _zoom(self, diameter: float | None) -> float:
        if diameter is None:
            return self.settings.scale
        if self.settings.learned is None:
            raise CourseError(NO_SIZE)
        return self.settings.scale * self.settings.learned.diameter / diameter

    def _chances(self, image: NDArray[Any], zoom: float) -> NDArray[np.float32]:
        shape = (image.shape[0], image.shape[1])
        seen = scaled(image, zoom)
        if self.method == "threshold":
            chances = self.core.mask(seen).astype(np.float32)
        else:
            from gpu_course.deep_learning.prediction import predict_tiled

            network, normalisation = self.core
            wide = padded(seen, network.stride)
            chances = predict_tiled(
                network, wide, flips=self.settings.flips, normalisation=normalisation
            )[0][: seen.shape[0], : seen.shape[1]]
        return chances if chances.shape == shape else resized(chances, shape)

    def _stars(self, image: NDArray[Any], zoom: float, diameter: float | None = None) -> Found:
        """Find stars; networks of the course bring images to their size by themselves."""
        from gpu_course.deep_learning import stardist

        shape = (image.shape[0], image.shape[1])
        seen = scaled(image, zoom)
        wide = padded(seen, self.core.design.stride)
        stars = stardist.predict(self.core, wide, diameter=diameter)
        labels = stars.labels[: seen.shape[0], : seen.shape[1]]
        labels = object_size.labels_back(labels, shape)
        # Numbers go with the list of probabilities; what lies in the margin alone is none.
        numbers = np.unique(labels[labels > 0])
        place = np.zeros(int(stars.labels.max(initial=0)) + 1, np.int32)
        place[numbers] = np.arange(1, len(numbers) + 1)
        return Found(place[labels], stars.probability[numbers - 1])


def possible(diameter: Any, other: str = "") -> float:
    """Return a diameter in pixels as a number, or raise; `other` says what may be given, too."""
    size = diameter.item() if getattr(diameter, "shape", None) == () else diameter
    if isinstance(size, bool) or not isinstance(size, int | float) or not 1 <= size < 10_000:
        raise CourseError(
            f"A diameter of {size!r:.60} is not possible. Give pixels, from 1 to 10000{other}."
        )
    return float(size)


def save(path: Path | str, model: OwnModel) -> Path:
    """Write a model with settings and record into one safe file, and return its path."""
    record = {**model.record, PART: dataclasses.asdict(model.settings)}
    if model.method == "unet":
        from gpu_course.deep_learning import storage

        network, normalisation = model.core
        return storage.save(path, network, normalisation=normalisation, record=record)
    if model.method == "stardist":
        from gpu_course.deep_learning.stardist import storage as star_storage

        model.core.record |= record
        return star_storage.save(path, model.core)
    about = {"kind": KIND, "rule": dataclasses.asdict(model.core), "record": record}
    return safetensors_file.write(path, {"level": np.array([model.core.level], np.float32)}, about)


def load(path: Path | str) -> OwnModel:
    """Return a model read back, or a network of the course.

    Parameters
    ----------
    path : Path or str
        A file, or the name of a network that comes with the course, such as ``nuclei-stardist``.

    Raises
    ------
    CourseError
        If there is none, or it is damaged or of another kind.
    """
    file = stored.file_of_model(path)
    metadata, _ = safetensors_file.read(file, largest=LARGEST)
    with safetensors_file.understood(file):
        kind = str(json.loads(metadata.get("about", "{}")).get("kind", ""))
    if kind.startswith("gpu-course U-Net"):
        from gpu_course.deep_learning import storage

        network, normalisation, record = storage.load(file)
        about = _settings(file, record, "masks", int(network.configuration["channels_in"]))
        return OwnModel("unet", (network, normalisation), about, record)
    if kind.startswith("gpu-course StarDist"):
        from gpu_course.deep_learning.stardist import storage as star_storage

        stars = star_storage.load(file)
        about = _settings(file, stars.record, "labels", stars.design.channels)
        return OwnModel("stardist", stars, about, stars.record)
    said = safetensors_file.about(file, metadata, kind=KIND, what="model")
    settings = _settings(file, said["record"], "masks", None)
    with safetensors_file.understood(file):
        stored.refuse_rule(said["rule"], settings.channels)
        rule = Rule(**said["rule"])
    return OwnModel("threshold", rule, settings, said["record"])


def _settings(path: Path, record: dict[str, Any], kind: Kind, channels: int | None) -> Settings:
    """Return the settings in a record; a U-Net of the course has a threshold alone."""
    with safetensors_file.understood(path):
        stored.refuse_record(record)
        alone = Settings(kind, channels or 1, threshold=record.get("threshold", 0.5))
        part = dict(record.get(PART, dataclasses.asdict(alone)))
        stored.refuse_settings(part, channels)
        learned = part.pop("learned")
        return Settings(**part, learned=Learned(**learned) if learned else None)


def _sureness(labels: NDArray[np.int32], chances: NDArray[np.float32]) -> NDArray[np.float32]:
    sums = np.bincount(labels.ravel(), chances.ravel(), minlength=1)[1:]
    result: NDArray[np.float32] = (sums / np.bincount(labels.ravel())[1:]).astype(np.float32)
    return result
