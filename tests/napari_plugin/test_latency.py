"""The window answers while a prediction runs."""

import time

import numpy as np
import psutil
import pytest

from gpu_course.pixel_classification.painter import paint

pytestmark = pytest.mark.display

LONGEST = 0.1
ROUNDS = 5


@pytest.fixture
def heartbeat(window):
    """Note how long the window took from one turn of a 5 ms timer to the next."""
    from qtpy.QtCore import QTimer

    beats = []
    timer = QTimer()
    timer.setInterval(5)
    timer.timeout.connect(lambda: beats.append(time.perf_counter()))
    timer.start()
    yield beats
    timer.stop()


def others():
    """Return the processor seconds that all other programs have used."""
    all_times, own = psutil.cpu_times(), psutil.Process().cpu_times()
    busy = sum(all_times) - all_times.idle - getattr(all_times, "iowait", 0)
    return busy - own.user - own.system


def test_window_answers_within_a_tenth_of_a_second(window, nuclei, heartbeat):
    large = np.tile(nuclei.image, (2, 4))  # 1024 × 1024
    truth = np.tile(nuclei.labels > 0, (2, 4))
    window.viewer.add_image(large)
    widget = window.open_plugin()
    widget.new_scribbles()
    scribbles = widget.panel.scribbles.value
    marks = paint(truth, strokes=5, seed=1)
    scribbles.data_setitem(np.nonzero(marks), marks[np.nonzero(marks)])
    window.wait(lambda: widget.engine.classifier is not None)
    window.idle(widget)
    window.turns(0.5)
    worst = []
    # Another program that takes the processor can only lengthen a gap, never shorten it. So the
    # best of some rounds tells what this one does; one that blocks the window does so each time.
    # Where others never leave the processor alone, waiting times tell nothing about this program.
    quiet = False
    for number in range(ROUNDS):
        before = others()
        widget.panel.live.setChecked(False)
        widget.panel.trees.setValue(101 + number)  # all is predicted anew, with another forest
        heartbeat.clear()
        widget.predict_whole()
        window.idle(widget)
        assert len(heartbeat) > 10
        worst.append(float(np.diff(heartbeat).max()))
        quiet |= others() - before < 0.25 * (heartbeat[-1] - heartbeat[0])
        if worst[-1] < LONGEST:
            break
    print(f"longest wait of the window in each round: {[f'{1000 * w:.0f} ms' for w in worst]}")
    if min(worst) >= LONGEST and not quiet:
        pytest.skip("other programs keep the processors busy")
    assert min(worst) < LONGEST
