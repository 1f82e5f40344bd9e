@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= size.width || id.y >= size.height) { return; }
  let here = id.y * size.width + id.x;

  // Yours: what is the new value of this pixel?
  dst[here] = src[here];
}
