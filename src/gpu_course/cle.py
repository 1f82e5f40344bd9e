"""The operations of clesperanto for the course's own functions, on either of its two libraries.

>>> from gpu_course import cle
>>> blurred = cle.gaussian_blur(np.eye(16, dtype=np.float32), sigma_x=2, sigma_y=2)
>>> cle.pull(blurred).shape
(16, 16)

Names and parameters are those of ``pyclesperanto``. Where the prototype computes instead (see
:mod:`gpu_course.devices.clesperanto`), the few that it calls otherwise are translated here, and
nowhere else. Nothing is imported before an operation is asked for.
"""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from gpu_course.devices import clesperanto

# pyclesperanto's parameters → the prototype's, of the operations of which they differ.
_CONSTANT = {"scalar": "constant"}
_PARAMETERS = {
    "greater_constant": _CONSTANT,
    "smaller_constant": _CONSTANT,
    "equal_constant": _CONSTANT,
    "power": {"scalar": "exponent"},
}


def is_image(array: Any) -> bool:
    """Return whether an array lies on the device, in the library that computes here."""
    if clesperanto.is_prototype():
        return hasattr(array, "queue")  # PyOpenCL's arrays, whose class depends on its version
    return isinstance(array, clesperanto.module().Array)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    library = clesperanto.module()
    return _translated(name) if clesperanto.is_prototype() else getattr(library, name)


@cache
def _translated(name: str) -> Any:
    """Return the prototype's way to do what pyclesperanto calls `name`."""
    library = clesperanto.module()
    if name in _OTHERWISE:
        return _OTHERWISE[name]
    function = getattr(library, name)
    if name not in _PARAMETERS:
        return function
    names = _PARAMETERS[name]

    @wraps(function)
    def renamed(*arguments: Any, **options: Any) -> Any:
        return function(*arguments, **{names.get(key, key): options[key] for key in options})

    return renamed


def _shaped(prefix: str) -> Callable[..., Any]:
    """Return a way to call what pyclesperanto has one of and the prototype one per shape."""

    def call(*arguments: Any, connectivity: str = "box", **options: Any) -> Any:
        return getattr(clesperanto.module(), f"{prefix}_{connectivity}")(*arguments, **options)

    return call


def _statistics(label: Any, intensity: Any) -> dict[str, Any]:
    return clesperanto.module().statistics_of_labelled_pixels(intensity, label)


def _execute(
    anchor: Any = None,
    kernel_source: str = "",
    kernel_name: str = "",
    global_size: tuple[int, ...] = (1, 1, 1),
    parameters: dict[str, Any] | None = None,
) -> Any:
    library = clesperanto.module()
    return library.execute(anchor, kernel_source, kernel_name, global_size, parameters or {})


_OTHERWISE: dict[str, Callable[..., Any]] = {
    "connected_component_labeling": _shaped("connected_components_labeling"),
    "detect_maxima": _shaped("detect_maxima"),
    "maximum_filter": _shaped("maximum"),
    "mean_filter": _shaped("mean"),
    "top_hat": _shaped("top_hat"),
    "labels_statistics": _statistics,
    "execute": _execute,
}
