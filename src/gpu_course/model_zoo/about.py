"""What a package tells people: who made the network, from what, and what may be done with it."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Sequence
from typing import Any

from gpu_course import paths
from gpu_course.errors import CourseError
from gpu_course.own_images import OwnModel

AUTHORS = "The authors of GPU Image Analysis and Deep Learning with the Image.sc ecosystem"
"""As ``CITATION.cff`` names them."""

LICENCE = "BSD-3-Clause"
"""Of the course's code, and of the weights that this code has trained."""

LICENCES = (
    *("CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "BSD-2-Clause", "BSD-3-Clause", "MIT"),
    *("Apache-2.0", "GPL-3.0-only", "GPL-3.0-or-later", "AGPL-3.0-only", "AGPL-3.0-or-later"),
)
"""Licences that people give to models, as the SPDX list spells them; the zoo takes no other words.
"""

UNET = {
    "text": "Ronneberger, Fischer and Brox (2015), U-Net: Convolutional Networks for Biomedical "
    "Image Segmentation",
    "doi": "10.1007/978-3-319-24574-4_28",
}
ROOTNAV = {
    "text": "Yasrab et al. (2019), RootNav 2.0: Deep learning for automatic navigation of complex "
    "plant root architectures",
    "doi": "10.1093/gigascience/giz123",
}
# What the zoo's categories ask for, as far as it is known of any U-Net of the course.
TAGS = ("2d", "pytorch", "unet", "semantic-segmentation")
ROOTS = ("plant", "roots", "other")


@dataclasses.dataclass(frozen=True)
class About:
    """What people must be told."""

    name: str  # 5 to 64 letters, digits, spaces, hyphens, underscores, plus signs, parentheses
    takes: str  # a sentence each: what it takes, and what it gives
    gives: str
    learned_from: str
    fails: Sequence[str]  # where not to believe it
    authors: Sequence[str]
    licence: str  # one of `LICENCES`
    cite: Sequence[dict[str, str]]  # ``"text"`` and ``"doi"``
    tags: Sequence[str]


def of_the_course(name: str, record: dict[str, Any]) -> About:
    """Return what the card of one of the course's networks says.

    It is named as its file of weights, without the ending; the record is from that file.
    """
    file = paths.data() / "network-cards" / f"{name}.toml"
    card = tomllib.loads(file.read_text(encoding="utf-8"))
    return About(
        name=f"{card['title']} (U-Net)",
        takes=card["takes"],
        gives=card["gives"],
        learned_from=f"{record['scenes']}. {card['labels']} Licence of these: {card['licence']}.",
        fails=card["fails"],
        authors=[AUTHORS],
        licence=LICENCE,
        cite=[UNET, ROOTNAV] if "rootnav" in name else [UNET],
        tags=[*TAGS, *ROOTS],
    )


def of_yours(name: str, model: OwnModel, *, authors: Sequence[str], licence: str | None) -> About:
    """Return what can be said of a model that somebody else has trained with the course.

    It is named as its file of weights, without the ending.

    Raises
    ------
    CourseError
        If nobody says who made it or under which licence it is passed on, or the zoo does not take
        what is said.
    """
    names = [author.strip() for author in authors]
    if not names or not all(names) or not licence:
        raise CourseError(
            f"{name} is a model of your own, and a package must say who made it and what others "
            'may do with it: add --author "Your Name" and --licence, such as CC-BY-4.0.'
        )
    if wrong := [author for author in names if "/" in author or "\\" in author]:
        raise CourseError(
            f"The zoo takes no slash in a name, and {wrong[0]!r} has one. Give each author alone."
        )
    if licence not in LICENCES:
        raise CourseError(
            f"There is no licence {licence!r} here. Choose one of {', '.join(LICENCES)}."
        )
    settings = model.settings
    channels = "grey plane" if settings.channels == 1 else f"plane of {settings.channels} channels"
    size = ""
    if settings.learned is not None:
        dark = "dark on bright" if settings.learned.darker else "bright on dark"
        # A package resamples nothing, so this is the size at which the network works.
        wide = settings.learned.diameter * settings.scale
        size = f" with objects {dark}, about {wide:.0f} px wide"
    return About(
        # In the letters that the format allows.
        name=re.sub(r"[^A-Za-z0-9_+() -]", "-", f"{name} (U-Net)")[:64],
        takes=f"One {channels}{size}.",
        gives="The probability of object for every pixel, 0 to 1.",
        learned_from="Labelled images of its authors, with `gpu-course train`.",
        fails=["Nobody has noted it: try it on images with a known truth before you trust it."],
        authors=names,
        licence=licence,
        cite=[UNET],
        tags=[*TAGS, "other"],
    )
