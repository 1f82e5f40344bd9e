// Total variation: the sum of the lengths of all gradients of an image. This kernel finds where it can be lowered.
//
// At every pixel the gradient points uphill; of it only the direction is kept, an arrow of length 1. Where the arrows
// run together lies a bump, where they part lies a dent, and on a slope, be it ever so steep, as many come as go. So
// what flows together says where to push: bumps down, dents up, and edges are left alone (Dey and others 2006).

struct Grid {
  width: u32,
  height: u32,
  weight: f32,  // of the total variation
  flat: f32,    // gradients shorter than this have no direction to speak of
}

@group(0) @binding(0) var<storage, read> estimate: array<f32>;
@group(0) @binding(1) var<storage, read_write> bend: array<f32>;      // below 0 on bumps, above 0 in dents
@group(0) @binding(2) var<storage, read_write> steepness: array<f32>;  // the length of the gradient
@group(0) @binding(3) var<uniform> grid: Grid;

// The slopes along x and y from a pixel to the next one, and the length of the gradient. Beyond the last pixel nothing
// rises. A gradient no longer than what a step of the regularisation can make counts as flat, too: otherwise every
// ripple would be answered by a larger one the other way around.
fn gradient(x: u32, y: u32) -> vec3f {
  let i = y * grid.width + x;
  let here = estimate[i];
  var slope = vec2f(0);
  if (x + 1 < grid.width) { slope.x = estimate[i + 1] - here; }
  if (y + 1 < grid.height) { slope.y = estimate[i + grid.width] - here; }
  let least = here * 8 * grid.weight + grid.flat;
  return vec3f(slope, sqrt(dot(slope, slope) + least * least));
}

@compute @workgroup_size(16, 16)
fn curvature(@builtin(global_invocation_id) pixel: vec3u) {
  let x = pixel.x;
  let y = pixel.y;
  if (x >= grid.width || y >= grid.height) { return; }
  let own = gradient(x, y);
  var flow = (own.x + own.y) / own.z;
  if (x > 0) {
    let left = gradient(x - 1, y);
    flow -= left.x / left.z;
  }
  if (y > 0) {
    let above = gradient(x, y - 1);
    flow -= above.y / above.z;
  }
  bend[y * grid.width + x] = flow;
  steepness[y * grid.width + x] = own.z;
}
