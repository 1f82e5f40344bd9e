"""How fast could a device be? Measure its two limits, and see which one holds an operation back.

The model is the roofline of Williams, Waterman and Patterson (2009),
doi:10.1145/1498765.1498785.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpu_course import timing

# One kernel does nothing but move numbers, the other nothing but arithmetic. The four chains of
# the second do not depend on each other, so none waits for another's result. A multiplication
# and an addition in one expression become a single instruction (fused multiply-add) wherever the
# device has one; writing it as `fma` would be slow on PoCL, which then calls a function. Groups of
# sixteen numbers fill the widest vector unit of a processor, and do no harm on a GPU. The sum at
# the end is written out, or the compiler would see that nobody asks for it, and drop the work.
SOURCE = """
__kernel void move(__global const float4 *from, __global float4 *to) {
    size_t i = get_global_id(0);
    to[i] = from[i];
}

__kernel void compute(__global float *out, const float b, const float c) {
    size_t i = get_global_id(0);
    float16 p = (float16)(i * 1e-6f), q = p + 1.0f, r = p + 2.0f, s = p + 3.0f;
    for (int k = 0; k < STEPS; k++) {
        p = p * b + c;
        q = q * b + c;
        r = r * b + c;
        s = s * b + c;
    }
    float16 sum = p + q + r + s;
    float8 half_sum = sum.lo + sum.hi;
    float4 quarter = half_sum.lo + half_sum.hi;
    out[i] = quarter.x + quarter.y + quarter.z + quarter.w;
}
"""
STEPS = 256
FLOPS_PER_ITEM = STEPS * 4 * 16 * 2  # chains, numbers in a float16, multiply and add


@dataclass(frozen=True)
class Roofline:
    """The two limits of a device.

    Attributes
    ----------
    bandwidth : float
        Bytes per second between memory and processor, reading and writing together.
    rate : float
        Additions and multiplications of 32-bit floats per second.
    """

    bandwidth: float
    rate: float

    @property
    def ridge(self) -> float:
        """Operations per byte from which on arithmetic is the limit, and no longer memory."""
        return self.rate / self.bandwidth

    @property
    def in_words(self) -> str:
        """Both limits, for a line below a table."""
        return (
            f"Measured limits: {self.bandwidth / 1e9:.3g} GB/s and {self.rate / 1e9:.3g} thousand "
            "million operations/s."
        )

    def attainable(self, intensity: float) -> float:
        """Return the operations per second that both limits allow.

        Parameters
        ----------
        intensity : float
            Operations per byte moved.
        """
        return min(self.rate, self.bandwidth * intensity)


def _context() -> Any:
    """Return a ``pyopencl.Context`` on the OpenCL device that clesperanto computes on."""
    import pyopencl as cl

    from gpu_course.devices.opencl_device import pyopencl_device

    return cl.Context([pyopencl_device()])


def program(context: Any = None) -> Any:
    """Compile the two kernels, as a ``pyopencl.Program``.

    Parameters
    ----------
    context : pyopencl.Context, optional
        Without it, a new one on clesperanto's device.
    """
    import pyopencl as cl

    return cl.Program(context or _context(), SOURCE).build([f"-DSTEPS={STEPS}"])


def fresh_program(salt: int) -> Callable[[], Any]:
    """Return a function that compiles the kernels as no cache has seen them, for the first time.

    Drivers keep compiled kernels on disk and know them by their text. Another number in the
    text, and they must compile again: that shows what a first call costs.
    """
    import pyopencl as cl

    text, context = f"{SOURCE}\n__constant int salt = {salt};", _context()
    return lambda: cl.Program(context, text).build([f"-DSTEPS={STEPS}"])


def measure_roofline(megabytes: int = 64, items: int = 2**17, repeats: int = 5) -> Roofline:
    """Measure both limits of clesperanto's device.

    Parameters
    ----------
    megabytes : int
        Size of the array that is copied. It should not fit into the processor's cache, or the
        cache is what is measured.
    items : int
        Work items of the arithmetic, enough to occupy every unit of the device.
    repeats : int
        Timed repeats; the median counts.

    Returns
    -------
    Roofline
    """
    import pyopencl as cl

    context = _context()
    queue = cl.CommandQueue(context)
    flags = cl.mem_flags
    numbers = megabytes * 2**20 // 16 * 4  # whole groups of four
    source = cl.Buffer(
        context, flags.READ_ONLY | flags.COPY_HOST_PTR, hostbuf=np.ones(numbers, np.float32)
    )
    target = cl.Buffer(context, flags.WRITE_ONLY, 4 * numbers)
    result = cl.Buffer(context, flags.WRITE_ONLY, 4 * items)
    kernels = program(context)
    move, compute = kernels.move, kernels.compute
    move.set_args(source, target)
    compute.set_args(result, np.float32(0.999), np.float32(0.001))
    seconds = timing.medians(
        {
            "move": lambda: cl.enqueue_nd_range_kernel(queue, move, (numbers // 4,), None),
            "compute": lambda: cl.enqueue_nd_range_kernel(queue, compute, (items,), None),
        },
        repeats=repeats,
        wait=queue.finish,
    )
    return Roofline(
        bandwidth=2 * 4 * numbers / seconds["move"],
        rate=FLOPS_PER_ITEM * items / seconds["compute"],
    )
