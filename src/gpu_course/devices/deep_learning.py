"""The devices that PyTorch and TensorFlow train on."""

import os
from contextlib import suppress

from gpu_course.devices import hardware
from gpu_course.devices.device import Device, installed, mps_computes, mps_device, no_gpu, on_cpu
from gpu_course.devices.quiet import quiet_stderr


def torch() -> Device | None:
    """Return the device PyTorch trains on, or None where PyTorch is not installed."""
    if not installed("torch"):
        return None
    import torch

    if hardware.wanted() != "cpu":
        if torch.cuda.is_available():
            gpu = torch.cuda.get_device_properties(0)
            # AMD's builds of PyTorch answer to the same names and carry a HIP version instead.
            hip = getattr(torch.version, "hip", None)
            driver = f"ROCm {hip}" if hip else f"CUDA {torch.version.cuda}"
            memory = int(gpu.total_memory)
            note = f"{gpu.multi_processor_count} multiprocessors"
            return Device("PyTorch", gpu.name, "GPU", memory, driver, note=note, address="cuda:0")
        if mps_computes():
            return mps_device("PyTorch")
        if hardware.wanted() == "gpu":
            raise no_gpu("PyTorch")
    return on_cpu("PyTorch", f"PyTorch {torch.__version__}", f"{torch.get_num_threads()} threads")


def prepare_tensorflow() -> None:
    """Have TensorFlow start quietly; it reads the environment when it is first imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def tensorflow() -> Device | None:
    """Import TensorFlow and return its device; None if not installed.

    Call it before importing StarDist. It lets TensorFlow take GPU memory as it needs it: left
    alone, TensorFlow takes all of it at once and PyTorch and CuPy in the same process get none.
    """
    if not installed("tensorflow"):
        return None
    prepare_tensorflow()
    with quiet_stderr():
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
    version = f"TensorFlow {tf.__version__}"
    if hardware.wanted() == "gpu" and not gpus:
        raise no_gpu("TensorFlow")
    if hardware.wanted() == "cpu" or not gpus:
        with suppress(RuntimeError):  # raised once TensorFlow has computed: too late to change
            tf.config.set_visible_devices([], "GPU")
        return on_cpu("TensorFlow", version, f"{hardware.cores()} cores", address="/CPU:0")
    with suppress(RuntimeError):  # likewise
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
    name = str(tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU"))
    memory = next((gpu.memory for gpu in hardware.cuda_gpus() if gpu.name == name), None)
    return Device("TensorFlow", name, "GPU", memory, version, address="/GPU:0")
