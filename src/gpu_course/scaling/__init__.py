"""Beyond one GPU: images larger than memory, in blocks, by several processes or machines.

>>> from gpu_course.scaling import open_image, process, segment_nuclei

The engine is Dask's and the format is OME-Zarr; both come with the extra ``scaling``.
"""

from typing import TYPE_CHECKING

from gpu_course import lazy_names

if TYPE_CHECKING:
    from gpu_course.scaling.cluster import own_cores, workers
    from gpu_course.scaling.cutting import (
        Block,
        block_size,
        blocks,
        largest_window,
        overlap_work,
    )
    from gpu_course.scaling.deconvolution import Deconvolution, first_level
    from gpu_course.scaling.measurement import join_measurements, measure_block
    from gpu_course.scaling.pipeline import process
    from gpu_course.scaling.planning import reaches
    from gpu_course.scaling.reading import OmeImage, open_image
    from gpu_course.scaling.schedule import foretell, makespan, step_costs
    from gpu_course.scaling.segmentation import (
        NucleiSettings,
        growth_reach,
        nuclei_threshold,
        seed_reach,
        segment_nuclei,
        smoothing_reach,
    )
    from gpu_course.scaling.segmentation_in_blocks import (
        sort_seeds,
        window_labels,
        window_seeds,
    )
    from gpu_course.scaling.summary import Summary
    from gpu_course.scaling.tasks import Record
    from gpu_course.scaling.traces import losses, spans, trace_chart
    from gpu_course.scaling.validation import validate
    from gpu_course.scaling.writing import Level, levels, save_image

__all__ = [
    "Block",
    "Deconvolution",
    "Level",
    "NucleiSettings",
    "OmeImage",
    "Record",
    "Summary",
    "block_size",
    "blocks",
    "first_level",
    "foretell",
    "growth_reach",
    "join_measurements",
    "largest_window",
    "levels",
    "losses",
    "makespan",
    "measure_block",
    "nuclei_threshold",
    "open_image",
    "overlap_work",
    "own_cores",
    "process",
    "reaches",
    "save_image",
    "seed_reach",
    "segment_nuclei",
    "smoothing_reach",
    "sort_seeds",
    "spans",
    "step_costs",
    "trace_chart",
    "validate",
    "window_labels",
    "window_seeds",
    "workers",
]

__getattr__, __dir__ = lazy_names.attach(
    __name__,
    {
        "cluster": ("own_cores", "workers"),
        "cutting": ("Block", "block_size", "blocks", "largest_window", "overlap_work"),
        "deconvolution": ("Deconvolution", "first_level"),
        "measurement": ("join_measurements", "measure_block"),
        "pipeline": ("process",),
        "planning": ("reaches",),
        "reading": ("OmeImage", "open_image"),
        "schedule": ("foretell", "makespan", "step_costs"),
        "segmentation": (
            "NucleiSettings",
            "growth_reach",
            "nuclei_threshold",
            "seed_reach",
            "segment_nuclei",
            "smoothing_reach",
        ),
        "segmentation_in_blocks": ("sort_seeds", "window_labels", "window_seeds"),
        "summary": ("Summary",),
        "tasks": ("Record",),
        "traces": ("losses", "spans", "trace_chart"),
        "validation": ("validate",),
        "writing": ("Level", "levels", "save_image"),
    },
)
