"""Classical image processing on the GPU: segment, measure, and know what memory it takes.

* `segmentation` finds nuclei, bees and roots with clesperanto's operations alone;
* `measurement` makes a table of the objects and filters it, `neighbours` says who touches whom;
* `memory` says what a pipeline takes and whether it fits, and cuts tiles where it does not;
* `memory_in_use` asks each library, and the system, what is in use now;
* `buffers` counts the device memory of clesperanto's arrays;
* `device_facts` lists what the drivers say about every device;
* `operations` holds four operations, each on the device and on the processor.
"""

from typing import TYPE_CHECKING

from gpu_course import lazy_names

if TYPE_CHECKING:
    from gpu_course.classical.buffers import Buffers, count_buffers
    from gpu_course.classical.device_facts import Facts, all_facts, facts_in_use, facts_table
    from gpu_course.classical.measurement import keep, measure, on_border, paint
    from gpu_course.classical.memory import (
        check_fits,
        estimate_bytes,
        in_tiles,
        largest_edge,
        measure_peak,
    )
    from gpu_course.classical.neighbours import contacts, count_neighbours
    from gpu_course.classical.segmentation import segment_bees, segment_nuclei, segment_roots

__all__ = [
    "Buffers",
    "Facts",
    "all_facts",
    "check_fits",
    "contacts",
    "count_buffers",
    "count_neighbours",
    "estimate_bytes",
    "facts_in_use",
    "facts_table",
    "in_tiles",
    "keep",
    "largest_edge",
    "measure",
    "measure_peak",
    "on_border",
    "paint",
    "segment_bees",
    "segment_nuclei",
    "segment_roots",
]

__getattr__, __dir__ = lazy_names.attach(
    __name__,
    {
        "buffers": ("Buffers", "count_buffers"),
        "device_facts": ("Facts", "all_facts", "facts_in_use", "facts_table"),
        "measurement": ("keep", "measure", "on_border", "paint"),
        "memory": ("check_fits", "estimate_bytes", "in_tiles", "largest_edge", "measure_peak"),
        "neighbours": ("contacts", "count_neighbours"),
        "segmentation": ("segment_bees", "segment_nuclei", "segment_roots"),
    },
)
