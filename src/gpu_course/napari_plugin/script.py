"""“Copy as Python”: the script that computes again what the plugin shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gpu_course.errors import CourseError

if TYPE_CHECKING:
    from napari.layers import Image, Labels

    from gpu_course.pixel_classification.recipe import Recipe

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
recipe = {recipe}
classifier = PixelClassifier(recipe, trees={trees}, seed={seed})
classifier.fit(image, scribbles)"""

LOAD = """\
classifier = PixelClassifier.load({path!r})"""


def python_script(
    image: Image | None,
    scribbles: Labels | None,
    model_file: str,
    *,
    recipe: Callable[[Image], Recipe],
    trees: int,
    seed: int,
) -> str:
    """Return a script that classifies the same image with the same forest.

    Parameters
    ----------
    image, scribbles : layer or None
        As they are chosen.
    model_file : str
        The file that the forest was loaded from, or an empty text if it was fitted to strokes.
    recipe : callable
        Returns the recipe for an image.
    trees, seed : int
        Settings of the forest.

    Raises
    ------
    CourseError
        If no image is chosen, or there is nothing to learn from.
    """
    if image is None:
        raise CourseError("Choose an image first.")
    if model_file:
        imports, classifier = "PixelClassifier", LOAD.format(path=model_file)
    elif scribbles is None:
        raise CourseError("Choose scribbles or load a model first.")
    else:
        imports = "PixelClassifier, Recipe"
        written = _written(recipe(image))
        classifier = FIT.format(scribbles=scribbles.name, recipe=written, trees=trees, seed=seed)
    return TEMPLATE.format(
        imports=f"from gpu_course.pixel_classification import {imports}",
        image=image.name,
        first_level="[0]" if image.multiscale else "",
        classifier=classifier,
    )


def _written(recipe: Recipe) -> str:
    """Return the code that makes a recipe, without what is so anyway."""
    fields: dict[str, object] = {"sigmas": recipe.sigmas, "features": recipe.features}
    fields |= {"channels": recipe.channels, "voxel_size": recipe.voxel_size}
    given = [f"    {name}={value!r},\n" for name, value in fields.items() if value is not None]
    return f"Recipe(\n{''.join(given)})"
