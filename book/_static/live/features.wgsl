// What a forest gets to see of a pixel at one width: the blurred picture itself, how steep it is, and how it bends.
// All but the first are differences of neighbours. Beyond the border the outermost pixel is repeated.

struct Numbers {
  width: u32,
  height: u32,
  first: u32,  // the number of the first of the four features
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> smooth_picture: array<f32>;
@group(0) @binding(2) var<storage, read_write> features: array<f32>;

fn at(x: i32, y: i32) -> f32 {
  let last = vec2i(i32(numbers.width), i32(numbers.height)) - 1;
  let there = clamp(vec2i(x, y), vec2i(0), last);
  return smooth_picture[u32(there.y) * numbers.width + u32(there.x)];
}

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= numbers.width || id.y >= numbers.height) { return; }
  let x = i32(id.x);
  let y = i32(id.y);
  let here = at(x, y);
  let above = at(x, y - 1);
  let below = at(x, y + 1);
  let left = at(x - 1, y);
  let right = at(x + 1, y);

  let slope_y = (below - above) * 0.5;
  let slope_x = (right - left) * 0.5;

  // How it bends along y, along x, and across: the Hessian matrix. Its eigenvalues are the bends along the two
  // directions in which they differ most, the larger first.
  let yy = below + above - 2 * here;
  let xx = right + left - 2 * here;
  let yx = (at(x + 1, y + 1) + at(x - 1, y - 1) - at(x - 1, y + 1) - at(x + 1, y - 1)) * 0.25;
  let middle = (yy + xx) * 0.5;
  let half = (yy - xx) * 0.5;
  let spread = sqrt(half * half + yx * yx);

  let plane = numbers.width * numbers.height;
  let i = numbers.first * plane + id.y * numbers.width + id.x;
  features[i] = here;
  features[i + plane] = sqrt(slope_y * slope_y + slope_x * slope_x);
  features[i + 2 * plane] = middle + spread;
  features[i + 3 * plane] = middle - spread;
}
