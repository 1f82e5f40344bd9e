import numpy as np
import pytest

from gpu_course import exercises
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


def test_check_accepts_the_solution_and_knows_the_stub():
    assert exercises.check(NAME, schedule).solved
    assert exercises.check(NAME, lambda asked, pause, work: None).state == "not solved yet"


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
