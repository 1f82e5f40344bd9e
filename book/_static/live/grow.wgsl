// One round of growth: a pixel without a label takes the largest label among its neighbours. Rounds in which
// all eight neighbours count take turns with rounds in which the four beside it do: squares alone would grow
// as squares, crosses as diamonds, and both in turn as octagons, which are nearly circles.

const OUTSIDE = 0xffffffffu;

struct Numbers {
  width: u32,
  height: u32,
  corners: u32, // 1: all eight neighbours
}

@group(0) @binding(0) var<storage, read> before: array<u32>;
@group(0) @binding(1) var<storage, read_write> after: array<u32>;
@group(0) @binding(2) var<storage, read_write> grew: atomic<u32>; // becomes 1 where anything grew
@group(0) @binding(3) var<uniform> numbers: Numbers;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= numbers.width || id.y >= numbers.height) { return; }
  let i = id.y * numbers.width + id.x;
  var label = before[i];
  if (label == 0u) {
    let first = max(id.xy, vec2<u32>(1)) - 1;
    let last = min(id.xy + 1, vec2<u32>(numbers.width, numbers.height) - 1);
    for (var y = first.y; y <= last.y; y++) {
      for (var x = first.x; x <= last.x; x++) {
        let there = before[y * numbers.width + x];
        let counts = numbers.corners == 1u || x == id.x || y == id.y;
        if (counts && there != OUTSIDE) { label = max(label, there); }
      }
    }
    if (label != 0u) { atomicStore(&grew, 1u); }
  }
  after[i] = label;
}
