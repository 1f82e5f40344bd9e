"""Real nuclei: the DSB 2018 picture with human labels that the stardist package ships."""

from __future__ import annotations

from gpu_course.images import registry
from gpu_course.images.sample import Sample
from gpu_course.labels import renumber

#: The halves of the picture: methods are tuned on the left one and scored on the right one.
BORDER = 256
WINDOWS = {
    "train": slice(None, BORDER),
    "test": slice(BORDER, None),
    "whole": slice(None),
}


def load_nuclei(split: str, index: int, size: str | None = None) -> Sample:
    """Return the nuclei picture or one of its halves.

    The file is read from the installed stardist package without importing it. The split is
    ``"train"`` (columns below 256), ``"test"`` (the others) or ``"whole"``, and has one scene, 0. A
    nucleus on the border is in both halves, each time with its own part only. A photograph has the
    size it has: `size` is ignored. The image is uint16 of shape (512, 512) or (512, 256), axes YX.
    Nobody recorded the pixel size.
    """
    import tifffile

    image = tifffile.imread(registry.fetch("nuclei/img2d.tif"))
    labels = tifffile.imread(registry.fetch("nuclei/mask2d.tif"))
    whole = Sample("nuclei", split, index, image, "YX", labels=renumber(labels))
    return whole.crop(slice(None), WINDOWS[split])
