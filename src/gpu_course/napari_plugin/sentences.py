"""What the panel says about the image that is shown."""

from __future__ import annotations

from gpu_course.napari_plugin.requests import Ready

NO_IMAGE = "Choose an image first; open one with File, or drag it here."
BEGIN = "Press New, and paint a stroke of each class."
MANY = 20
"""Nobody paints so many classes."""
OBJECTS = "These look like numbers of objects: strokes have one number for each class."


def about(ready: Ready, names: dict[int, str], model: str) -> str:
    """Return what was learned from, for the image that is shown.

    Parameters
    ----------
    ready : Ready
    names : dict
        Class → what a person calls it.
    model : str
        The name of the loaded model's file, or empty.
    """
    others = ready.pictures - bool(model)
    sources = [f"{others} other image{'s' * (others > 1)}"] if others > 0 else []
    sources += [model] if model else []
    if ready.painted:
        counts = ", ".join(
            f"{names.get(number, f'class {number}')}: {count} px"
            for number, count in sorted(ready.painted.items())
        )
        sentence = f"Painted {counts}."
        if sources:
            sentence += f" Learned from {' and '.join(sources)}, too."
    else:
        sentence = f"No strokes here: the forest learned from {' and '.join(sources)}."
    objects = OBJECTS if len(ready.painted) > MANY else ""
    return " ".join(part for part in (sentence, objects, ready.note, ready.doubt) if part)


def importance(shares: dict[str, float]) -> str:
    """Return which features helped a forest most.

    Parameters
    ----------
    shares : dict
        Name → share, the largest first. Three are named.
    """
    named = [f"{name} ({share:.0%})" for name, share in list(shares.items())[:3]]
    return "Most helpful: " + "; ".join(named) + "."
