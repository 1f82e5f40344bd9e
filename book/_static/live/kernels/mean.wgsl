@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= size.width || id.y >= size.height) { return; }

  let radius = 1;
  var sum = 0.0;
  var count = 0.0;
  for (var dy = -radius; dy <= radius; dy++) {
    for (var dx = -radius; dx <= radius; dx++) {
      sum += pixel(i32(id.x) + dx, i32(id.y) + dy);
      count += 1.0;
    }
  }
  dst[id.y * size.width + id.x] = sum / count;
}
