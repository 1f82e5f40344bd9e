import heapq
import sys
from itertools import count
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from gpu_course import exercises
from gpu_course.book import chapters
from gpu_course.lessons.pixel_classification.build_the_plugin import figures, solutions
from gpu_course.lessons.pixel_classification.build_the_plugin.solutions import schedule
from gpu_course.lessons.pixel_classification.build_the_plugin.strokes import strokes_of

NAME = "pixel-classification/build-the-plugin/newest-wins"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([], []),
        ([1.0], [(0, 1.5)]),
        # A burst is one job, half a second after its last request.
        ([0.0, 0.25, 0.5], [(2, 1.0)]),
        # What comes during a job begins when it ends, and the newest of it only.
        ([0.0, 1.0, 2.0], [(0, 0.5), (2, 2.5)]),
        ([0.0, 9.0], [(0, 0.5), (1, 9.5)]),
    ],
)
def test_schedule(asked, expected):
    assert schedule(asked, 0.5, 2.0) == expected


def test_newest_request_is_always_worked_on():
    rng = np.random.default_rng(1)
    for work in (0.1, 1.0, 5.0):
        asked = np.sort(rng.uniform(0, 10, 30)).tolist()
        assert schedule(asked, 0.2, work)[-1][0] == 29


class Clock:
    """Time that passes from event to event, with Qt's timer and napari's worker on it."""

    def __init__(self, work):
        self.now, self.work, self.events, self.order = 0.0, work, [], count()

    def at(self, time, call):
        heapq.heappush(self.events, (time, next(self.order), call))

    def run(self):
        while self.events:
            self.now, _, call = heapq.heappop(self.events)
            call()

    def timer(self, singleShot, interval):
        clock = self

        class Timer:
            due, calls = None, ()
            timeout = SimpleNamespace(connect=lambda call: setattr(Timer, "calls", (call,)))

            def start(self):
                due = self.due = clock.now + interval / 1000

                def ring():
                    if self.due == due:  # not started again meanwhile
                        self.due = None
                        for call in self.calls:
                            call()

                clock.at(due, ring)

            def isActive(self):
                return self.due is not None

        return Timer()

    def worker(self, work, *given):
        ends = []
        signal = SimpleNamespace(connect=lambda call: None)
        finished = SimpleNamespace(connect=ends.append)

        def start():
            work(*given)
            self.at(self.now + self.work, lambda: [end() for end in ends])

        return SimpleNamespace(returned=signal, finished=finished, start=start)


@pytest.mark.parametrize("seed", range(20))
def test_the_small_plugin_of_the_page_keeps_the_plan_of_its_exercise(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    clock = Clock(work=rng.choice([0.3, 1.0, 2.5]))
    for name, content in (
        ("qtpy.QtCore", {"QTimer": clock.timer}),
        ("napari.qt.threading", {"create_worker": clock.worker}),
    ):
        module = ModuleType(name)
        module.__dict__.update(content)
        monkeypatch.setitem(sys.modules, name, module)
    cells = chapters.read("pixel-classification/build-the-plugin").code_cells
    page = {}
    for cell in cells:
        if cell.source.startswith(("class Live", "class NewestWins")):
            exec(cell.source, page)
    asked = np.sort(rng.uniform(0, 12, 25)).tolist()
    painted, begun = [], []
    plugin = page["NewestWins"](
        lambda number: begun.append((number, clock.now)),
        read=lambda: (painted[-1],),
        show=None,
        pause=0.2,
    )
    for number, time in enumerate(asked):
        clock.at(time, lambda number=number: (painted.append(number), plugin.ask()))
    clock.run()
    expected = schedule(asked, 0.2, clock.work)
    assert [number for number, _ in begun] == [number for number, _ in expected]
    assert [time for _, time in begun] == pytest.approx([time for _, time in expected])


def all_at_once(asked, pause, work):
    return [(number, time + pause) for number, time in enumerate(asked)]


def queue(asked, pause, work):
    return [(n, t + pause) for n, t in solutions.every_one(asked, work)]


def without_pause(asked, pause, work):
    return schedule(asked, 0.0, work)


def while_busy_deaf(asked, pause, work):
    begun, free = [], 0.0
    for number, time in enumerate(asked):
        newer = [t for t in asked[number + 1 :] if t < time + pause]
        if not newer and time + pause >= free:
            begun.append((number, time + pause))
            free = time + pause + work
    return begun


def late(asked, pause, work):
    return [(number, time + 1) for number, time in schedule(asked, pause, work)]


def as_dictionary(asked, pause, work):
    return dict(schedule(asked, pause, work))


@pytest.mark.parametrize(
    "form",
    [
        tuple,
        np.array,
        iter,
        lambda jobs: jobs[::-1],
        lambda jobs: [list(job) for job in jobs],
        lambda jobs: [(np.int64(number), np.float32(begins)) for number, begins in jobs],
    ],
    ids=["tuple", "array", "generator", "other order", "lists", "NumPy's numbers"],
)
def test_any_form_of_the_right_answer_counts(form):
    def answer(asked, pause, work):
        jobs = schedule(asked, pause, work)
        return form(jobs) if jobs else []

    assert exercises.check(NAME, answer).solved


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (all_at_once, "at once"),
        (queue, "newer one came"),
        (without_pause, "too early"),
        (while_busy_deaf, "forgotten"),
        (late, "as early"),
        (as_dictionary, "list of pairs"),
        (lambda *case: [number for number, _ in schedule(*case)], "list of pairs"),
        (lambda *case: [job[::-1] for job in schedule(*case)], "number comes first"),
        (lambda *case: [(n + 1, time) for n, time in schedule(*case)], "counted from 0"),
        (lambda *case: 2 * schedule(*case), "twice"),
    ],
)
def test_check_names_the_mistake(wrong, says):
    result = exercises.check(NAME, wrong)
    assert not result.solved
    assert says in result.message


def test_strokes_are_found_with_their_class():
    marks = np.zeros((6, 8), np.uint8)
    marks[1, 1:4] = 2
    marks[2, 4] = 2  # hangs on over a corner
    marks[4, :3] = 1
    found = strokes_of(marks)
    assert [(len(pixels), number) for pixels, number in found] == [(4, 2), (3, 1)]


def test_timeline_shows_each_job():
    plans = {"queue": solutions.every_one([0, 1], 1.0), "newest": schedule([0, 1], 0.2, 1.0)}
    figure = figures.timeline([0, 1], plans, work=1.0, alt="two plans")
    assert figure.alt == "two plans"
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == ["0", "1", "0", "1"]
