"""The file of a model, and what it says of itself: believed only where each value can be right.

A file may come from another version, from somebody's editor or from anywhere: what is wrong in it
must be told when it is opened, and not by an answer that nobody can explain.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gpu_course.errors import CourseError

LARGEST = 1e9
"""No size, factor or area of an image is larger; brightness may be."""


def file_of_model(model: Path | str) -> Path:
    """Return the file of a model, or of a network of the course by its name.

    Raises
    ------
    CourseError
        If there is none.
    """
    from gpu_course.deep_learning import weights

    if Path(model).is_file():
        return Path(model)
    if str(model) not in weights.shipped():
        raise CourseError(
            f"There is no model {model}. Check the path, or name a network of the course: "
            f"{', '.join(weights.shipped()) or 'there is none'}."
        )
    return weights.find(str(model))


def digest_of(model: Path | str, settings: Mapping[str, Any]) -> str:
    """Return a text that differs for another file of a model, or other settings of a call."""
    said = hashlib.sha256(file_of_model(model).read_bytes())
    said.update(json.dumps(settings, sort_keys=True).encode())
    return said.hexdigest()[:16]


def refuse_settings(part: Mapping[str, Any], channels: int | None) -> None:
    """Make sure that settings, `model.Settings` as a dict, are possible.

    Raises
    ------
    KeyError, TypeError, ValueError
        If they are not, or the network, if there is one, sees another number of channels.
    """
    _must(part["kind"] in ("labels", "masks"))
    _must(_whole(part["channels"], 1) and channels in (None, part["channels"]))
    _must(part["channel"] is None or (_whole(part["channel"], 0) and part["channels"] == 1))
    _must(_number(part["scale"], 1e-4, 1e4))
    _must(_number(part["threshold"], 0, 1))
    _must(isinstance(part["flips"], bool))
    _must(_number(part["smallest"], 0))
    if (learned := part["learned"]) is not None:
        _must(_number(learned["diameter"], 1e-3) and isinstance(learned["darker"], bool))
        sizes = learned["measured"]
        _must(sizes is None or (len(sizes) == 3 and all(_number(size, 1e-3) for size in sizes)))
        _must(len(learned["ground"]) == 2 and all(_number(g, 0, 1) for g in learned["ground"]))
        levels = (learned["background"], learned["objects"])
        _must(all(_number(level, -math.inf, math.inf) for level in levels))
        _must(_number(learned["contrast"], 0) and isinstance(learned["fault"], bool))
        each = learned.get("channels", [])  # files of an earlier time have none
        _must(len(each) in (0, part["channels"]))
        _must(all(_number(ground, 0, 1) and _number(contrast, 0) for ground, contrast in each))


def refuse_rule(rule: Mapping[str, Any], channels: int) -> None:
    """Make sure that a rule of `threshold` is possible for images of so many channels.

    Raises
    ------
    KeyError, TypeError, ValueError
        If it is not.
    """
    _must(_whole(rule["channel"], -1) and rule["channel"] < channels)
    _must(_number(rule["blur"], 0, 1e3) and _number(rule["level"], -LARGEST))
    _must(isinstance(rule["darker"], bool))


def refuse_record(record: Mapping[str, Any]) -> None:
    """Make sure that what a report reads of a record is what it takes it for.

    Raises
    ------
    KeyError, TypeError, ValueError
        If it is not.
    """
    if "files" in record:
        _must(isinstance(record["files"]["train"], list) and isinstance(record["folder"], str))
    _must(_texts(record.get("digests", [])))
    tests = record.get("test_scores", {})
    _must(isinstance(tests, dict) and all(_number(score, 0, 1) for score in tests.values()))


def _must(right: bool) -> None:
    if not right:
        raise ValueError


def _number(value: Any, least: float, most: float = LARGEST) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and least <= value <= most


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _texts(values: Any) -> bool:
    return isinstance(values, Sequence) and all(isinstance(value, str) for value in values)
