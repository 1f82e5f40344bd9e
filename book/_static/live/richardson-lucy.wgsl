// Richardson–Lucy, pixel by pixel: everything between the Fourier transforms (those are in fft.wgsl).
//
// An iteration is predict → blur → compare → send back → correct. Blurring and sending back are a transform forth, a
// product with the lens's transfer function (or its conjugate, which mirrors the lens), and a transform back.
//
// The object lies on a field that is larger than the image: light comes in from outside the picture, and the model
// has to have a place for it. The image is a window into that field. `seen` is the share of a pixel's light that this
// window shows, or 1e12 where that is next to nothing: divided by so much, no light is left.

struct Scene {
  width: u32,         // of the field
  height: u32,
  shown_width: u32,   // of the image
  shown_height: u32,
  begin_x: u32,       // the pixel of the field that is the image's first
  begin_y: u32,
  background: f32,    // expected counts of a pixel without any light from the object
  floor: f32,         // no blurred estimate is known better than that, and nothing is divided by less
  dark: f32,          // what counts as no light: from 0 no multiplication would ever come back
  weight: f32,        // of the total variation
  momentum: f32,      // what part of its last step an iteration repeats before it corrects
}

@group(0) @binding(0) var<uniform> scene: Scene;

// Sums over all pixels, in the order in which a GPU can do it: in every workgroup pairs, pairs of pairs, and so on.
// The sums of all workgroups are added up by the page, in float64. Three kernels sum, up to four things each. So that
// there are few sums, a thread of these kernels does not stop after one pixel: it goes on to the one that lies as many
// pixels further as there are threads.
@group(0) @binding(1) var<storage, read_write> sums: array<vec4f>;

const THREADS = 64u;
var<workgroup> parts: array<vec4f, THREADS>;

fn sum_up(own: vec4f, thread: u32, place: u32) {
  parts[thread] = own;
  for (var apart = THREADS / 2; apart > 0; apart /= 2) {
    workgroupBarrier();
    if (thread < apart) { parts[thread] += parts[thread + apart]; }
  }
  if (thread == 0) { sums[place] = parts[0]; }
}

// ---- the product of a spectrum and the transfer function, which blurs; with its conjugate, which sends back ----

struct Lens {
  conjugate: f32,  // 1: as it is, -1: the conjugate
}

@group(0) @binding(0) var<uniform> lens: Lens;
@group(0) @binding(1) var<storage, read> transfer: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> spectrum: array<vec2f>;

@compute @workgroup_size(THREADS)
fn pass_lens(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= arrayLength(&spectrum)) { return; }
  let s = spectrum[i];
  let t = vec2f(transfer[i].x, transfer[i].y * lens.conjugate);
  spectrum[i] = vec2f(s.x * t.x - s.y * t.y, s.x * t.y + s.y * t.x);
}

// ---- predict: go on in the direction of the last step, then hand the object to the transform ----

@group(0) @binding(1) var<storage, read> estimate: array<f32>;
@group(0) @binding(2) var<storage, read> before: array<f32>;
@group(0) @binding(3) var<storage, read_write> prediction: array<f32>;
@group(0) @binding(4) var<storage, read_write> object: array<vec2f>;

@compute @workgroup_size(THREADS)
fn predict(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= arrayLength(&estimate)) { return; }
  let last = estimate[i] - before[i];
  prediction[i] = max(estimate[i] + scene.momentum * last, 0.0);
  object[i] = vec2f(prediction[i], 0);
}

// ---- compare: the ratio between the image and the blurred estimate, and half of Poisson's deviance of the two ----

@group(0) @binding(2) var<storage, read> image: array<f32>;
@group(0) @binding(3) var<storage, read_write> blurred: array<vec2f>;  // becomes the ratio, 0 around the image

@compute @workgroup_size(THREADS)
fn compare(
  @builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u
) {
  var misfit = 0.0;
  for (var i = id.x; i < arrayLength(&blurred); i += groups.x * THREADS) {
    let x = i % scene.width;
    let y = i / scene.width;
    if (x < scene.shown_width && y < scene.shown_height) {
      let model = max(blurred[i].x + scene.background, scene.floor);
      let counted = image[y * scene.shown_width + x];
      blurred[i] = vec2f(counted / model, 0);
      misfit += model - counted;
      if (counted > 0) { misfit += counted * log(counted / model); }
    } else {
      blurred[i] = vec2f(0);
    }
  }
  sum_up(vec4f(misfit, 0, 0, 0), thread, group.x);
}

// ---- correct: what was sent back multiplies the estimate ----

@group(0) @binding(2) var<storage, read> correction: array<vec2f>;
@group(0) @binding(3) var<storage, read> point: array<f32>;  // what was blurred: the prediction
@group(0) @binding(4) var<storage, read> seen: array<f32>;
@group(0) @binding(5) var<storage, read> bend: array<f32>;   // of the total variation
@group(0) @binding(6) var<storage, read_write> last_step: array<f32>;  // the last one; becomes this one
@group(0) @binding(7) var<storage, read_write> corrected: array<f32>;

@compute @workgroup_size(THREADS)
fn correct(
  @builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u
) {
  var own = vec4f(0);  // this step · the last one, this step squared
  for (var i = id.x; i < arrayLength(&point); i += groups.x * THREADS) {
    var factor = correction[i].x;
    if (scene.weight > 0) {  // divided by more than 1 on bumps and by less in dents, but never by less than 0.1
      factor /= max(1 - scene.weight * bend[i] * seen[i], 0.1);
    }
    corrected[i] = max(factor * point[i] / seen[i], scene.dark);
    let change = corrected[i] - point[i];
    own += vec4f(change * last_step[i], change * change, 0, 0);
    last_step[i] = change;
  }
  sum_up(own, thread, groups.x + group.x);
}

// ---- judge: how far the estimate is from the truth, where the image shows it; and its total variation ----

@group(0) @binding(2) var<storage, read> answer: array<f32>;
@group(0) @binding(3) var<storage, read> truth: array<f32>;
@group(0) @binding(4) var<storage, read> steepness: array<f32>;  // of the whole field

@compute @workgroup_size(THREADS)
fn judge(
  @builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u
) {
  var own = vec4f(0);  // the error squared, the truth squared, the variation
  for (var i = id.x; i < arrayLength(&answer); i += groups.x * THREADS) {
    own.z += steepness[i];
    let x = i % scene.width - scene.begin_x;  // left of the window this is a very large number: u32 has no sign
    let y = i / scene.width - scene.begin_y;
    if (x < scene.shown_width && y < scene.shown_height) {
      let right = truth[y * scene.shown_width + x];
      let wrong = answer[i] - right;
      own.x += wrong * wrong;
      own.y += right * right;
    }
  }
  sum_up(own, thread, 2 * groups.x + group.x);
}
