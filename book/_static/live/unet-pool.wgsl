// The way down: of every 2 × 2 pixels the largest value, channel by channel.

struct Sizes {
  width: u32,     // of the smaller picture
  height: u32,
  channels: u32,
  row_in: u32,    // numbers from one pixel to the next, where they are read
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> image: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let channel = id.x;
  let x = id.y;
  let y = id.z;
  if (channel >= sizes.channels || x >= sizes.width) { return; }
  // Both pictures have a frame one pixel wide.
  let row = (2 * sizes.width + 2) * sizes.row_in;
  let first = (2 * y + 1) * row + (2 * x + 1) * sizes.row_in + channel;
  let upper = max(image[first], image[first + sizes.row_in]);
  let lower = max(image[first + row], image[first + row + sizes.row_in]);
  result[((y + 1) * (sizes.width + 2) + x + 1) * sizes.channels + channel] = max(upper, lower);
}
