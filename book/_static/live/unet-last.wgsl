// The end: one weighted sum of all channels of a pixel, brought between 0 and 1 (sigmoid): how sure the network is.

struct Sizes {
  width: u32,
  height: u32,
  channels: u32,
  row_in: u32,  // numbers from one pixel to the next
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> image: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read> biases: array<f32>;
@group(0) @binding(4) var<storage, read_write> result: array<f32>;  // height × width, without a frame

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.width || id.y >= sizes.height) { return; }
  let start = ((id.y + 1) * (sizes.width + 2) + id.x + 1) * sizes.row_in;
  var logit = biases[0];
  for (var c = 0u; c < sizes.channels; c++) {
    logit += image[start + c] * weights[c];
  }
  result[id.y * sizes.width + id.x] = 1 / (1 + exp(-logit));
}
