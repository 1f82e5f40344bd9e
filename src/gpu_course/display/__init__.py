"""Pictures for the course: small multiples, label overlays, and widgets that need no kernel."""

from typing import TYPE_CHECKING

from gpu_course import lazy_names

if TYPE_CHECKING:
    from gpu_course.display.colours import colour_map, label_colours
    from gpu_course.display.divider import before_after
    from gpu_course.display.figures import Panels, show
    from gpu_course.display.linked import link_table
    from gpu_course.display.maps import show_maps
    from gpu_course.display.overlays import ERRORS_KEY, errors_overlay, label_overlay, outlines
    from gpu_course.display.scrubber import z_scrubber
    from gpu_course.display.widget import Widget

__all__ = [
    "ERRORS_KEY",
    "Panels",
    "Widget",
    "before_after",
    "colour_map",
    "errors_overlay",
    "label_colours",
    "label_overlay",
    "link_table",
    "outlines",
    "show",
    "show_maps",
    "z_scrubber",
]

__getattr__, __dir__ = lazy_names.attach(
    __name__,
    {
        "colours": ("colour_map", "label_colours"),
        "divider": ("before_after",),
        "figures": ("Panels", "show"),
        "linked": ("link_table",),
        "maps": ("show_maps",),
        "overlays": ("ERRORS_KEY", "errors_overlay", "label_overlay", "outlines"),
        "scrubber": ("z_scrubber",),
        "widget": ("Widget",),
    },
)
