"""Images of the course for *File › Open Sample*, to try the plugin on."""

from __future__ import annotations

from typing import Any

from gpu_course import images

LayerData = tuple[Any, dict[str, Any], str]


def nuclei() -> list[LayerData]:
    """Return a real image of nuclei, (Y, X)."""
    sample = images.load("nuclei", "train")
    return [(sample.image, {"name": "nuclei", "gamma": 0.6}, "image")]


def bees() -> list[LayerData]:
    """Return a simulated hive frame, (Y, X)."""
    return [(images.load("bees", "train").image, {"name": "bees"}, "image")]


def roots() -> list[LayerData]:
    """Return simulated roots in soil, (Y, X)."""
    return [(images.load("roots", "train").image, {"name": "roots"}, "image")]


def nuclei_volume() -> list[LayerData]:
    """Return a simulated stack of nuclei, (Z, Y, X), with its voxel size in micrometres."""
    sample = images.load("nuclei-3d", "train", size="small")
    place = {"scale": sample.voxel_size, "axis_labels": ("z", "y", "x")}
    return [(sample.image, {"name": "nuclei 3D", **place}, "image")]
