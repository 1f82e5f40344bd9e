"""“Copy as Python”: the script that computes again what the plugin shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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


def fitted(
    image: str, scribbles: str, *, recipe: Recipe, trees: int, seed: int, levels: bool
) -> str:
    """Return a script that fits the same classifier to the same strokes.

    Parameters
    ----------
    image, scribbles : str
        Names of the layers.
    recipe : Recipe
    trees, seed : int
        Settings of the forest.
    levels : bool
        Whether the image layer holds several resolutions; then the finest is taken.
    """
    imports = "from gpu_course.pixel_classification import PixelClassifier, Recipe"
    fit = FIT.format(scribbles=scribbles, recipe=_written(recipe), trees=trees, seed=seed)
    return _script(image, imports, fit, levels)


def loaded(image: str, path: str, *, levels: bool) -> str:
    """Return a script that predicts with a model file."""
    imports = "from gpu_course.pixel_classification import PixelClassifier"
    return _script(image, imports, LOAD.format(path=path), levels)


def _written(recipe: Recipe) -> str:
    """Return the code that makes a recipe, without what is so anyway."""
    fields: dict[str, object] = {"sigmas": recipe.sigmas, "features": recipe.features}
    fields |= {"channels": recipe.channels, "voxel_size": recipe.voxel_size}
    given = [f"    {name}={value!r},\n" for name, value in fields.items() if value is not None]
    return f"Recipe(\n{''.join(given)})"


def _script(image: str, imports: str, classifier: str, levels: bool) -> str:
    first_level = "[0]" if levels else ""
    return TEMPLATE.format(
        imports=imports, image=image, first_level=first_level, classifier=classifier
    )
