"""The page of trained networks: what lies in ``data/weights``, and how each came to be.

Reads the head of the files alone, so that building the site needs no deep-learning library.
"""

import json
import struct
from math import prod
from pathlib import Path
from typing import Any

import pages

from gpu_course.errors import CourseError

HEAD_LIMIT = 1_000_000
"""Bytes; the head of a safetensors file is a list of names and shapes, and never longer."""


def read(file: Path) -> dict[str, Any]:
    """Return what a file of weights says about itself, without opening the weights.

    Returns
    -------
    dict
        ``"parameters"`` (int, running statistics included), ``"bytes"`` (int) and whatever the
        course wrote: ``"kind"``, ``"record"`` and how the network is built.

    Raises
    ------
    CourseError
        If the file is no safetensors file of the course, or has no record.
    """
    try:
        with file.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            if length > HEAD_LIMIT:
                raise ValueError("its head is too long")
            head = json.loads(stream.read(length))
        about: dict[str, Any] = json.loads(head.pop("__metadata__")["about"])
        if not about["record"]["chapter"]:
            raise ValueError("it does not name its chapter")
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        raise CourseError(
            f"The weights {file.name} do not say how they were trained ({error}). Execute the "
            "chapter that trains them again."
        ) from error
    parameters = sum(prod(entry["shape"]) for entry in head.values())
    return about | {"parameters": parameters, "bytes": file.stat().st_size}


def weights_page(
    files: list[Path], records: dict[str, dict[str, Any]], titles: dict[str, str]
) -> str:
    """Return the page of all trained networks, as MyST.

    Parameters
    ----------
    files : list of Path
        Of weights.
    records : dict
        Chapter's name → the record of its stored output, which knows the machine.
    titles : dict
        Chapter's name → its title.
    """
    lines = [
        "(ch-trained-networks)=",
        "# Trained networks",
        "",
        "These networks come with the course, so that you can predict before you have trained "
        "anything. Each was trained by the cells of the chapter named here, on the machine named "
        "here. The files are in the safetensors format, which holds numbers and text and can run "
        "no code. The facts below are read from the files.",
        "",
    ]
    found = {file.stem: read(file) for file in sorted(files)}
    if not found:
        return "\n".join([*lines, "No network has been trained yet.", ""])
    lines += [
        "| network | trained in | numbers | file | training |",
        "| --- | --- | --: | --: | --: |",
    ]
    for name, about in found.items():
        record = about["record"]
        chapter = record["chapter"]
        seconds = f"{record['seconds'] / 60:.0f} min" if "seconds" in record else "–"
        lines.append(
            f"| [`{name}`](#network-{name}) | [{titles.get(chapter, chapter)}](/{chapter}.ipynb) | "
            f"{about['parameters']:,} | {about['bytes'] / 1e6:.1f} MB | {seconds} |"
        )
    for name, about in found.items():
        lines += ["", f"(network-{name})=", f"## {name}", "", *_details(about, records)]
    return "\n".join(lines) + "\n"


def _details(about: dict[str, Any], records: dict[str, dict[str, Any]]) -> list[str]:
    record = dict(about["record"])
    facts = {"kind": about["kind"].removesuffix(" 1").removeprefix("gpu-course ")}
    facts |= {"numbers": f"{about['parameters']:,}"}
    facts |= about.get("configuration", {}) | about.get("design", {})
    executed = records.get(record.pop("chapter"), {})
    if executed:
        facts["trained on"] = pages.devices_text(executed)
        facts["trained at size"] = executed["machine"]["size"]
    facts |= _flat(record)
    rows = [f"| {name.replace('_', ' ')} | {_text(value)} |" for name, value in facts.items()]
    return ["| fact | value |", "| --- | --- |", *rows]


def _flat(record: dict[str, Any], before: str = "") -> dict[str, Any]:
    """Return nested facts as one list, each with the way to it as its name."""
    facts: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            facts |= _flat(value, f"{before}{name}: ")
        else:
            facts[f"{before}{name}"] = value
    return facts


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        # Such as the scenes, one by one: they are in the file.
        return ", ".join(map(_text, value)) or "none" if len(value) < 5 else f"{len(value)} of them"
    if value is None:
        return "none"
    return str(value).replace("|", "\\|")
