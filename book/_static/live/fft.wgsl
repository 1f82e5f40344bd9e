// The Fourier transform of every line of an array, each by one workgroup, in the workgroup's own memory.
//
// A transform of n numbers is made of two transforms of half as many, those of a quarter as many, and so on: log2(n)
// rounds, each of n / 2 "butterflies", and a butterfly is one multiplication, one sum and one difference. All
// butterflies of a round can be done at once. Between two rounds everybody waits for everybody (a barrier), because a
// butterfly needs numbers that other threads have made.
//
// In the form of Stockham every round reads from one half of the memory and writes to the other, in such an order that
// the result comes out sorted. (The better known form of Cooley and Tukey works in one place, and sorts before it.)

const LARGEST = 1024u;  // numbers in a line: two copies of 8 bytes each fill the 16 KB that every GPU has
const THREADS = 64u;

struct Plan {
  count: u32,      // numbers in a line, a power of two
  step: u32,       // from one number of a line to the next: 1 along rows, the width of the array along columns
  line: u32,       // from one line to the next: the width along rows, 1 along columns
  direction: i32,  // 1 forward, -1 back (without the factor 1 / n)
}

@group(0) @binding(0) var<storage, read_write> values: array<vec2f>;  // complex: real part, imaginary part
// exp(-2πi k / n) for k < n / 2. A table, since the standard lets a GPU's sin and cos be wrong by 2^-11 of their range.
@group(0) @binding(1) var<storage, read> waves: array<vec2f>;
@group(0) @binding(2) var<uniform> plan: Plan;

var<workgroup> memory: array<vec2f, 2 * LARGEST>;

fn times(a: vec2f, b: vec2f) -> vec2f {  // the product of two complex numbers
  return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}

@compute @workgroup_size(THREADS)
fn transform(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) thread: vec3u) {
  let half = plan.count / 2;
  let first = group.x * plan.line;
  for (var i = thread.x; i < plan.count; i += THREADS) {
    memory[i] = values[first + i * plan.step];
  }
  var from = 0u;
  var to = LARGEST;
  for (var done = 1u; done < plan.count; done *= 2) {  // the length of the transforms that are done already
    workgroupBarrier();
    for (var i = thread.x; i < half; i += THREADS) {
      let k = i % done;  // the wave of the short transforms that this butterfly makes longer
      var wave = waves[k * (half / done)];
      wave.y *= f32(plan.direction);
      let a = memory[from + i];
      let b = times(memory[from + i + half], wave);
      let place = to + 2 * i - k;
      memory[place] = a + b;
      memory[place + done] = a - b;
    }
    let swap = from;
    from = to;
    to = swap;
  }
  workgroupBarrier();
  for (var i = thread.x; i < plan.count; i += THREADS) {
    values[first + i * plan.step] = memory[from + i];
  }
}
