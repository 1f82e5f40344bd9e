"""What a training run shows while it runs: a bar in a terminal, a growing plot in a notebook."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from gpu_course.deep_learning.history import Epoch

T = TypeVar("T")


def bar(items: Iterable[T], *, total: int, text: str, show: bool = True) -> Iterator[T]:
    """Yield items and show how many are done.

    Parameters
    ----------
    items : iterable
    total : int
        How many there are.
    text : str
        What is being done.
    show : bool
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
    >>> train(model, data, validation, epochs=10, callbacks=[LivePlot()])  # doctest: +SKIP
    """

    def __init__(self, every: int = 1) -> None:
        self.every = every
        self.history: list[dict[str, float]] = []
        self._place: Any = None

    def __call__(self, epoch: Epoch) -> None:
        """Add an epoch to the plot."""
        from IPython.display import display
        from matplotlib import pyplot as plt

        self.history.append(epoch.row())
        if len(self.history) % self.every and epoch.number < epoch.of:
            return
        figure = draw(self.history)
        if self._place is None:
            self._place = display(figure, display_id=True)  # None outside a notebook
        else:
            self._place.update(figure)
        plt.close(figure)


def draw(history: list[dict[str, float]]) -> Any:
    """Return a figure of a run: losses on the left, the score of the validation on the right.

    Parameters
    ----------
    history : list of dict
        `Training.history`, of a U-Net or of a StarDist network.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(7, 2.8), layout="constrained")
    epochs = [row["epoch"] for row in history]
    # Solid and dashed, dark and light: the two can be told apart in grey as well.
    styles = {"training loss": ("#0072B2", "-"), "validation loss": ("#E69F00", "--")}
    for name, (colour, line) in styles.items():
        if name in history[0]:
            left.plot(
                epochs, [row[name] for row in history], line, color=colour, label=name, marker="."
            )
    left.legend(frameon=False)
    left.set(xlabel="epoch", ylabel="loss")
    score = next((name for name in ("validation Dice", "star IoU") if name in history[0]), None)
    if score:
        right.plot(epochs, [row[score] for row in history], color="#009E73", marker=".")
    right.set(xlabel="epoch", ylabel=score or "no validation", ylim=(0, 1))
    return figure
