"""The exercises' solutions, a choice and a prediction, and made-up devices to choose from."""

from collections.abc import Sequence

from gpu_course.classical.device_facts import GIB, USABLE, Facts


def example_devices() -> list[Facts]:
    """Return five made-up devices with facts as real ones have them, for exercises.

    They are chosen so that each fact decides sometimes: the fastest has little memory, the one with
    the most compute units is not the fastest, one lacks float64, and one allows small arrays only.
    """
    return [
        Facts("OpenCL", "laptop GPU", "GPU", 24, 1.5, 4 * GIB, 1 * GIB, 190e9, True),
        Facts("OpenCL", "gaming GPU", "GPU", 46, 2.5, 12 * GIB, 3 * GIB, 500e9, True),
        Facts("OpenCL", "data centre GPU", "GPU", 108, 1.4, 40 * GIB, 10 * GIB, 1500e9, True),
        Facts("OpenCL", "built-in GPU", "GPU", 128, 1.3, 24 * GIB, 12 * GIB, 100e9, False, True),
        Facts("OpenCL", "processor", "CPU", 16, 2.4, 64 * GIB, 32 * GIB, 60e9, True, True),
    ]


def choose_device(devices: Sequence[Facts], image_bytes: int, buffers: int, precision: str) -> str:
    """Return the name of the fastest device on which a job fits, or ``"none"``.

    Parameters
    ----------
    devices : sequence of Facts
        What there is to choose from. Their bandwidth must be known.
    image_bytes : int
        Size of one array of the job.
    buffers : int
        How many such arrays the job holds at the same time.
    precision : {"float32", "float64"}
        What it must be computed in.

    Returns
    -------
    str
        The name of the device with the highest bandwidth among those that fit.
    """
    able = [
        device
        for device in devices
        if image_bytes <= device.max_allocation
        and buffers * image_bytes <= USABLE * device.memory
        and (precision == "float32" or device.float64)
    ]
    fastest = max(able, key=lambda device: device.bandwidth or 0, default=None)
    return fastest.name if fastest else "none"


def predict_seconds(
    image_bytes: int, operations: int, bandwidth: float, bus: float | None = None
) -> float:
    """Return the seconds that a chain of pixel-wise operations needs at the very least.

    Parameters
    ----------
    image_bytes : int
        Size of the image.
    operations : int
        How many operations follow each other. Each reads an image and writes one.
    bandwidth : float
        Bytes a second between the chip and its memory.
    bus : float, optional
        Bytes a second between main memory and the device's memory, over which the image travels
        there and the result back. None where there is no such journey.
    """
    computing = operations * 2 * image_bytes / bandwidth
    travelling = 0.0 if bus is None else 2 * image_bytes / bus
    return computing + travelling
