"""Work beside the window: one job at a time, and only the newest request counts.

Painting asks for a new prediction many times a second. Three rules keep the window alive:

* **debounce**: a request waits until no other has come for a fifth of a second;
* **one at a time**: jobs run in one thread after the other, never side by side;
* **newest wins**: a new request cancels the job that runs, and replaces the one that waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, Generic, TypeVar

Question = TypeVar("Question")
Request = TypeVar("Request")

PAUSE = 0.2
"""Seconds without a new request after which work begins."""


class Latest(Generic[Question, Request]):
    """Run a generator in a thread for the newest question, and hand its steps to the window.

    Use it in the window's thread; the callbacks are called there, too. A job is a generator, and
    each of its steps is a place where it can be stopped.

    Parameters
    ----------
    work : callable
        ``work(request)`` returns an iterator of steps. It runs in another thread, so it must not
        touch the window or its layers.
    read : callable
        ``read(question)`` looks at the window and its layers just before a job begins, and returns
        the request with all that the job must know.
    on_step : callable
        Gets the request and a step of its job; steps of a cancelled job never arrive.
    on_error : callable
        Gets the question and the exception that ended its job.
    on_idle : callable
        Called without arguments when nothing is left to do.
    pause : float
        Seconds to wait for a newer request.
    """

    def __init__(
        self,
        work: Callable[[Request], Iterator[Any]],
        *,
        read: Callable[[Question], Request],
        on_step: Callable[[Request, Any], None],
        on_error: Callable[[Question, Exception], None],
        on_idle: Callable[[], None],
        pause: float = PAUSE,
    ) -> None:
        from qtpy.QtCore import QTimer

        self._work, self._read = work, read
        self._on_step, self._on_error = on_step, on_error
        self._on_idle = on_idle
        self._waiting: Question | None = None
        self._running: Any = None
        self.closed = False
        # The timer has no parent: a window that closes must not delete it under our feet.
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(round(pause * 1000))
        self._timer.timeout.connect(self._begin)

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        return self._running is not None or self._waiting is not None

    def ask(self, question: Question, *, now: bool = False) -> None:
        """Replace whatever waits by this question, and cancel what runs.

        Parameters
        ----------
        question : object
            What `read` will get.
        now : bool
            Do not wait for the pause, as for a click on a button.
        """
        if self.closed:
            return
        self._waiting = question
        if self._running is not None:
            self._running.quit()
        self._timer.stop()
        if now:
            self._begin()
        else:
            self._timer.start()

    def cancel(self) -> None:
        """Drop what waits and stop what runs at its next step."""
        self._timer.stop()
        self._waiting = None
        if self._running is not None:
            self._running.quit()

    def close(self) -> None:
        """Cancel, and never call back again: for a window that closes."""
        self.closed = True
        # When the whole program ends, Qt may have taken the timer down already.
        with suppress(RuntimeError):
            self.cancel()

    def _begin(self) -> None:
        # While a job runs, the question goes on waiting: `_ended` begins it.
        if self._running is not None or self._waiting is None or self.closed:
            return
        from napari.qt.threading import create_worker

        question, self._waiting = self._waiting, None
        try:
            request = self._read(question)
        except Exception as error:
            self._on_error(question, error)
            return
        worker = create_worker(_caught, self._work, request)
        worker.yielded.connect(partial(self._stepped, worker, question, request))
        worker.finished.connect(self._ended)
        self._running = worker
        worker.start()

    def _stepped(self, worker: Any, question: Question, request: Request, step: Any) -> None:
        # A step that was under way when its job was cancelled comes too late.
        if self.closed or worker.abort_requested:
            return
        if isinstance(step, _Failure):
            self._on_error(question, step.error)
        else:
            self._on_step(request, step)

    def _ended(self) -> None:
        self._running = None
        if self.closed:
            return
        if self._waiting is None:
            self._on_idle()
        elif not self._timer.isActive():
            self._begin()


class _Failure:
    """The last step of a job that failed."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def _caught(work: Callable[[Any], Iterator[Any]], request: Any) -> Iterator[Any]:
    """Turn an exception into a step: napari's worker would not report each kind as finished."""
    try:
        yield from work(request)
    except Exception as error:
        yield _Failure(error)
