// A random forest: many trees, each grown on a draw of the painted pixels of its own. The trees are grown on the
// processor, as there are few painted pixels; all pixels of the picture then walk down them on the GPU.

import { source } from "./gpu.js";
import { Draws } from "./draws.js";
import { grow, Painted } from "./forest-tree.js";

const DRAWN = 5000; // at most so many pixels for each tree

/**
 * Grow a forest, tree by tree, so that a page can pause in between.
 * @param {Float32Array} table feature after feature, the pixels of each side by side.
 * @param {Uint8Array} labels the class of each pixel: 0, 1, …
 * @param {{classes: number, trees?: number, seed?: number}} how
 * @yields {object[]} a tree, see `grow`.
 */
export function* train(table, labels, { classes, trees = 50, seed = 0 }) {
  const painted = new Painted(table, labels, classes);
  const draws = new Draws(seed);
  const seeds = Array.from({ length: trees }, () => draws.below(2 ** 31 - 1));
  for (const own of seeds) {
    const drawn = new Draws(own);
    const weights = new Float64Array(painted.pixels);
    for (let i = 0; i < Math.min(painted.pixels, DRAWN); i++) weights[drawn.below(painted.pixels)]++;
    yield grow(painted, weights, new Draws(own).below(2 ** 31 - 1));
  }
}

/**
 * Lay trees behind one another, as the kernel reads them.
 * @param {object[][]} trees
 * @param {number} classes
 * @returns {{nodes: Int32Array, shares: Float32Array, roots: Uint32Array}} four numbers a node: feature, the bits of
 *   its threshold, where to go on yes and on no.
 */
export function packed(trees, classes) {
  const count = trees.reduce((sum, tree) => sum + tree.length, 0);
  const nodes = new Int32Array(4 * count);
  const bits = new Float32Array(nodes.buffer);
  const shares = new Float32Array(classes * count);
  const roots = new Uint32Array(trees.length);
  let root = 0;
  trees.forEach((tree, i) => {
    roots[i] = root;
    tree.forEach((node, own) => {
      const at = 4 * (root + own);
      nodes[at] = node.feature;
      bits[at + 1] = node.threshold;
      nodes[at + 2] = root + node.left;
      nodes[at + 3] = root + node.right;
      shares.set(node.shares, classes * (root + own));
    });
    root += tree.length;
  });
  return { nodes, shares, roots };
}

/** @returns {Promise<GPUComputePipeline>} the kernel that `walk` takes. */
export async function kernel(gpu) {
  return gpu.kernel(await source("forest.wgsl", import.meta.url), "forest.wgsl");
}

/**
 * The probability of each class for every pixel.
 * @param {Gpu} gpu
 * @param {GPUComputePipeline} pipeline from `kernel`.
 * @param {{nodes: Int32Array, shares: Float32Array, roots: Uint32Array}} forest from `packed`.
 * @param {number} classes
 * @param {GPUBuffer} features feature after feature, f32.
 * @param {number} pixels
 * @returns {Promise<Float32Array>} class after class.
 */
export async function walk(gpu, pipeline, { nodes, shares, roots }, classes, features, pixels) {
  const pushed = [nodes, shares, roots].map((array) => gpu.upload(array));
  const result = gpu.empty(4 * classes * pixels);
  try {
    const groups = Math.ceil(pixels / 64);
    const across = Math.min(groups, 1024);
    const numbers = { u: [pixels, classes, roots.length, across * 64] };
    gpu.run(pipeline, [numbers, features, ...pushed, result], [across, Math.ceil(groups / across), 1]);
    return await gpu.read(result);
  } finally {
    gpu.free(...pushed, result);
  }
}

/**
 * The most probable class of each pixel; of equal ones the first.
 * @param {Float32Array} probability class after class.
 * @param {number} classes
 * @returns {Uint8Array} 0, 1, …
 */
export function elected(probability, classes) {
  const pixels = probability.length / classes;
  const found = new Uint8Array(pixels);
  for (let i = 0; i < pixels; i++) {
    for (let c = 1; c < classes; c++) {
      if (probability[c * pixels + i] > probability[found[i] * pixels + i]) found[i] = c;
    }
  }
  return found;
}
