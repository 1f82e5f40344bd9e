"""The page of trained networks: a card for each, and all that its file says.

Reads the head of the files alone, so that building the site needs no deep-learning library. What
only people can tell (what goes in, where it fails) stands in ``data/network-cards``.
"""

import json
import struct
import tomllib
from math import prod
from pathlib import Path
from typing import Any

import looked_at
import pages
from score_page import COMPARE

from gpu_course.errors import CourseError
from gpu_course.scores import Score

HEAD_LIMIT = 1_000_000
"""Bytes; the head of a safetensors file is a list of names and shapes, and never longer."""
WHOLE = ", whole photographs"
"""What a chapter that also judges a window adds to a metric. To compare, it goes without saying."""
CARD = ("title", "takes", "gives", "labels", "licence", "fails", "imports", "code", "sets")
"""What a card must tell. It may name sets of a kind that the network never saw: ``zero_shot``."""


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


def read_card(file: Path) -> dict[str, Any]:
    """Return the card of a network.

    Raises
    ------
    CourseError
        If there is none, or it does not tell all that a card must tell.
    """
    try:
        card = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CourseError(
            f"The network {file.stem} has no readable card ({error}). Write {file.name} in "
            "data/network-cards, as its neighbours."
        ) from error
    missing = [name for name in CARD if not card.get(name)]
    if missing:
        raise CourseError(f"The card {file.name} does not tell: {', '.join(missing)}. Add it.")
    return card


def weights_page(
    files: list[Path],
    cards: Path,
    records: dict[str, dict[str, Any]],
    titles: dict[str, str],
    scores: list[Score],
) -> str:
    """Return the page of all trained networks, as MyST.

    Parameters
    ----------
    files : list of Path
        Of weights.
    cards : Path
        Folder with a card for each, ``NAME.toml``.
    records : dict
        Chapter's name → the record of its stored output, which knows the machine.
    titles : dict
        Chapter's name → its title.
    scores : list of Score
        Of all chapters.
    """
    lines = [
        "(ch-trained-networks)=",
        "# Trained networks",
        "",
        "These networks come with the course, so that you can predict before you have trained "
        "anything. Each was trained by the cells of the chapter named here, on the machine named "
        "here. The files are in the safetensors format, which holds numbers and text and can run "
        "no code.",
        "",
        "Programs that do not know this course take a U-Net as a package of the *BioImage Model "
        "Zoo*, a zip file with the weights, the steps before and after the network, and an image "
        "with the right answer to test itself by: `gpu-course export roots-unet roots.zip`. A "
        "U-Net that you trained with `gpu-course train` is packed in the same way, with your name "
        "(`--author`), a licence (`--licence`) and a picture that you may pass on (`--image`). "
        "A package predicts once: what the course does beside, such as parting objects that "
        "touch, stands in its text.",
        "",
    ]
    found = {file.stem: read(file) for file in sorted(files)}
    if not found:
        return "\n".join([*lines, "No network has been trained yet.", ""])
    for name, about in found.items():
        card = read_card(cards / f"{name}.toml")
        chapter = about["record"]["chapter"]
        lines += [
            f"(network-{name})=",
            f"## {card['title']}: `{name}`",
            "",
            *_card(about, card, titles.get(chapter, chapter), scores),
            "```python",
            card["imports"].strip(),
            "",
            card["code"].strip(),
            "```",
            "",
            ":::{dropdown} All that the file says",
            *_details(about, records),
            ":::",
            "",
        ]
    return "\n".join(lines) + "\n"


def _card(
    about: dict[str, Any], card: dict[str, Any], title: str, scores: list[Score]
) -> list[str]:
    record = about["record"]
    chapter = record["chapter"]
    minutes = f", {record['seconds'] / 60:.0f} minutes" if "seconds" in record else ""
    rows = {
        "takes": card["takes"],
        "gives": card["gives"],
        "brightness": _brightness(about),
        "size of objects": _size(about),
        "operating point": _point(about),
        "learned from": f"{record.get('scenes', 'not recorded')}. {card['labels']}",
        "licence of the training data": card["licence"],
        "trained in": f"[{title}](/{chapter}.ipynb){minutes}",
        "scores": _scores(card, chapter, scores),
        "where it fails": "<br>".join(card["fails"]),
        "size": f"{about['parameters']:,} numbers, {about['bytes'] / 1e6:.1f} MB",
    }
    table = [f"| {name} | {_text(value)} |" for name, value in rows.items()]
    return ["| question | answer |", "| --- | --- |", *table, ""]


def _brightness(about: dict[str, Any]) -> str:
    scale = about.get("normalisation", {})
    if "prepared" in about:
        return "background and objects are measured and brought to the levels it knows, logarithm"
    if "low" in scale:
        return f"percentiles {scale['low']:g} and {scale['high']:g} of the image become 0 and 1"
    return "not recorded"


def _size(about: dict[str, Any]) -> str:
    if "prepared" in about:
        return f"measured, and brought to {about['prepared']['diameter']:g} px"
    if "diameter" in about["record"]:
        learned = about["record"]["diameter"]
        return f"{learned:g} px (a disc of equal area); `diameter=` brings others to it"
    return "as in the training; the image is not resampled"


def _point(about: dict[str, Any]) -> str:
    chosen = about.get("thresholds")
    if chosen is None:
        chosen = about["record"].get("threshold")
        if chosen is None:
            return "you choose the threshold; the file names none"
        return f"probability above {chosen:g}, chosen on validation scenes"
    return (
        f"probability above {chosen['probability']:.2f}, overlap up to {chosen['overlap']:.2f}, "
        "chosen on validation scenes"
    )


def _scores(card: dict[str, Any], chapter: str, scores: list[Score]) -> str:
    unseen = card.get("zero_shot", [])
    wanted = {(name, "deep learning") for name in card["sets"]}
    # Another network of the course has learned from such images, and its scores are not this one's.
    wanted |= {(name, "deep learning, simulated only") for name in unseen}
    mine: dict[tuple[str, str], Score] = {}
    for score in scores:
        question = (score.set, score.metric)
        told = score.chapter == COMPARE or (score.chapter == chapter and question not in mine)
        if (score.set, score.method) in wanted and told:
            mine[question] = score
    for name, metric in list(mine):  # one question under two names is told once
        plain = mine.get((name, metric.removesuffix(WHOLE)))
        if metric.endswith(WHOLE) and plain is not None and plain.chapter == COMPARE:
            del mine[name, metric]
    texts = [
        f"{s.set}: {s.metric} {s.value:.2f} ({s.n} {'image' if s.n == 1 else 'images'}"
        f"{', of a kind it never saw' if s.set in unseen else ''})"
        for s in mine.values()
    ]
    notes = [
        f"{name}: {looked_at.note(name)}" for name in dict.fromkeys(s.set for s in mine.values())
    ]
    return "<br>".join(
        [*texts, *notes, "Intervals: {ref}`ch-compare`; all methods: {ref}`ch-scores`"]
    )


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
