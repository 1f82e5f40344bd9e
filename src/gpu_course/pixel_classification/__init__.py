"""Section 3: interactive pixel classification.

>>> from gpu_course.pixel_classification import PixelClassifier, Recipe, to_objects
"""

from typing import TYPE_CHECKING

from gpu_course import lazy_names

if TYPE_CHECKING:
    from gpu_course.pixel_classification.classifier import PixelClassifier
    from gpu_course.pixel_classification.objects import to_objects
    from gpu_course.pixel_classification.recipe import FEATURES, Recipe

__all__ = ["FEATURES", "PixelClassifier", "Recipe", "to_objects"]

__getattr__, __dir__ = lazy_names.attach(
    __name__,
    {
        "classifier": ("PixelClassifier",),
        "objects": ("to_objects",),
        "recipe": ("FEATURES", "Recipe"),
    },
)
