"""The size of the problems: asked for, or chosen from the memory found."""

import subprocess
import sys

import pytest

from gpu_course import sizes
from gpu_course.devices import hardware
from gpu_course.devices.hardware import GIB, Gpu
from gpu_course.errors import CourseError


@pytest.fixture(autouse=True)
def _nothing_asked(monkeypatch):
    monkeypatch.delenv("GPU_COURSE_SIZE", raising=False)
    monkeypatch.delenv("GPU_COURSE_DEVICE", raising=False)
    sizes._found.cache_clear()
    yield
    sizes._found.cache_clear()


@pytest.mark.parametrize("size", sizes.SIZES)
def test_the_environment_decides(monkeypatch, size):
    monkeypatch.setenv("GPU_COURSE_SIZE", f" {size.upper()} ")
    assert sizes.current() == size
    assert sizes.pick(small=0, laptop=1, large=2) == sizes.SIZES.index(size)


def test_an_unknown_size_is_answered_with_the_three_there_are(monkeypatch):
    monkeypatch.setenv("GPU_COURSE_SIZE", "huge")
    with pytest.raises(CourseError, match=r"'huge'.*small, laptop, large"):
        sizes.current()
    with pytest.raises(CourseError):
        sizes.pick(small=0, laptop=1, large=2)


@pytest.mark.parametrize(
    ("memory", "size"),
    [
        ({"gpu": 24 * GIB}, "large"),
        ({"gpu": int(11.6 * GIB)}, "large"),  # what a card of 12 GB reports
        ({"gpu": 8 * GIB}, "laptop"),
        ({"gpu": int(3.9 * GIB)}, "laptop"),  # what a card of 4 GB reports
        ({"gpu": 2 * GIB, "ram": 64 * GIB}, "small"),
        ({"gpu": 24 * GIB, "shared": True}, "laptop"),
        ({"ram": 128 * GIB}, "laptop"),  # much memory, but no GPU: never large
        ({"ram": int(7.7 * GIB)}, "laptop"),  # what a computer of 8 GB reports
        ({"ram": 4 * GIB}, "small"),
        ({}, "small"),
    ],
)
def test_memory_decides_where_nothing_is_asked(memory, size):
    assert sizes.from_memory(**memory) == size


def test_a_card_of_its_own_wins_over_built_in_graphics(monkeypatch):
    built_in = Gpu("graphics in the processor", 25 * GIB, "1", shared=True)
    card = Gpu("card", 2 * GIB, "2")
    monkeypatch.setattr(sizes, "gpus", lambda: [built_in, card])
    assert sizes.current() == "small"


def test_asking_for_the_cpu_hides_the_gpu(monkeypatch):
    monkeypatch.setattr(hardware, "cuda_gpus", lambda: [Gpu("card", 48 * GIB, "1")])
    monkeypatch.setattr(hardware, "opencl_gpus", list)
    monkeypatch.setattr(sizes, "ram", lambda: 4 * GIB)
    assert sizes.current() == "large"
    sizes._found.cache_clear()
    monkeypatch.setenv("GPU_COURSE_DEVICE", "cpu")
    assert sizes.current() == "small"


@pytest.mark.parametrize(
    ("asked", "allowed"), [("small", set()), ("", {"numpy", "pyopencl"})], ids=["asked", "found"]
)
def test_no_heavy_library_is_imported_to_answer(asked, allowed):
    code = (
        "import sys; from gpu_course import sizes; sizes.current(); "
        "print(*sorted({'numpy', 'scipy', 'pandas', 'pyopencl', 'pyclesperanto', 'cupy', "
        "'torch', 'tensorflow', 'matplotlib'} & set(sys.modules)))"
    )
    import os

    environment = {**os.environ, "GPU_COURSE_SIZE": asked}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert set(done.stdout.split()) <= allowed
