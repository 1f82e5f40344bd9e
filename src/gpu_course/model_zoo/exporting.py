"""A U-Net packed for the BioImage Model Zoo: all files in one zip, or none."""

from __future__ import annotations

import datetime
import importlib.metadata
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gpu_course import paths
from gpu_course.errors import CourseError, MachineError
from gpu_course.files import write_atomic

if TYPE_CHECKING:
    from gpu_course.own_images import OwnModel

DESCRIPTION = "rdf.yaml"


def export(
    model: Path | str,
    out: Path | str,
    *,
    image: Path | str | None = None,
    authors: Sequence[str] = (),
    licence: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a package of the BioImage Model Zoo.

    It holds a description with the steps before and after the network, the weights in two formats
    with the architecture, an image with the course's own answer for tests, a text and a picture.

    Parameters
    ----------
    model : Path or str
        A file of a U-Net, or the name of one that comes with the course, such as ``roots-unet``.
    out : Path or str
        The file to write, ending in ``.zip``.
    image : Path or str, optional
        A picture that may be passed on, with objects in its middle. None: a simulated scene, for
        a network of the course.
    authors : sequence of str
        Who made the model, if it is not the course's.
    licence : str, optional
        Under which others may use it, as the SPDX list spells it; of a network of the course it
        is known.
    overwrite : bool
        Replace a file that is there.

    Returns
    -------
    Path

    Raises
    ------
    CourseError
        If there is no such model, it is no U-Net, something that a package must tell is missing,
        the image does not suit, or the file is there or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from gpu_course.model_zoo import export
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export("roots-unet", f"{folder}/roots.zip").name
    'roots.zip'
    """
    out = Path(out)
    if out.suffix.lower() != ".zip":
        raise CourseError(f"{out} does not end in .zip, by which programs know a package. Add it.")
    if out.exists() and not overwrite:
        raise CourseError(f"{out} is already there. Choose another name, or add --overwrite.")
    _require_torch()
    file = _file_of(str(model))
    trained = _unet(file)
    # A reader who has trained a network anew has a file of the same name, and it is not ours.
    ours = file.resolve().parent == (paths.data() / "weights").resolve()
    if ours and (authors or licence):
        raise CourseError(
            f"{file.stem} is a network of the course, whose authors and licence are known. Leave "
            "--author and --licence out."
        )
    files = _packed(file.stem, trained, ours, image, authors, licence)
    return write_atomic(out, _zip(files))


def _require_torch() -> None:
    try:
        import safetensors
        import torch
    except ModuleNotFoundError as error:
        raise MachineError(
            f"Exporting needs {error.name}, which is not installed. Install the course with its "
            'extra: pip install ".[deep-learning]".'
        ) from error
    del safetensors, torch


def _file_of(model: str) -> Path:
    from gpu_course.deep_learning import weights

    return Path(model) if Path(model).is_file() else weights.find(model)


def _unet(file: Path) -> OwnModel:
    """Return the U-Net of a file; refuse other networks before their libraries are loaded."""
    from gpu_course import own_images
    from gpu_course.deep_learning import safetensors_file
    from gpu_course.deep_learning.storage import LARGEST

    metadata, _ = safetensors_file.read(file, largest=LARGEST)
    with safetensors_file.understood(file):
        kind = str(json.loads(metadata.get("about", "{}")).get("kind", ""))
    if kind.startswith(("gpu-course StarDist", "gpu-course threshold")):
        raise CourseError(
            f"{file.stem} is a {kind.split()[1]} and no U-Net, and only these are packed: "
            "roots-unet, rootnav-unet, or what gpu-course train --method unet has written."
        )
    return own_images.load(file)


def _packed(
    name: str,
    model: OwnModel,
    ours: bool,
    image: Path | str | None,
    authors: Sequence[str],
    licence: str | None,
) -> dict[str, bytes]:
    """Return the files of a package by name."""
    import torch
    import yaml

    from gpu_course.model_zoo import about as facts
    from gpu_course.model_zoo import description as written
    from gpu_course.model_zoo import documentation, example, network_files

    network = model.core[0]
    about = (
        facts.of_the_course(name, model.record)
        if ours
        else facts.of_yours(name, model, authors=authors, licence=licence)
    )
    pixels = example.simulated(name) if ours and image is None else None
    if pixels is None and image is None:
        raise CourseError(
            f"A package shows an image and tests itself with it, and nobody knows which of those "
            f"of {name} may be passed on. Name one with --image."
        )
    if pixels is None:
        assert image is not None
        pixels = example.picture(image, model)
    side = max(example.SIDE, written.smallest(network.stride))
    shown = example.make(pixels, model, side)
    suffix, picture = example.cover(shown)
    files = {
        written.INPUT: example.npy(shown.image),
        written.OUTPUT: example.npy(shown.probability),
        written.SEEN: example.tif(shown.image),
        written.FOUND: example.tif(shown.probability),
        written.ARCHITECTURE: network_files.architecture().encode(),
        written.WEIGHTS: network_files.state_dict(network),
        written.SCRIPT: network_files.torchscript(network, side),
        written.DOCUMENTATION: documentation.text(about, model).encode(),
        f"cover{suffix}": picture,
    }
    said = written.describe(
        about,
        model,
        files,
        cover=f"cover{suffix}",
        timestamp=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        versions={"torch": torch.__version__, "course": importlib.metadata.version("gpu-course")},
    )
    text = yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=100)
    return {DESCRIPTION: text.encode(), **files}


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return buffer.getvalue()
