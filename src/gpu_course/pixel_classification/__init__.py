"""Section 3: interactive pixel classification.

>>> from gpu_course.pixel_classification import PixelClassifier, Recipe, to_objects

From strokes to objects: `painter` and `teaching` paint as a person does; `recipe` says what
`features` computes (with `blur`, `eigenvalues`, `inputs` and `tiles`; through OpenCL in
`clesperanto`); `training` makes a table of painted pixels; `classifier` fits a `forest` to it and
predicts with `prediction`; `validation` asks how well; `storage` keeps it in a file that
`integrity` looks through, `correctable` with the `stroke_table` that it learned from; `objects`
makes objects of pixels. `course_classifiers` holds those of nuclei, bees and roots.
"""

from typing import TYPE_CHECKING

from gpu_course import lazy_names

if TYPE_CHECKING:
    from gpu_course.pixel_classification.classifier import PixelClassifier
    from gpu_course.pixel_classification.clesperanto import with_clesperanto
    from gpu_course.pixel_classification.forest import Forest
    from gpu_course.pixel_classification.objects import to_objects
    from gpu_course.pixel_classification.painter import paint
    from gpu_course.pixel_classification.recipe import FEATURES, Recipe
    from gpu_course.pixel_classification.teaching import Hand, foreground, scenes_of, teach
    from gpu_course.pixel_classification.validation import cross_validate

__all__ = [
    "FEATURES",
    "Forest",
    "Hand",
    "PixelClassifier",
    "Recipe",
    "cross_validate",
    "foreground",
    "paint",
    "scenes_of",
    "teach",
    "to_objects",
    "with_clesperanto",
]

__getattr__, __dir__ = lazy_names.attach(
    __name__,
    {
        "classifier": ("PixelClassifier",),
        "clesperanto": ("with_clesperanto",),
        "forest": ("Forest",),
        "objects": ("to_objects",),
        "painter": ("paint",),
        "recipe": ("FEATURES", "Recipe"),
        "teaching": ("Hand", "foreground", "scenes_of", "teach"),
        "validation": ("cross_validate",),
    },
)
