"""“Copy as Python”: the script that computes again what the plugin shows."""

from __future__ import annotations

from typing import Any

TEMPLATE = """\
# Run this in napari's console, where `viewer` is the window, or load the arrays yourself.
{imports}

image = viewer.layers[{image!r}].data{first_level}
{classifier}
labels = classifier.predict(image)
probabilities = classifier.predict_proba(image)

place = viewer.layers[{image!r}]
viewer.add_labels(labels, name="from a script", scale=place.scale, translate=place.translate)
"""

FIT = """\
scribbles = viewer.layers[{scribbles!r}].data
classifier = PixelClassifier({recipe!r}, trees={trees}, seed={seed})
classifier.fit(image, scribbles)"""

LOAD = """\
classifier = PixelClassifier.load({path!r})"""


def fitted(image: str, scribbles: str, *, recipe: Any, trees: int, seed: int, levels: bool) -> str:
    """Return a script that fits the same classifier to the same strokes.

    Parameters
    ----------
    image, scribbles : str
        Names of the layers.
    recipe : gpu_course.pixel_classification.features.Recipe
    trees, seed : int
        Settings of the forest.
    levels : bool
        Whether the image layer holds several resolutions; then the finest is taken.
    """
    imports = (
        "from gpu_course.pixel_classification.classifier import PixelClassifier\n"
        "from gpu_course.pixel_classification.features import Recipe"
    )
    fit = FIT.format(scribbles=scribbles, recipe=recipe, trees=trees, seed=seed)
    return _script(image, imports, fit, levels)


def loaded(image: str, path: str, *, levels: bool) -> str:
    """Return a script that predicts with a model file."""
    imports = "from gpu_course.pixel_classification.classifier import PixelClassifier"
    return _script(image, imports, LOAD.format(path=path), levels)


def _script(image: str, imports: str, classifier: str, levels: bool) -> str:
    first_level = "[0]" if levels else ""
    return TEMPLATE.format(
        imports=imports, image=image, first_level=first_level, classifier=classifier
    )
