"""The exercises' solutions: the sources of a local threshold and of a median, in OpenCL C."""


def local_threshold_kernel() -> str:
    """Return OpenCL source that finds pixels brighter than the mean of their neighbourhood.

    The kernel is ``local_threshold(src, dst, radius, offset)``; it writes 1 where a pixel is
    above the mean of the (2·radius + 1)² pixels around it plus `offset`, else 0.
    """
    return """
__constant sampler_t sampler = CLK_NORMALIZED_COORDS_FALSE | CLK_ADDRESS_CLAMP_TO_EDGE;

__kernel void local_threshold(IMAGE_src_TYPE src, IMAGE_dst_TYPE dst, const int radius,
                              const float offset)
{
    const int x = get_global_id(0);
    const int y = get_global_id(1);
    float sum = 0;
    for (int dy = -radius; dy <= radius; dy++)
        for (int dx = -radius; dx <= radius; dx++)
            sum += READ_src_IMAGE(src, sampler, POS_src_INSTANCE(x + dx, y + dy, 0, 0)).x;
    const float mean = sum / ((2 * radius + 1) * (2 * radius + 1));
    const float value = READ_src_IMAGE(src, sampler, POS_src_INSTANCE(x, y, 0, 0)).x;
    const int bright = value > mean + offset;
    WRITE_dst_IMAGE(dst, POS_dst_INSTANCE(x, y, 0, 0), CONVERT_dst_PIXEL_TYPE(bright));
}
"""


def median_kernel() -> str:
    """Return OpenCL source for the median of the 3 × 3 pixels around each pixel.

    The kernel is ``median_3x3(src, dst)``. It reads nine values and sorts them as far as the median
    needs, by a fixed series of comparisons.
    """
    # Every index is known before the kernel runs. The shorter insertion sort, with its loop
    # `while (rank > 0 && sorted[rank - 1] > value)`, is right in C too, but killed the process on
    # Intel's runtime 2026.2 for processors: its optimiser reads sorted[rank - 1] without waiting
    # for rank > 0, and takes the index -1 for 4294967295. Compiled with -cl-opt-disable, it ran.
    return """
__constant sampler_t sampler = CLK_NORMALIZED_COORDS_FALSE | CLK_ADDRESS_CLAMP_TO_EDGE;

__kernel void median_3x3(IMAGE_src_TYPE src, IMAGE_dst_TYPE dst)
{
    const int x = get_global_id(0);
    const int y = get_global_id(1);
    float values[9];
    for (int i = 0; i < 9; i++) {
        const POS_src_TYPE place = POS_src_INSTANCE(x + i % 3 - 1, y + i / 3 - 1, 0, 0);
        values[i] = READ_src_IMAGE(src, sampler, place).x;
    }
    // Each pass carries the largest value that is left up to `last`. The fifth largest of nine is
    // the median, so five passes are enough.
    for (int last = 8; last >= 4; last--)
        for (int i = 0; i < last; i++) {
            const float smaller = fmin(values[i], values[i + 1]);
            values[i + 1] = fmax(values[i], values[i + 1]);
            values[i] = smaller;
        }
    WRITE_dst_IMAGE(dst, POS_dst_INSTANCE(x, y, 0, 0), CONVERT_dst_PIXEL_TYPE(values[4]));
}
"""
