// Every pixel walks down every tree. At a node it is asked whether a feature is at most a threshold, and goes left or
// right; at the leaf it finds the shares of the classes. Their mean over the trees is its probability.

struct Numbers {
  pixels: u32,
  classes: u32,  // at most 8
  trees: u32,
  across: u32,   // threads in a row of workgroups
}

struct Node {
  feature: i32,  // −1: a leaf
  threshold: f32,
  left: u32,
  right: u32,
}

@group(0) @binding(0) var<uniform> numbers: Numbers;
@group(0) @binding(1) var<storage, read> features: array<f32>;
@group(0) @binding(2) var<storage, read> nodes: array<Node>;
@group(0) @binding(3) var<storage, read> shares: array<f32>;  // of each node, class by class
@group(0) @binding(4) var<storage, read> roots: array<u32>;
@group(0) @binding(5) var<storage, read_write> probability: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let pixel = id.y * numbers.across + id.x;
  if (pixel >= numbers.pixels) { return; }
  var total: array<f32, 8>;
  for (var tree = 0u; tree < numbers.trees; tree++) {
    var here = roots[tree];
    var node = nodes[here];
    while (node.feature >= 0) {
      let value = features[u32(node.feature) * numbers.pixels + pixel];
      here = select(node.right, node.left, value <= node.threshold);
      node = nodes[here];
    }
    for (var c = 0u; c < numbers.classes; c++) {
      total[c] += shares[here * numbers.classes + c];
    }
  }
  for (var c = 0u; c < numbers.classes; c++) {
    probability[c * numbers.pixels + pixel] = total[c] / f32(numbers.trees);
  }
}
