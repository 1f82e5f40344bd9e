"""What a scheduler says that its workers did, and what became of those that died."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from gpu_course.display.chart_styles import QUIET
from gpu_course.display.charts import chart, finish, style
from gpu_course.errors import CourseError

if TYPE_CHECKING:
    from distributed import Client

    from gpu_course.display.figures import Panels


@dataclasses.dataclass(frozen=True)
class Span:
    """One task that was done.

    Attributes
    ----------
    name : str
        Of the task, or of its step.
    row : str
        Who did it: the address of a worker, say.
    start, stop : float
        In seconds, on one clock for all.
    """

    name: str
    row: str
    start: float
    stop: float


@dataclasses.dataclass(frozen=True)
class Loss:
    """A worker that the scheduler lost.

    Attributes
    ----------
    row : str
        Address of the worker.
    time : float
        When the scheduler noticed, in seconds since 1970.
    tasks : tuple of str
        What it was doing or had before it: step and block. They go to other workers.
    """

    row: str
    time: float
    tasks: tuple[str, ...]


def name_of(key: Any) -> str:
    """Return what a key of the scheduler names, without the token that makes it unique.

    Examples
    --------
    >>> from gpu_course.scaling.traces import name_of
    >>> name_of(("deconvolve-1f2e3d4c", "0-1-1")), name_of("sleep-0a1b2c")
    ('deconvolve', 'sleep')
    """
    return str(key[0] if isinstance(key, tuple) else key).rsplit("-", 1)[0]


def spans(stream: Iterable[dict[str, Any]]) -> list[Span]:
    """Return the tasks of a scheduler's trace.

    Parameters
    ----------
    stream : iterable of dict
        The `data` of ``distributed.get_task_stream``.
    """
    return [
        Span(name_of(task["key"]), str(task["worker"]), part["start"], part["stop"])
        for task in stream
        for part in task["startstops"]
        if part["action"] == "compute"
    ]


def losses(client: Client) -> list[Loss]:
    """Return the workers that a scheduler has lost without having sent them away.

    Parameters
    ----------
    client : Client
        Of that scheduler, which keeps a list of what has happened.
    """
    return [
        Loss(
            str(said["worker"]),
            float(when),
            tuple(f"{name_of(key)} {key[1]}" if isinstance(key, tuple) else name_of(key)
                  for key in said["processing-tasks"]),
        )
        for when, said in client.get_events("all")
        if said.get("action") == "remove-worker" and not said.get("expected")
    ]  # fmt: skip


def trace_chart(
    done: Sequence[Span],
    names: Sequence[str],
    *,
    alt: str,
    who: str = "worker",
    lost: Sequence[Loss] = (),
) -> Panels:
    """Return a chart of who did what when: a bar a task, a row for everyone who did some.

    Parameters
    ----------
    done : sequence of Span
    names : sequence of str
        Beginnings of the names that get a colour of their own; all others are grey.
    alt : str
        What a reader who cannot see the chart should know.
    who : str
        What a row is called; it is numbered.
    lost : sequence of Loss
        A cross in its row, where the scheduler noticed.
    """
    if not done:
        raise CourseError("The trace is empty. Was it recorded while the tasks ran?")
    figure, (axes,) = chart(alt=alt)
    begin = min(span.start for span in done)
    first: dict[str, float] = {}
    for span in done:
        first[span.row] = min(span.start, first.get(span.row, span.start))
    for loss in lost:  # a worker may die over its first task
        first.setdefault(loss.row, loss.time)
    rows = sorted(first, key=lambda row: (first[row], row))
    shown: set[str] = set()
    for span in done:
        kind = next((n for n, name in enumerate(names) if span.name.startswith(name)), None)
        label = "other" if kind is None else names[kind]
        axes.barh(
            rows.index(span.row),
            span.stop - span.start,
            left=span.start - begin,
            height=0.7,
            color=QUIET if kind is None else style(kind)["color"],
            edgecolor="white",
            linewidth=0.5,
            label=None if label in shown else label,
        )
        shown.add(label)
    for number, loss in enumerate(lost):
        axes.plot(
            loss.time - begin, rows.index(loss.row), "X", color="black", markersize=9,
            linestyle="none", label=None if number else "lost",
        )  # fmt: skip
    axes.set_yticks(range(len(rows)), [f"{who} {n + 1}" for n in range(len(rows))])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    finish(axes, across="seconds", legend=False)
    # Above all rows: a trace is full from its first second to its last.
    axes.legend(frameon=False, fontsize=9, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure
