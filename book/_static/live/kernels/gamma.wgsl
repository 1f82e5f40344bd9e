@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  // Which pixel is this run for? The last groups stick out of the image.
  if (id.x >= size.width || id.y >= size.height) { return; }
  let here = id.y * size.width + id.x;

  let exponent = 0.5;
  dst[here] = 255.0 * pow(src[here] / 255.0, exponent);
}
