@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= size.width || id.y >= size.height) { return; }
  let x = i32(id.x);
  let y = i32(id.y);

  // How steep the grey values are along x and along y, the middle row or column counted twice.
  let right = pixel(x + 1, y - 1) + 2.0 * pixel(x + 1, y) + pixel(x + 1, y + 1);
  let left = pixel(x - 1, y - 1) + 2.0 * pixel(x - 1, y) + pixel(x - 1, y + 1);
  let below = pixel(x - 1, y + 1) + 2.0 * pixel(x, y + 1) + pixel(x + 1, y + 1);
  let above = pixel(x - 1, y - 1) + 2.0 * pixel(x, y - 1) + pixel(x + 1, y - 1);
  dst[id.y * size.width + id.x] = length(vec2<f32>(right - left, below - above)) / 8.0;
}
