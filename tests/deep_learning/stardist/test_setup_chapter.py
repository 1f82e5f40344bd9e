"""What the chapter ``deep-learning/setup`` says of TensorFlow."""

from importlib.util import find_spec

import numpy as np
import pytest

from gpu_course import devices
from gpu_course.errors import CourseError
from gpu_course.lessons.deep_learning.setup import solutions, versions

pytestmark = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("tensorflow", "torch")),
    reason="TensorFlow or PyTorch is missing",
)


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
    import torch
    from torch.nn import functional

    return functional.conv2d(*map(torch.from_numpy, batch), padding=1, stride=stride).numpy()


def tensorflows(tf, batch, **options):
    with tf.device("/CPU:0"):
        found = tf.nn.conv2d(*solutions.channels_last(*batch), **options)
    return np.moveaxis(found.numpy(), -1, 1)


def test_both_libraries_convolve_alike(tf, batch):
    found = tensorflows(tf, batch, strides=1, padding="SAME")
    np.testing.assert_allclose(found, torchs(batch, 1), atol=1e-4)


def test_with_a_stride_same_is_not_the_same(tf, batch):
    found = tensorflows(tf, batch, strides=2, padding="SAME")
    assert found.shape == torchs(batch, 2).shape
    assert abs(found - torchs(batch, 2)).max() > 1
    around = np.pad(batch[0], ((0, 0), (0, 0), (1, 1), (1, 1)))
    found = tensorflows(tf, (around, batch[1]), strides=2, padding="VALID")
    np.testing.assert_allclose(found, torchs(batch, 2), atol=1e-4)


def test_tensorflow_brings_keras_3(tf):
    assert versions.keras_of_a_fresh_process().startswith("keras 3.")
    assert tf.keras.Model.__module__.startswith("keras.")


def test_a_process_that_cannot_import_tensorflow_is_reported(monkeypatch, tmp_path):
    (tmp_path / "tensorflow.py").write_text("raise ImportError('no luck today')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(CourseError, match="no luck today"):
        versions.keras_of_a_fresh_process()
