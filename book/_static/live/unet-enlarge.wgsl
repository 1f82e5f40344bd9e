// The way up: every pixel becomes four, interpolated between the pixels of the smaller picture (bilinear).
//
// The middle of a small pixel lies between four large ones, so a large pixel takes ¾ of the nearest small one and
// ¼ of the next along each axis. At the edge of the picture the next is the nearest itself.

struct Sizes {
  width: u32,     // of the larger picture
  height: u32,
  channels: u32,
  row_out: u32,   // numbers from one pixel to the next, where they are written
  skip: u32,      // channels there that stand before these: the copy from the way down
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> image: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

fn small(x: u32, y: u32, channel: u32) -> f32 {
  return image[((y + 1) * (sizes.width / 2 + 2) + x + 1) * sizes.channels + channel];
}

// The next pixel along an axis of `size` small pixels: before the nearest for even places, behind it for odd ones.
fn next(place: u32, size: u32) -> u32 {
  let nearest = i32(place / 2);
  return u32(clamp(select(nearest + 1, nearest - 1, place % 2 == 0), 0, i32(size) - 1));
}

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let channel = id.x;
  let x = id.y;
  let y = id.z;
  if (channel >= sizes.channels || x >= sizes.width) { return; }
  let beside = next(x, sizes.width / 2);
  let beyond = next(y, sizes.height / 2);
  let here = mix(small(x / 2, y / 2, channel), small(beside, y / 2, channel), 0.25);
  let there = mix(small(x / 2, beyond, channel), small(beside, beyond, channel), 0.25);
  result[((y + 1) * (sizes.width + 2) + x + 1) * sizes.row_out + sizes.skip + channel] = mix(here, there, 0.25);
}
