"""Several processes: one that is killed, a scheduler that is not there, and the command line."""

import dataclasses
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tifffile

pytest.importorskip("distributed", reason="the extra scaling is not installed")
pytest.importorskip("ome_zarr", reason="the extra scaling is not installed")

from gpu_course.errors import CourseError
from gpu_course.scaling import cluster, open_image, process, save_image, workers


@pytest.fixture(scope="module")
def reference(scene, tmp_path_factory):
    out = tmp_path_factory.mktemp("reference") / "out.zarr"
    process(scene.store, out, **scene.options())
    return out


def assert_same(one, other):
    assert np.array_equal(open_image(one).read(), open_image(other).read())
    assert (one / "measurements.csv").read_bytes() == (other / "measurements.csv").read_bytes()


def test_a_worker_that_is_killed_costs_no_result(scene, reference, tmp_path):
    out, killed = tmp_path / "out.zarr", []
    with workers(2) as client:

        def kill_one(step, done, total):
            if step == "deconvolve" and done == 1 and not killed:
                killed.append(next(iter(client.run(os.getpid).values())))
                os.kill(killed[0], signal.SIGKILL)

        summary = process(scene.store, out, **scene.options(client=client, progress=kill_one))
    assert len(killed) == 1
    assert len({record.worker for record in summary.records} - set(killed)) >= 2
    assert_same(out, reference)


def test_tasks_that_the_scheduler_forgets_are_not_taken_for_done(scene, reference, tmp_path):
    """A wait for a task ends when somebody takes the task back, and raises nothing."""
    out = tmp_path / "out.zarr"
    with workers(2) as client:

        def forget(step, done, total):
            if step == "segment" and done == 1:
                client.restart(wait_for_workers=False)

        with pytest.raises(CourseError, match="its tasks were taken back"):
            process(scene.store, out, **scene.options(client=client, progress=forget))
        assert not out.exists()
        process(scene.store, out, **scene.options(client=client))
    assert_same(out, reference)


def test_a_fault_of_the_input_is_not_tried_again(scene, tmp_path, capfd):
    """It is raised as it is, and the workers do not print how they came to it."""
    image = scene.image.astype(np.int16)
    image[3, 3, 3] = -1
    store = save_image(tmp_path / "in.zarr", image, (0.5, 0.25, 0.25))
    out = tmp_path / "out.zarr"
    settings = dataclasses.replace(scene.settings, largest=0.3)
    with workers(2) as client:
        with pytest.raises(CourseError, match="negative values"):
            process(store, out, **scene.options(client=client))
        with pytest.raises(CourseError, match=r"longer than largest=0\.3"):
            process(scene.store, tmp_path / "b.zarr", **scene.options(
                client=client, settings=settings
            ))  # fmt: skip
        tried = []
        attempts = tmp_path / "attempts"
        with pytest.raises(CourseError, match="such is life"):
            tried += cluster.finished(client, refuse, [(attempts,)], [("step", "0-0-0")])
    assert tried == []
    assert attempts.read_text() == "x"
    assert "Traceback" not in capfd.readouterr().err


def refuse(attempts):
    with attempts.open("a") as file:
        file.write("x")
    raise CourseError("such is life")


def test_what_a_file_system_stumbles_over_is_tried_again(tmp_path):
    with workers(2) as client:
        (found,) = cluster.finished(client, stumble, [(tmp_path / "a",)], [("step", "0-0-0")])
    assert found == cluster.RETRIES + 1


def stumble(attempts):
    with attempts.open("a") as file:
        file.write("x")
    if attempts.stat().st_size <= cluster.RETRIES:
        raise OSError("the file system does not answer")
    return attempts.stat().st_size


def test_results_come_by_the_client_that_was_given_and_not_by_the_latest(tmp_path, monkeypatch):
    """Waiting in the loop of another client, a run now and then never heard of a result."""

    def refuse():
        raise AssertionError("asked for whichever client is the default")

    with workers(2) as client:
        monkeypatch.setattr("distributed.client.default_client", refuse)
        assert list(cluster.finished(client, str, [(1,)], [("step", "0-0-0")])) == ["1"]


def test_no_scheduler_answers(monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    with (
        pytest.raises(CourseError, match="No Dask scheduler answers at tcp"),
        workers(scheduler="tcp://127.0.0.1:9"),
    ):
        pass


def command(scene, psf, out, *more):
    return [
        *(sys.executable, "-m", "gpu_course", "process", str(scene.store), str(out)),
        *("--psf", str(psf), "--iterations", "5", "--background", "5", "--smooth", "0.3"),
        *("--distance", "0.8", "--largest", "5", "--threshold", "1.3", "--memory", "0.05", *more),
    ]


def test_a_command_that_is_killed_goes_on(scene, tmp_path):
    psf, out = tmp_path / "psf.tif", tmp_path / "out.zarr"
    tifffile.imwrite(psf, scene.psf)
    first = subprocess.Popen(command(scene, psf, out), stderr=subprocess.DEVNULL)
    marks = out.with_name("out.zarr.partial") / "done" / "deconvolve"
    deadline = time.monotonic() + 60
    while not list(marks.glob("*.done")):
        assert time.monotonic() < deadline
        assert first.poll() is None
        time.sleep(0.01)
    first.send_signal(signal.SIGSTOP)  # it holds the output, and does no more
    second = subprocess.run(command(scene, psf, out), capture_output=True, text=True, check=False)
    first.kill()
    first.wait()
    assert second.returncode == 1
    assert "Another run is writing" in second.stderr
    assert not out.exists()
    last = subprocess.run(command(scene, psf, out), capture_output=True, text=True, check=False)
    assert last.returncode == 0, last.stderr
    found = int(last.stdout.split(" found done")[0].split()[-1])
    assert found >= 1
    assert f"{scene.labels.max()} objects" in last.stdout
    assert "million voxels per second" in last.stdout


@pytest.mark.parametrize(
    ("more", "words"),
    [(["--steps", "measure"], "there must be labels"), (["--workers", "0"], "workers=0")],
)
def test_a_wrong_command_is_one_sentence(scene, tmp_path, more, words):
    psf = tmp_path / "psf.tif"
    tifffile.imwrite(psf, scene.psf)
    done = subprocess.run(
        command(scene, psf, tmp_path / "out.zarr", *more),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("gpu-course: ")
    assert words in line
