"""Image analysis on the GPU: the library of the course, and the code of its lessons.

From the ground up; nothing imports what stands below it, but ``exercises`` finds lessons by name:

* ``errors``, ``paths``, ``files``, ``timing``, ``labels``, ``html_table``: what all others use;
* ``devices`` (where does this run?), ``sizes``, ``images`` (sets, phantoms, photographs),
  ``display`` (pictures, charts, widgets), ``metrics``, ``cle`` (clesperanto's operations);
* the methods: ``classical``, ``deconvolution``, ``pixel_classification``, ``deep_learning``;
* ``napari_view`` and ``napari_plugin``, ``doctor``, and what notebooks use: ``exercises`` and
  ``scores``;
* ``lessons``: for each chapter of the book a folder with its solutions, checks and figures;
* ``book`` (chapters, notebooks, links) and ``cli``, the command ``gpu-course``.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    # Asked of the installation only where somebody wants to know.
    if name == "__version__":
        import importlib.metadata

        return importlib.metadata.version("gpu-course")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
