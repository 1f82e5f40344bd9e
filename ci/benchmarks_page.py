"""The page of measured speed: the course beside its peers, and above what the device allows.

Reads what ``python -m benchmarks --into data/benchmarks`` stored; nothing is measured here.
"""

import json
from pathlib import Path
from typing import Any

EXPLAINED = {
    "classical": "Filters, labelling and measurements of section 1 on images of three sizes, and "
    "the whole way from blur to labels. *prototype* is the retired library of "
    "{ref}`ch-clij-and-pyclesperanto`; the devices are named below the table.",
    "convolution": "One convolution in 3D by Fourier transforms ({ref}`ch-convolution`).",
    "deconvolution": "One iteration of Richardson–Lucy on a stack. It needs four Fourier "
    "transforms, so these stand beside it: nothing that iterates so can be quicker than they are.",
    "pixel_classification": "The features of an image, and what follows on a stroke: a forest is "
    "fitted and predicts ({ref}`ch-features-and-forests`). F1 says how right each answer was.",
    "napari_plugin": "The plugin predicts a whole image, and meanwhile its window must go on "
    "answering. For how long did it not, at worst, with the work in the window's own thread and in "
    "a worker ({ref}`ch-build-the-plugin`)? Best and worst round, not a median.",
    "deep_learning": "One training step of the U-Net for roots beside a U-Net of MONAI with as "
    "many channels, and the prediction of a large image in tiles beside MONAI's sliding window.",
    "stars": "The course's network for nuclei, called by StarDist's own prediction and by the "
    "course's.",
    "scaling": "A volume that is deconvolved, segmented and measured in blocks, from store to "
    "store, beside the same in one piece; more voxels; two workers beside one; and the memory of a "
    "worker ({ref}`ch-cluster`). *clock* is what you wait, *processor* what was computed.",
}
"""Benchmark → what was measured, in the order of the page; others follow."""


def benchmarks_page(folder: Path) -> str:
    """Return the page as MyST.

    Parameters
    ----------
    folder : Path
        With one JSON file for each benchmark; may be absent.
    """
    lines = [
        "(ch-measured-speed)=",
        "# Measured speed",
        "",
        "The course's functions beside other libraries that do the same, in one run and on one "
        "machine: first the time of the library that the others are compared with, then the "
        "*ratio* of each to it, below 1 where it is faster. Times are medians where nothing else "
        "is said. The last columns say how many times the *floor* something takes: the bytes that "
        "must travel over the bandwidth of the device, or the operations that must be done over "
        "its rate, both measured in the same run, whichever is longer.",
        "",
        "A limit is what the *library* reaches on the device that computes: OpenCL with a "
        "kernel of the course that its driver has compiled, NumPy and PyTorch with a copy and "
        "with products of matrices, which their makers have tuned for each processor. So the "
        "limits of one processor differ from table to table, operations more than bytes: "
        "compare a floor with the row it stands in, and not with that of another table.",
        "",
        "Another machine has other ratios. `make bench` measures yours, and "
        "{ref}`ch-benchmarking` explains how to read them.",
    ]
    order = list(EXPLAINED)
    for record in sorted(
        read(folder),
        key=lambda one: order.index(one["benchmark"]) if one["benchmark"] in order else len(order),
    ):
        lines += _section(record)
    return "\n".join(lines) + "\n"


def read(folder: Path) -> list[dict[str, Any]]:
    """Return the stored benchmarks of a folder, in the order of their names."""
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))]


def _section(record: dict[str, Any]) -> list[str]:
    machine = record["machine"]
    devices = "; ".join(f"{one['name']} ({one['library']})" for one in machine["devices"])
    gigabytes = machine["cpu"]["memory"] / 2**30
    lines = []
    for number, table in enumerate(record["tables"]):
        said = EXPLAINED.get(record["benchmark"], "") if number == 0 else ""
        lines += ["", f"## {table['title']}", "", *([said, ""] if said else [])]
        lines += rows_and_notes(table)
    lines += [
        "",
        f"*Measured on {record['date']} at commit `{record['commit']}`, size "
        f"`{record['size']}`, on {machine['cpu']['name']} with {machine['cpu']['cores']} cores "
        f"and {gigabytes:.0f} GiB. Devices: {devices}.*",
    ]
    return lines


def rows_and_notes(table: dict[str, Any]) -> list[str]:
    """Return a stored table as Markdown, without its title.

    Parameters
    ----------
    table : dict
        As `benchmarks.timing.Measured` is stored: ``title``, ``reference``, ``rows``, ``notes``.
    """
    rows = [*_rows(table), ""] if table["rows"] else []
    return [*rows, *(f"* {note}" for note in table["notes"])]


def _rows(table: dict[str, Any]) -> list[str]:
    """Return one row for each operation: the reference's time, ratios to it, ratios to floors."""
    rows, reference = table["rows"], table["reference"]
    ways = [w for w in dict.fromkeys(w for row in rows for w in row["seconds"]) if w != reference]
    low = list(dict.fromkeys(way for row in rows for way in row["floors"]))
    heads = ["operation", f"{reference}, ms", *ways, *(f"{way} ÷ floor" for way in low)]
    lines = [_line(heads), _line(["---", *["--:"] * (len(heads) - 1)])]
    for row in rows:
        one = row["seconds"].get(reference)
        cells = [row["what"], f"{1000 * one:.2f}" if one else "–"]
        cells += [_ratio(row["seconds"].get(way), one) for way in ways]
        for way in low:
            floor = row["floors"].get(way)
            times = row["seconds"][way] / floor["seconds"] if floor else 0
            cells.append(f"{times:.1f} ({floor['limit']})" if floor else "–")
        lines.append(_line(cells))
    return lines


def _ratio(seconds: float | None, one: float | None) -> str:
    """Return a ratio; where the reference did not run, the time itself."""
    if seconds is None:
        return "–"
    return f"{seconds / one:.2f}" if one else f"{1000 * seconds:.2f} ms"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
