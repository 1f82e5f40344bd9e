"""Small help with wording: what the user probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def closest(word: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'bees'?" (with a leading space), or nothing if no name is close."""
    lower = {each.lower(): each for each in known}
    near = difflib.get_close_matches(word.lower(), lower, n=1, cutoff=0.5)
    return f" Did you mean {lower[near[0]]!r}?" if near else ""
