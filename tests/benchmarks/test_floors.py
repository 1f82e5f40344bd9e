"""Floors are bytes over bandwidth and operations over rate; tables keep them as data."""

import json

import numpy as np
import pytest

from benchmarks import __main__ as start
from benchmarks import convolution, deep_learning, floors
from benchmarks import timing as b
from gpu_course import sizes
from gpu_course.classical.roofline import Roofline
from gpu_course.deconvolution import convolve
from gpu_course.devices.array_device import numpy_device

LIMITS = Roofline(bandwidth=100.0, rate=1000.0)


def test_the_slower_limit_sets_the_floor():
    assert floors.Work(200, 10).floor(LIMITS) == floors.Floor(2.0, "memory")
    assert floors.Work(10, 5000).floor(LIMITS) == floors.Floor(5.0, "arithmetic")


def test_limits_of_this_machine_are_measured_once(monkeypatch):
    monkeypatch.setattr(floors.sizes, "pick", lambda **each: each["small"])
    floors._limits.cache_clear()
    found = floors.limits(numpy_device())
    # No machine moves less than 10 MB/s, and none of its cores computes 10^16 operations.
    assert found.bandwidth > 1e7
    assert 1e7 < found.rate < 1e16
    assert floors.limits(numpy_device()) is found


def test_the_fastest_turn_counts(monkeypatch):
    turns = iter([{"copy": t, "multiply": 2 * t} for t in (3.0, 1.0, 2.0, 5.0, 4.0, 7.0, 6.0)])
    monkeypatch.setattr(floors, "_of_numpy", lambda *_: {"copy": None, "multiply": None})
    monkeypatch.setattr(floors.timing, "medians", lambda *_, **__: next(turns))
    monkeypatch.setattr(floors.sizes, "pick", lambda **each: each["small"])
    found = floors._limits.__wrapped__("NumPy and SciPy", "cpu", "CPU", "float32")
    assert found.bandwidth == 2 * 32 * 2**20
    assert found.rate == 2 * 1024**3 / 2


def test_more_iterations_cost_more_than_one_convolution():
    one, other = floors.convolution((64, 64, 64)), floors.richardson_lucy((64, 64, 64))
    assert other.bytes > one.bytes > 3 * 8 * 64**3
    assert other.operations > one.operations


def measured():
    low = {"course": floors.Floor(0.001, "memory")}
    row = b.Row("blur", {"peer": 0.004, "course": 0.002}, low)
    return b.Measured("a title", "peer", [row, b.Row("other", {"peer": 0.1})], ["a note"])


def test_a_table_has_ratios_and_floors(capsys):
    b.show(measured())
    printed = capsys.readouterr().out
    assert "2.0 (0.50)" in printed
    assert "2.0 (memory)" in printed
    assert "a note" in printed


def test_tables_are_kept_with_the_record_of_the_machine(tmp_path):
    stored = json.loads(b.store("toy", [measured()], tmp_path).read_text())
    assert stored["benchmark"] == "toy"
    assert {"date", "commit", "size", "machine"} <= set(stored)
    assert stored["machine"]["cpu"]["name"]
    row = stored["tables"][0]["rows"][0]
    assert row["seconds"] == {"peer": 0.004, "course": 0.002}
    assert row["floors"] == {"course": {"seconds": 0.001, "limit": "memory"}}


def test_the_command_stores_what_a_benchmark_returns(tmp_path, monkeypatch):
    monkeypatch.setattr(convolution, "main", lambda: [measured()])
    monkeypatch.setattr(start.drivers, "prepare", lambda: None)
    assert start.main(["--into", str(tmp_path), "convolution"]) == 0
    assert json.loads((tmp_path / "convolution.json").read_text())["tables"]


def test_a_convolution_that_differs_is_not_timed(monkeypatch):
    from gpu_course.errors import CourseError

    monkeypatch.setattr(sizes, "pick", lambda **_: (17, 33, 33))
    monkeypatch.setattr(convolution, "convolve", lambda image, lens: 2 * convolve(image, lens))
    with pytest.raises(CourseError, match="The result of course is not"):
        convolution.main()


def test_operations_of_a_network_are_those_of_its_convolutions():
    torch = pytest.importorskip("torch")
    layer = torch.nn.Conv2d(2, 3, 3, padding=1, bias=False)
    counted = deep_learning.operations(lambda: layer(torch.zeros(1, 2, 8, 8)))
    assert counted == 2 * 9 * 2 * 3 * 64


def test_tiles_of_both_libraries_predict_the_same_picture():
    torch = pytest.importorskip("torch")
    pytest.importorskip("monai")
    from gpu_course.deep_learning.unet import UNet

    torch.manual_seed(0)
    network = UNet(1, 1, depth=2, width=4)
    image = np.random.default_rng(0).random((64, 64), dtype=np.float32)
    ways = deep_learning.predictions(network, image, 64, torch.device("cpu"))
    found = {name: np.asarray(way()).squeeze() for name, way in ways.items()}
    assert set(found) == {"course", "MONAI"}
    assert found["course"].shape == found["MONAI"].shape == (64, 64)
