"""What a package says in words, for whoever finds it in the zoo."""

from __future__ import annotations

import dataclasses

from gpu_course.deep_learning.normalisation import Scale
from gpu_course.model_zoo.about import About
from gpu_course.model_zoo.description import halo, smallest
from gpu_course.own_images import OwnModel


def text(about: About, model: OwnModel) -> str:
    """Return the documentation of a U-Net as Markdown."""
    network, scale = model.core
    stride, wide = network.stride, halo(network.stride)
    parts = [
        f"# {about.name}",
        f"{about.takes} {about.gives}",
        "## Use",
        _brightness(scale),
        f"Rows and columns are multiples of {stride}, {smallest(stride)} at least. Where an image "
        f"is cut into tiles, let them overlap: the outer {wide} pixels of a tile miss what lies "
        "beyond, and are thrown away. The percentiles are those of the whole image, not of a tile.",
        f"Pixels above a probability of {model.settings.threshold:g} count as object.",
        *_beside(model),
        "## What it learned from",
        about.learned_from,
        "## Where it fails",
        "\n".join(f"* {sentence}" for sentence in about.fails),
        "## Validation",
        "Take images that the network has not seen, of your own kind, and draw their masks by "
        "hand. Predict them, compare the masks by Dice, and look at the worst image rather than "
        "at the mean. In the course, `gpu-course predict` scores every image beside which a mask "
        "lies, and shows the worst cases.",
        "## Licence and citation",
        f"Licence: {about.licence}. Authors: {', '.join(about.authors)}. The method is that of:",
        "\n".join(f"* {entry['text']}, doi:{entry['doi']}" for entry in about.cite),
        "Packed with the course *GPU Image Analysis and Deep Learning with the Image.sc "
        "ecosystem*.",
    ]
    return "\n\n".join(parts) + "\n"


def _brightness(scale: Scale) -> str:
    about = dataclasses.asdict(scale)
    if "dark" in about:
        return (
            f"Give it images of known levels: the grey value {about['dark']:g} becomes 0 and "
            f"{about['bright']:g} becomes 1 before the network."
        )
    return (
        f"Give it the image as the camera made it. Before the network, its percentile "
        f"{about['low']:g} becomes 0 and its percentile {about['high']:g} becomes 1, in each "
        "channel by itself: programs that read the description do this on their own."
    )


def _beside(model: OwnModel) -> list[str]:
    """Return what the course does with this model and a package cannot."""
    settings = model.settings
    said = []
    if settings.channel is not None:
        said.append(f"It looks at one channel of its images, number {settings.channel} from 0.")
    if settings.scale != 1:
        said.append(
            f"The images of its authors were enlarged by the factor {settings.scale:.3g} first. "
            "Bring yours to the same size of objects, and the result back."
        )
    if settings.flips:
        said.append("In the course, the mean over eight mirror images and turns is taken.")
    if settings.kind == "labels":
        said.append(
            "It learned from objects numbered one by one. The course parts those that touch after "
            "the threshold; a package does not, so part them in your program (a watershed)."
        )
    if settings.smallest:
        said.append(
            f"Objects of less than {settings.smallest:.0f} pixels are left out by the course."
        )
    return [" ".join(said)] if said else []
