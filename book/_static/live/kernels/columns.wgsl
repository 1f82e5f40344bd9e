// Neighbouring runs should touch neighbouring memory. Here they do not: one workgroup is a column of
// 256 pixels, each a whole row of the image away from the next. Exchange the two numbers, (256, 1), and
// compare the times; a large picture of your own shows more of it.
@compute @workgroup_size(1, 256)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= size.width || id.y >= size.height) { return; }
  let here = id.y * size.width + id.x;
  dst[here] = 255.0 - src[here];
}
