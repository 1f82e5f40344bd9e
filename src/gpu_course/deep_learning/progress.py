"""What a training run shows while it runs: a bar in a terminal, a growing plot in a notebook."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from gpu_course.deep_learning.history import Epoch
    from gpu_course.display.figures import Panels

T = TypeVar("T")

POINTS = {"marker": "."}
"""A run may have one epoch only, or a hundred: points instead of the marks of other charts."""


def bar(items: Iterable[T], *, total: int, text: str, show: bool = True) -> Iterator[T]:
    """Yield items and show how many of the total are done; `text` says what is being done.

    Only a terminal gets a bar: in a notebook its lines would end up in the stored page.
    """
    from rich.progress import track

    if show and sys.stdout.isatty():
        yield from track(items, total=total, description=text, transient=True)
    else:
        yield from items


class LivePlot:
    """A callback of `train` that draws loss and Dice anew after every epoch, in one place.

    Parameters
    ----------
    every : int
        Draw after so many epochs; drawing takes a moment.

    Examples
    --------
    >>> from gpu_course.deep_learning import LivePlot
    >>> callbacks = [LivePlot(every=5)]  # for train(…, callbacks=callbacks)
    """

    def __init__(self, every: int = 1) -> None:
        self.every = every
        self.history: list[dict[str, float]] = []
        self._place: Any = None

    def __call__(self, epoch: Epoch) -> None:
        """Add an epoch to the plot; outside a notebook there is nowhere to draw it."""
        from IPython import get_ipython
        from IPython.display import display

        self.history.append(epoch.row())
        if len(self.history) % self.every and epoch.number < epoch.of:
            return
        if get_ipython() is None:
            return
        figure = draw(self.history, alt=_told(self.history))
        mime, picture = figure.encode()
        shown = {mime: picture, "text/plain": repr(figure)}
        about = {mime: {"alt": figure.alt}}
        if self._place is None:
            self._place = display(shown, raw=True, metadata=about, display_id=True)
        else:
            self._place.update(shown, raw=True, metadata=about)


def draw(history: list[dict[str, float]], *, alt: str) -> Panels:
    """Return charts of a run: the losses, and below them the score of the validation.

    Parameters
    ----------
    history : list of dict
        `Training.history`, of a U-Net or of a StarDist network.
    alt : str
        What a reader who cannot see the charts should know.
    """
    from gpu_course.display.charts import chart, finish, style

    score = _score(history)
    figure, (upper, *lower) = chart(2 if score else 1, alt=alt, height=2.2)
    epochs = [row["epoch"] for row in history]
    for which, name in enumerate(("training loss", "validation loss")):
        if name in history[0]:
            # Solid and dashed: the two can be told apart in grey as well.
            line = style(which, dashes=True) | POINTS
            upper.plot(epochs, [row[name] for row in history], label=name, **line)
    finish(upper, across="epoch", up="loss")
    if score:
        lower[0].plot(epochs, [row[score] for row in history], **style(2) | POINTS)
        lower[0].set_ylim(0, 1)
        finish(lower[0], across="epoch", up=score)
    return figure


def _score(history: list[dict[str, float]]) -> str | None:
    return next((name for name in ("validation Dice", "star IoU") if name in history[0]), None)


def _told(history: list[dict[str, float]]) -> str:
    """Return in words what `draw` shows."""
    first, last = history[0], history[-1]
    names = ["training loss", *(["validation loss"] if "validation loss" in first else [])]
    names += [score] if (score := _score(history)) else []
    parts = [f"{name} from {first[name]:.2f} to {last[name]:.2f}" for name in names]
    return f"A training of {len(history)} epochs, from the first to the last: {', '.join(parts)}."
