import os
import re
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from torch.nn import functional

from gpu_course import devices, exercises
from gpu_course.deep_learning.precision import best_precision
from gpu_course.errors import CourseError
from gpu_course.lessons.deep_learning.setup import checks, solutions, versions

LAYOUT, CHOOSE = "deep-learning/setup/channels-last", "deep-learning/setup/choose"

OWN_PROCESS = "GPU_COURSE_OWN_PROCESS"
own_process = pytest.mark.skipif(
    OWN_PROCESS not in os.environ, reason="test_tensorflow_in_a_process_of_its_own runs it"
)

CPU = {"cuda": False, "mps": False, "bfloat16": False, "wanted": ""}


def test_layouts_keep_every_number_in_its_role():
    rng = np.random.default_rng(0)
    images, weights = rng.normal(size=(2, 3, 5, 7)), rng.normal(size=(4, 3, 2, 6))
    new_images, new_weights = solutions.channels_last(images, weights)
    assert new_images.shape == (2, 5, 7, 3)
    assert new_weights.shape == (2, 6, 3, 4)
    assert new_images[1, 4, 6, 2] == images[1, 2, 4, 6]
    assert new_weights[1, 5, 2, 3] == weights[3, 2, 1, 5]


def test_stand_in_for_tensorflow_convolves_like_pytorch():
    rng = np.random.default_rng(1)
    images, weights = rng.normal(size=(2, 3, 9, 8)), rng.normal(size=(4, 3, 3, 2))
    found = checks._convolve_channels_last(*solutions.channels_last(images, weights))
    torchs = functional.conv2d(torch.from_numpy(images), torch.from_numpy(weights)).numpy()
    np.testing.assert_allclose(np.moveaxis(found, -1, 1), torchs, atol=1e-10)


@pytest.mark.parametrize(
    ("facts", "answer"),
    [
        ({}, ("cpu", "float32")),
        ({"mps": True}, ("mps", "float32")),
        ({"cuda": True}, ("cuda", "float16")),
        ({"cuda": True, "bfloat16": True}, ("cuda", "bfloat16")),
        ({"cuda": True, "bfloat16": True, "wanted": "cpu"}, ("cpu", "float32")),
    ],
)
def test_choice(facts, answer):
    assert solutions.choose(CPU | facts) == answer


def test_choice_is_that_of_the_course_where_nothing_is_lent():
    for kind in ("cpu", "mps"):
        facts = CPU | {"mps": kind == "mps"}
        assert solutions.choose(facts) == (kind, best_precision(torch.device(kind)))


def test_versions_say_what_is_missing():
    rows = versions.installed(["numpy", "no-such-package-of-ours"])
    assert rows[0] == {"package": "numpy", "version": np.__version__}
    assert rows[1]["version"] == "not installed"


def test_relative_difference():
    exact = np.array([1.0, -4.0])
    assert versions.relative_difference(np.array([1.0, -3.0]), exact) == 0.25
    assert versions.relative_difference(torch.tensor([1.0, -4.0]).bfloat16(), exact) == 0


# --- TensorFlow ---------------------------------------------------------------------------------


@pytest.mark.skipif(find_spec("tensorflow") is None, reason="TensorFlow is missing")
def test_tensorflow_in_a_process_of_its_own():
    """Loaded into a process that holds Qt, as napari's tests do, it can end that process."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", __file__, "-k", "libraries or stride or keras"],
        env={**os.environ, OWN_PROCESS: "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert re.search(r"\b3 passed", done.stdout), done.stdout[-6000:]


@pytest.fixture(scope="module")
def tf():
    devices.tensorflow()
    import tensorflow

    return tensorflow


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    return (
        rng.normal(size=(2, 3, 16, 24)).astype(np.float32),
        rng.normal(size=(8, 3, 3, 3)).astype(np.float32),
    )


def torchs(batch, stride):
    return functional.conv2d(*map(torch.from_numpy, batch), padding=1, stride=stride).numpy()


def tensorflows(tf, batch, **options):
    with tf.device("/CPU:0"):
        found = tf.nn.conv2d(*solutions.channels_last(*batch), **options)
    return np.moveaxis(found.numpy(), -1, 1)


@own_process
def test_both_libraries_convolve_alike(tf, batch):
    found = tensorflows(tf, batch, strides=1, padding="SAME")
    np.testing.assert_allclose(found, torchs(batch, 1), atol=1e-4)


@own_process
def test_with_a_stride_same_is_not_the_same(tf, batch):
    found = tensorflows(tf, batch, strides=2, padding="SAME")
    assert found.shape == torchs(batch, 2).shape
    assert abs(found - torchs(batch, 2)).max() > 1
    around = np.pad(batch[0], ((0, 0), (0, 0), (1, 1), (1, 1)))
    found = tensorflows(tf, (around, batch[1]), strides=2, padding="VALID")
    np.testing.assert_allclose(found, torchs(batch, 2), atol=1e-4)


@own_process
def test_tensorflow_brings_keras_3(tf):
    assert versions.keras_of_a_fresh_process().startswith("keras 3.")
    assert tf.keras.Model.__module__.startswith("keras.")


def test_a_process_that_cannot_import_tensorflow_is_reported(monkeypatch, tmp_path):
    (tmp_path / "tensorflow.py").write_text("raise ImportError('no luck today')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(CourseError, match="no luck today"):
        versions.keras_of_a_fresh_process()


# --- exercises ----------------------------------------------------------------------------------


def reshaped(images, weights):
    (n, c, y, x), (o, i, h, w) = images.shape, weights.shape
    return images.reshape(n, y, x, c), weights.reshape(h, w, i, o)


def flipped(images, weights):
    images, weights = solutions.channels_last(images, weights)
    return images, weights[::-1, ::-1]


def images_only(images, weights):
    return solutions.channels_last(images, weights)[0], weights


def axes_turned(images, weights):
    return images.T.transpose(3, 0, 1, 2), weights.transpose(2, 3, 1, 0)


def in_and_out_swapped(images, weights):
    return images.transpose(0, 2, 3, 1), weights.transpose(2, 3, 0, 1)


def one_array(images, weights):
    return images


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (reshaped, "reshape"),
        (flipped, "flip"),
        (images_only, "(H, W, I, O)"),
        (axes_turned, "(N, Y, X, C)"),
        (in_and_out_swapped, "(H, W, I, O)"),
        (one_array, "two arrays"),
    ],
)
def test_check_of_the_layout_names_the_mistake(wrong, says):
    result = exercises.check(LAYOUT, wrong)
    assert not result.solved
    assert says in result.message


def always_bfloat16(facts):
    device, precision = solutions.choose(facts)
    return device, "bfloat16" if device == "cuda" else precision


def deaf(facts):
    return solutions.choose(facts | {"wanted": ""})


def without_apple(facts):
    return solutions.choose(facts | {"mps": False})


def of_torch(facts):
    import torch

    device, precision = solutions.choose(facts)
    return device, getattr(torch, precision)


def device_alone(facts):
    return "cpu"


@pytest.mark.parametrize("form", [list, np.array])
def test_the_choice_may_come_in_any_form(form):
    assert exercises.check(CHOOSE, lambda facts: form(solutions.choose(facts))).solved


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (always_bfloat16, "how many bits"),
        (deaf, "asks for the processor"),
        (without_apple, "the device is 'mps'"),
        (device_alone, "two words"),
        (of_torch, "words as text"),
    ],
)
def test_check_of_the_choice_names_the_mistake(wrong, says):
    result = exercises.check(CHOOSE, wrong)
    assert not result.solved
    assert says in result.message
