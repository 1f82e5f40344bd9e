// Seeds: the pixels that are brighter than all eight neighbours, if they lie in the mask. A seed is marked by
// a label that nobody else has: its own number in the image, counted from 1. Outside the mask stands OUTSIDE,
// which never grows and is never grown over.

const OUTSIDE = 0xffffffffu;

struct Numbers {
  width: u32,
  height: u32,
}

@group(0) @binding(0) var<storage, read> hills: array<f32>;
@group(0) @binding(1) var<storage, read> mask: array<f32>;
@group(0) @binding(2) var<storage, read> fence: array<f32>; // where seeds may grow: the mask, or ones everywhere
@group(0) @binding(3) var<storage, read_write> labels: array<u32>;
@group(0) @binding(4) var<uniform> numbers: Numbers;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= numbers.width || id.y >= numbers.height) { return; }
  let i = id.y * numbers.width + id.x;
  var is_seed = mask[i] > 0.0;
  let first = max(id.xy, vec2<u32>(1)) - 1; // neighbours inside the image only
  let last = min(id.xy + 1, vec2<u32>(numbers.width, numbers.height) - 1);
  for (var y = first.y; y <= last.y; y++) {
    for (var x = first.x; x <= last.x; x++) {
      let there = y * numbers.width + x;
      if (there != i && hills[there] >= hills[i]) { is_seed = false; }
    }
  }
  labels[i] = select(select(OUTSIDE, 0u, fence[i] > 0.0), i + 1u, is_seed);
}
