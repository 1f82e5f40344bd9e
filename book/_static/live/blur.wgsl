// One direction of a Gaussian blur. A blur along x, then one along y, is the blur in both: 2 × 17 instead
// of 17 × 17 readings for a sigma of 2.

struct Numbers {
  width: u32,
  height: u32,
  along_y: u32, // 0: along x
  radius: i32,
}

@group(0) @binding(0) var<storage, read> src: array<f32>;
@group(0) @binding(1) var<storage, read_write> dst: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>; // radius + 1 of them, from the middle outwards
@group(0) @binding(3) var<uniform> numbers: Numbers;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  // The last groups stick out of the image where its size is no multiple of 16.
  if (id.x >= numbers.width || id.y >= numbers.height) { return; }
  let here = vec2<i32>(id.xy);
  let last = vec2<i32>(i32(numbers.width), i32(numbers.height)) - 1;
  let step = select(vec2<i32>(1, 0), vec2<i32>(0, 1), numbers.along_y == 1u);
  // Both sides are added first: then it makes no difference, not even by rounding, from which one looks.
  var sum = weights[0] * src[index(here)];
  for (var k = 1; k <= numbers.radius; k++) {
    // Beyond the border the outermost pixel is repeated.
    let before = clamp(here - k * step, vec2<i32>(0), last);
    let after = clamp(here + k * step, vec2<i32>(0), last);
    sum += weights[k] * (src[index(before)] + src[index(after)]);
  }
  dst[index(here)] = sum;
}

fn index(place: vec2<i32>) -> u32 { return u32(place.y) * numbers.width + u32(place.x); }
