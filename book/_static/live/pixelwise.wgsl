// What looks at one pixel alone: the logarithm, the range, the histogram, the comparison.

struct Numbers {
  count: u32, // pixels
  width: u32, // of the grid of threads, which stand in rows
  low: f32,
  high: f32,
}

@group(0) @binding(0) var<storage, read> src: array<f32>;
@group(0) @binding(1) var<storage, read_write> dst: array<f32>;
@group(0) @binding(2) var<uniform> numbers: Numbers;
// Numbers that many threads change; only whole ones can be changed so that no change is lost.
@group(0) @binding(3) var<storage, read_write> shared_counts: array<atomic<u32>>;

fn index(id: vec3<u32>) -> u32 { return id.y * numbers.width + id.x; }

@compute @workgroup_size(256)
fn logarithm(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = index(id);
  if (i < numbers.count) { dst[i] = log(src[i] + 1.0); } // the 1 keeps 0 from becoming minus infinity
}

@compute @workgroup_size(256)
fn above(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = index(id);
  if (i < numbers.count) { dst[i] = select(0.0, 1.0, src[i] > numbers.low); }
}

// The smallest and the largest value. Floats from 0 on have their bits in the order of their values, so they
// may be compared as whole numbers. Each group finds its own two first: 256 times fewer threads then queue
// for the same two numbers.
var<workgroup> group_range: array<atomic<u32>, 2>;

@compute @workgroup_size(256)
fn range(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  if (lane == 0u) {
    atomicStore(&group_range[0], 0xffffffffu);
    atomicStore(&group_range[1], 0u);
  }
  workgroupBarrier();
  let i = index(id);
  if (i < numbers.count) {
    let bits = bitcast<u32>(max(src[i], 0.0));
    atomicMin(&group_range[0], bits);
    atomicMax(&group_range[1], bits);
  }
  workgroupBarrier();
  if (lane == 0u) {
    atomicMin(&shared_counts[0], atomicLoad(&group_range[0]));
    atomicMax(&shared_counts[1], atomicLoad(&group_range[1]));
  }
}

// How many pixels fall into each of 256 steps from the lowest value to the highest, counted by groups, too.
var<workgroup> group_counts: array<atomic<u32>, 256>;

@compute @workgroup_size(256)
fn histogram(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  atomicStore(&group_counts[lane], 0u);
  workgroupBarrier();
  let i = index(id);
  if (i < numbers.count) {
    let step = (src[i] - numbers.low) * 255.0 / (numbers.high - numbers.low);
    atomicAdd(&group_counts[u32(clamp(step, 0.0, 255.0))], 1u);
  }
  workgroupBarrier();
  let count = atomicLoad(&group_counts[lane]);
  if (count > 0u) { atomicAdd(&shared_counts[lane], count); }
}
