"""Debounce, one at a time, newest wins: watched in Qt's own event loop."""

import threading
import time

import pytest

from gpu_course.napari_plugin.worker import Latest

pytestmark = pytest.mark.display


class Log:
    """Work that counts to three, and all that was heard of it."""

    def __init__(self):
        self.begun, self.steps, self.errors, self.idle = [], [], [], 0
        self.threads, self.at_once, self.most_at_once = set(), 0, 0
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def work(self, request):
        for step in range(3):
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.threads.add(threading.get_ident())
            assert self.may_go_on.wait(20)
            self.at_once -= 1
            if request == "fault":
                raise RuntimeError("no")
            yield step

    def read(self, question):
        self.begun.append(question)
        if question == "unreadable":
            raise ValueError("what?")
        return question

    def jobs(self, pause=0.05):
        def became_idle():
            self.idle += 1

        return Latest(
            self.work,
            on_step=lambda request, step: self.steps.append((request, step)),
            on_error=lambda request, error: self.errors.append((request, str(error))),
            read=self.read,
            on_idle=became_idle,
            pause=pause,
        )


@pytest.fixture
def log(window):
    made = Log()
    made.window = window
    yield made
    made.may_go_on.set()


def test_many_requests_become_one_job_with_the_newest(log):
    jobs = log.jobs()
    for number in range(20):
        jobs.ask(number)
    assert jobs.busy
    log.window.wait(lambda: not jobs.busy)
    assert log.begun == [19]
    assert log.steps == [(19, 0), (19, 1), (19, 2)]
    assert log.idle == 1
    assert threading.get_ident() not in log.threads


def test_newer_request_replaces_the_one_that_runs_and_none_run_side_by_side(log):
    jobs = log.jobs()
    log.may_go_on.clear()
    jobs.ask("old", now=True)
    log.window.wait(lambda: log.threads)
    jobs.ask("never begun", now=True)
    jobs.ask("new", now=True)
    log.may_go_on.set()
    log.window.wait(lambda: not jobs.busy)
    assert log.begun == ["old", "new"]
    # Not even the step that was under way arrives.
    assert log.steps == [("new", 0), ("new", 1), ("new", 2)]
    assert log.most_at_once == 1
    assert log.idle == 1


def test_fault_arrives_as_it_is_and_the_next_job_runs(log):
    jobs = log.jobs()
    jobs.ask("fault", now=True)
    log.window.wait(lambda: not jobs.busy)
    assert log.errors == [("fault", "no")]
    jobs.ask("good", now=True)
    log.window.wait(lambda: not jobs.busy)
    assert len(log.steps) == 3


def test_question_that_cannot_be_read_is_an_error_and_no_job(log):
    jobs = log.jobs()
    jobs.ask("unreadable", now=True)
    assert log.errors == [("unreadable", "what?")]
    assert not jobs.busy


def test_cancelled_work_stops_and_says_so(log):
    jobs = log.jobs()
    log.may_go_on.clear()
    jobs.ask("one", now=True)
    log.window.wait(lambda: log.threads)
    jobs.cancel()
    log.may_go_on.set()
    log.window.wait(lambda: not jobs.busy)
    assert log.steps == []
    assert log.idle == 1
    jobs.ask("waiting")
    jobs.cancel()
    assert not jobs.busy


def test_nothing_is_called_back_after_closing(log):
    jobs = log.jobs()
    log.may_go_on.clear()
    jobs.ask("one", now=True)
    log.window.wait(lambda: log.threads)
    jobs.close()
    jobs.ask("two", now=True)
    log.may_go_on.set()
    log.window.wait(lambda: jobs._running is None)
    assert log.begun == ["one"]
    assert (log.steps, log.idle) == ([], 0)


def test_pause_is_kept(log):
    jobs = log.jobs(pause=0.3)
    asked = time.monotonic()
    jobs.ask("one")
    log.window.wait(lambda: log.begun)
    assert time.monotonic() - asked >= 0.29
    log.window.wait(lambda: not jobs.busy)
