"""Memory in use now: asked of the libraries that count it, and of this process."""

import sys


def process_bytes() -> int:
    """Return the bytes of main memory that this process holds.

    This is where the arrays of OpenCL live where its device is the processor.
    """
    import psutil

    from gpu_course.timing import wait

    wait()  # memory is taken when it is first written to, and that may still be going on
    return int(psutil.Process().memory_info().rss)


def counters() -> dict[str, int]:
    """Return the bytes in use by each library that counts them, and by this process.

    Libraries that are not imported use nothing and are not asked. ``in arrays`` is what the
    program's arrays take, ``kept`` what the library has from the driver, ready for the next array.
    """
    used = {"this process, main memory": process_bytes()}
    cupy = sys.modules.get("cupy")
    if cupy is not None and cupy.cuda.is_available():
        pool = cupy.get_default_memory_pool()
        used["CuPy, in arrays"] = int(pool.used_bytes())
        used["CuPy, kept"] = int(pool.total_bytes())
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        used["PyTorch, in arrays"] = int(torch.cuda.memory_allocated())
        used["PyTorch, kept"] = int(torch.cuda.memory_reserved())
    elif torch is not None and torch.backends.mps.is_available():
        used["PyTorch, in arrays"] = int(torch.mps.current_allocated_memory())
        used["PyTorch, kept"] = int(torch.mps.driver_allocated_memory())
    return used
