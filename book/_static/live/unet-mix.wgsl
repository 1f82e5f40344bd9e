// Fewer channels: each channel of the result is a weighted sum of all channels at the same pixel, plus a bias.

struct Sizes {
  pixels: u32,  // with those of the frame, whose results are not used
  ins: u32,     // channels that are read
  row_in: u32,  // numbers from one pixel to the next, where they are read
  outs: u32,    // channels that are made
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> image: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;  // channel read, channel made
@group(0) @binding(3) var<storage, read> biases: array<f32>;
@group(0) @binding(4) var<storage, read_write> result: array<f32>;

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let channel = id.x;
  // Four pixels a thread: each weight is read once for all of them.
  let pixel = 4 * (id.z * groups.y * 4 + id.y);
  if (channel >= sizes.outs || pixel >= sizes.pixels) { return; }
  let n = sizes.row_in;
  let start = pixel * n;
  var sum = vec4f(biases[channel]);
  for (var c = start; c < start + sizes.ins; c++) {
    let four = vec4f(image[c], image[c + n], image[c + 2 * n], image[c + 3 * n]);
    sum += weights[(c - start) * sizes.outs + channel] * four;
  }
  for (var i = 0u; i < min(4u, sizes.pixels - pixel); i++) {
    result[(pixel + i) * sizes.outs + channel] = sum[i];
  }
}
