// The Fourier transform of every line of an array, a few lines at a time by one workgroup, in its own memory.
//
// A transform of n numbers is made of two transforms of half as many, those of a quarter as many, and so on: log2(n)
// rounds, each of n / 2 "butterflies", and a butterfly is one multiplication, one sum and one difference. All
// butterflies of a round can be done at once. Between two rounds everybody waits for everybody (a barrier), because a
// butterfly needs numbers that other threads have made.
//
// In the form of Stockham every round reads from one half of the memory and writes to the other, in such an order that
// the result comes out sorted. (The better known form of Cooley and Tukey works in one place, and sorts before it.)
//
// Why several lines together? Neighbouring columns lie side by side in memory, and so do the numbers that neighbouring
// threads ask for: the GPU fetches them in one go.

const ROOM = 1024u;  // numbers in all lines of a workgroup: two copies of 8 bytes fill the 16 KB that every GPU has
const THREADS = 32u;

struct Plan {
  count: u32,      // numbers in a line, a power of two, at most ROOM
  lines: u32,      // lines of a workgroup, at most ROOM / count
  step: u32,       // from one number of a line to the next: 1 along rows, the width of the array along columns
  apart: u32,      // from one line to the next: the width along rows, 1 along columns
  direction: i32,  // 1 forward, -1 back (without the factor 1 / count)
}

@group(0) @binding(0) var<storage, read_write> values: array<vec2f>;  // complex: real part, imaginary part
// exp(-2πi k / count) for k < count / 2. A table, since a GPU's own sin and cos may be wrong by 2^-11.
@group(0) @binding(1) var<storage, read> waves: array<vec2f>;
@group(0) @binding(2) var<uniform> plan: Plan;

var<workgroup> memory: array<vec2f, 2 * ROOM>;  // the first numbers of all lines, the second ones, and so on; twice

fn times(a: vec2f, b: vec2f) -> vec2f {  // the product of two complex numbers
  return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}

@compute @workgroup_size(THREADS)
fn transform(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let lines = plan.lines;
  let half = plan.count / 2;
  let first = group.x * lines * plan.apart;
  for (var n = thread; n < plan.count * lines; n += THREADS) {
    memory[n] = values[first + (n / lines) * plan.step + (n % lines) * plan.apart];
  }
  var old = 0u;
  var fresh = ROOM;
  for (var done = 1u; done < plan.count; done *= 2) {  // the length of the transforms that are done already
    workgroupBarrier();
    for (var n = thread; n < half * lines; n += THREADS) {
      let line = n % lines;
      let i = n / lines;
      let k = i % done;  // the wave of the short transforms that this butterfly makes longer
      var wave = waves[k * (half / done)];
      wave.y *= f32(plan.direction);
      let a = memory[old + n];
      let b = times(memory[old + n + half * lines], wave);
      let place = fresh + (2 * i - k) * lines + line;
      memory[place] = a + b;
      memory[place + done * lines] = a - b;
    }
    let swap = old;
    old = fresh;
    fresh = swap;
  }
  workgroupBarrier();
  for (var n = thread; n < plan.count * lines; n += THREADS) {
    values[first + (n / lines) * plan.step + (n % lines) * plan.apart] = memory[old + n];
  }
}
