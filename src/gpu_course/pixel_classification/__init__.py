"""Section 3: interactive pixel classification.

>>> from gpu_course.pixel_classification import PixelClassifier, Recipe, to_objects
"""

from gpu_course.pixel_classification.classifier import PixelClassifier
from gpu_course.pixel_classification.objects import to_objects
from gpu_course.pixel_classification.recipe import FEATURES, Recipe

__all__ = ["FEATURES", "PixelClassifier", "Recipe", "to_objects"]
