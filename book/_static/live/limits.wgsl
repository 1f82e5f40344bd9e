// The two limits of a device: one kernel does nothing but move numbers, the other nothing but arithmetic.
// The four chains of the second do not depend on each other, so none waits for another's result. Their sum is
// written out, or the compiler would see that nobody asks for it, and drop the work.

override STEPS: u32 = 256;

struct Numbers {
  count: u32,
  width: u32, // of the grid of threads
  b: f32,
  c: f32,
}

@group(0) @binding(0) var<storage, read> src: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> dst: array<vec4<f32>>;
@group(0) @binding(2) var<uniform> numbers: Numbers;

@compute @workgroup_size(256)
fn copy(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.y * numbers.width + id.x;
  if (i < numbers.count) { dst[i] = src[i]; }
}

@compute @workgroup_size(256)
fn compute(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.y * numbers.width + id.x;
  var p = vec4<f32>(f32(i) * 1e-6);
  var q = p + 1.0;
  var r = p + 2.0;
  var s = p + 3.0;
  for (var k = 0u; k < STEPS; k++) {
    p = fma(p, vec4<f32>(numbers.b), vec4<f32>(numbers.c));
    q = fma(q, vec4<f32>(numbers.b), vec4<f32>(numbers.c));
    r = fma(r, vec4<f32>(numbers.b), vec4<f32>(numbers.c));
    s = fma(s, vec4<f32>(numbers.b), vec4<f32>(numbers.c));
  }
  if (i < numbers.count) { dst[i] = p + q + r + s; }
}
