"""The screen that a process draws on, which no test may change for those that come after it."""

import os

NAMES = ("DISPLAY", "WAYLAND_DISPLAY")
"""The environment's variables that name it."""


def named() -> dict[str, str]:
    """Return what the environment says of screens."""
    return {name: os.environ[name] for name in NAMES if name in os.environ}


def restored(before: dict[str, str]) -> str:
    """Let the environment name the screens that it named before; say so where it had to change.

    A virtual screen ends with the first program that leaves it. Whoever is told of it later,
    browsers and the kernels of notebooks, finds it gone.
    """
    after = named()
    for name in NAMES:
        os.environ.pop(name, None)
    os.environ.update(before)
    return "" if after == before else f"leaves another screen behind: {before} became {after}"
