// Eigenvalues of a symmetric 3 × 3 matrix at every voxel. eigenvalues.py explains every step.

__constant sampler_t sampler = CLK_NORMALIZED_COORDS_FALSE | CLK_ADDRESS_CLAMP_TO_EDGE;

__kernel void eigenvalues_3d(IMAGE_zz_TYPE zz, IMAGE_zy_TYPE zy, IMAGE_zx_TYPE zx,
                             IMAGE_yy_TYPE yy, IMAGE_yx_TYPE yx, IMAGE_xx_TYPE xx,
                             IMAGE_large_TYPE large, IMAGE_middle_TYPE middle,
                             IMAGE_small_TYPE small)
{
    const POS_zz_TYPE at =
        POS_zz_INSTANCE(get_global_id(0), get_global_id(1), get_global_id(2), 0);
    float a = READ_zz_IMAGE(zz, sampler, at).x;
    float b = READ_yy_IMAGE(yy, sampler, at).x;
    float c = READ_xx_IMAGE(xx, sampler, at).x;
    float d = READ_zy_IMAGE(zy, sampler, at).x;
    float e = READ_zx_IMAGE(zx, sampler, at).x;
    float f = READ_yx_IMAGE(yx, sampler, at).x;
    const float q = (a + b + c) / 3;
    a -= q;
    b -= q;
    c -= q;
    const float p = sqrt((a * a + b * b + c * c + 2 * (d * d + e * e + f * f)) / 6);
    const float inverse = 1 / fmax(p, 1e-18f);
    a *= inverse;
    b *= inverse;
    c *= inverse;
    d *= inverse;
    e *= inverse;
    f *= inverse;
    const float cosine =
        0.5f * (a * (b * c - f * f) - b * e * e - c * d * d) + d * e * f;
    const float on_z = a * a + d * d + e * e - 2 - cosine * a;
    const float on_y = d * d + b * b + f * f - 2 - cosine * b;
    const float on_x = e * e + f * f + c * c - 2 - cosine * c;
    const float zy_beside = e * f - (c + cosine) * d;
    const float zx_beside = d * f - (b + cosine) * e;
    const float yx_beside = d * e - (a + cosine) * f;
    const float size =
        on_z * on_z + on_y * on_y + on_x * on_x +
        2 * (zy_beside * zy_beside + zx_beside * zx_beside + yx_beside * yx_beside);
    const float phi = atan2(sqrt(size / 6), cosine) / 3;
    const float first = 2 * p * cos(phi);
    const float last = 2 * p * cos(phi + 2.0943951f);
    WRITE_large_IMAGE(large, at, CONVERT_large_PIXEL_TYPE(q + first));
    WRITE_middle_IMAGE(middle, at, CONVERT_middle_PIXEL_TYPE(q - first - last));
    WRITE_small_IMAGE(small, at, CONVERT_small_PIXEL_TYPE(q + last));
}
