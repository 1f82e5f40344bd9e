"""“Copy as Python”: the script that computes again what the plugin shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gpu_course.errors import CourseError
from gpu_course.napari_plugin import reading
from gpu_course.napari_plugin.layout import Layout

if TYPE_CHECKING:
    from napari.layers import Image, Labels

    from gpu_course.pixel_classification.recipe import Recipe

TEMPLATE = """\
# Run this in napari's console, where `viewer` is the window, or load the arrays yourself.
{imports}

{classifier}
place = viewer.layers[{image!r}]
image = place.data{first_level}
{predict}
names = {names!r}
viewer.add_labels(labels, name="from a script", **{{n: getattr(place, n) for n in names}})
"""

FIT = """\
images, scribbles = [], []
{lessons}
recipe = {recipe}
classifier = PixelClassifier(recipe, trees={trees}, seed={seed})
classifier.fit(images, scribbles)
"""

LESSON = """\
images.append(viewer.layers[{image!r}].data{first_level})
scribbles.append(viewer.layers[{scribbles!r}].data)"""

FRAMES = """\
layout = {layout}
image = viewer.layers[{image!r}].data{first_level}
marks = layout.gathered(viewer.layers[{scribbles!r}].data, image.shape)
painted = [(i, m) for i, m in zip(layout.frames(image), {marks}.frames(marks)) if m.any()]
images += [i for i, _ in painted]
scribbles += [m for _, m in painted]"""

LOAD = """\
classifier = PixelClassifier.load({path!r})
"""

PREDICT = """\
labels = classifier.predict(image)
probabilities = classifier.predict_proba(image)
"""

PREDICT_FRAMES = """\
layout = {layout}
labels = layout.stacked([classifier.predict(i) for i in layout.frames(image)], image.shape)
labels = layout.spread(labels, image.shape)
"""


@dataclass(frozen=True)
class Painted:
    """An image with its strokes, as a script names them."""

    image: Image
    scribbles: Labels
    layout: Layout


def python_script(
    image: Image,
    layout: Layout,
    *,
    lessons: Sequence[Painted],
    model_file: str,
    recipe: Recipe,
    trees: int,
    seed: int,
) -> str:
    """Return a script that classifies the same image with the same forest.

    Parameters
    ----------
    image : layer
    layout : Layout
        How it is read.
    lessons : sequence of Painted
        All that the forest learns from.
    model_file : str
        A file with the forest, or an empty text if it was fitted to strokes that are all there.
    recipe : Recipe
        With colours and voxel size.
    trees, seed : int
        Settings of the forest.

    Raises
    ------
    CourseError
        If there is nothing to learn from.
    """
    plain = [_plain(layout, image), *(_plain(one.layout, one.image) for one in lessons)]
    if model_file:
        imports, classifier = "PixelClassifier", LOAD.format(path=model_file)
        plain = plain[:1]
    elif not lessons:
        raise CourseError("Paint a stroke of each class, or load a model first.")
    else:
        imports = "PixelClassifier, Recipe"
        classifier = FIT.format(
            lessons="\n".join(map(_lesson, lessons)),
            recipe=_written(recipe), trees=trees, seed=seed,
        )  # fmt: skip
    lines = [f"from gpu_course.pixel_classification import {imports}"]
    if not all(plain):
        lines.insert(0, "from gpu_course.napari_plugin.layout import Layout")
    return TEMPLATE.format(
        imports="\n".join(lines),
        image=image.name,
        first_level=_first_level(image),
        classifier=classifier,
        predict=PREDICT if plain[0] else PREDICT_FRAMES.format(layout=layout),
        names=reading.PLACE,
    )


def _lesson(lesson: Painted) -> str:
    words = {
        "image": lesson.image.name,
        "scribbles": lesson.scribbles.name,
        "first_level": _first_level(lesson.image),
    }
    layout = lesson.layout
    if _plain(layout, lesson.image):
        return LESSON.format(**words)
    marks = Layout(len(layout.site_axes), layout.space_of_sites)
    return FRAMES.format(**words, layout=layout, marks=marks)


def _plain(layout: Layout, image: Image) -> bool:
    """Return whether the classifier takes such an array as it is, and its strokes: one frame.

    Colours are no axis of the layers then.
    """
    colours = layout.channel is None or image.rgb
    return colours and len(layout.space) == len(layout.site_axes)


def _first_level(image: Image) -> str:
    return "[0]" if image.multiscale else ""


def _written(recipe: Recipe) -> str:
    """Return the code that makes a recipe, without what is so anyway."""
    fields: dict[str, object] = {"sigmas": recipe.sigmas, "features": recipe.features}
    fields |= {"channels": recipe.channels, "voxel_size": recipe.voxel_size}
    given = [f"    {name}={value!r},\n" for name, value in fields.items() if value is not None]
    return f"Recipe(\n{''.join(given)})"
