// Eigenvalues of [[a, b], [b, c]] at every pixel, as in eigenvalues.py.

__constant sampler_t sampler = CLK_NORMALIZED_COORDS_FALSE | CLK_ADDRESS_CLAMP_TO_EDGE;

__kernel void eigenvalues_2d(IMAGE_a_TYPE a, IMAGE_b_TYPE b, IMAGE_c_TYPE c,
                             IMAGE_large_TYPE large, IMAGE_small_TYPE small)
{
    const POS_a_TYPE at = POS_a_INSTANCE(get_global_id(0), get_global_id(1), 0, 0);
    const float first = READ_a_IMAGE(a, sampler, at).x;
    const float mixed = READ_b_IMAGE(b, sampler, at).x;
    const float second = READ_c_IMAGE(c, sampler, at).x;
    const float middle = (first + second) * 0.5f;
    const float half_difference = (first - second) * 0.5f;
    const float spread = sqrt(half_difference * half_difference + mixed * mixed);
    WRITE_large_IMAGE(large, at, CONVERT_large_PIXEL_TYPE(middle + spread));
    WRITE_small_IMAGE(small, at, CONVERT_small_PIXEL_TYPE(middle - spread));
}
