// One decision tree: it asks of each pixel whether a feature is at most some value, and sends it left or right, until
// all that arrive at a place are of one class.
//
// It is grown by the rules of scikit-learn, on which the chapter builds, and with the same draws: at each place a few
// features are drawn, and of all values between their neighbours the one is taken that parts the classes best.

import { QuickDraws } from "./draws.js";

const SAME = Math.fround(1e-7); // values that are nearer to one another count as equal
const NOTHING = 2 ** -52;

/**
 * Painted pixels in a form that trees are grown on quickly.
 * @param {Float32Array} table feature after feature, the pixels of each side by side.
 * @param {Uint8Array} labels the class of each pixel: 0, 1, …
 * @param {number} classes
 */
export class Painted {
  constructor(table, labels, classes) {
    const pixels = labels.length;
    this.labels = labels;
    this.classes = classes;
    this.pixels = pixels;
    this.features = table.length / pixels;
    // Small differences of large values are as good as large ones of small values: each feature is divided by a
    // power of two, which rounds nothing, and thresholds are multiplied by it in the end.
    this.unit = new Float64Array(this.features);
    this.values = new Float32Array(table.length);
    // Sorted once for all trees: place in order → pixel, and pixel → place in order.
    this.order = new Uint32Array(table.length);
    this.rank = new Uint32Array(table.length);
    for (let f = 0; f < this.features; f++) {
      const column = table.subarray(f * pixels, (f + 1) * pixels);
      const largest = column.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      this.unit[f] = 2 ** Math.floor(Math.log2(largest || 1));
      const values = this.values.subarray(f * pixels, (f + 1) * pixels);
      values.set(column.map((value) => value / this.unit[f]));
      const order = Uint32Array.from(column, (_, pixel) => pixel).sort((a, b) => values[a] - values[b]);
      this.order.set(order, f * pixels);
      order.forEach((pixel, place) => {
        this.rank[f * pixels + pixel] = place;
      });
    }
  }
}

/**
 * Grow a tree.
 * @param {Painted} painted
 * @param {Float64Array} weights how often each pixel was drawn for this tree; 0: not at all.
 * @param {number} seed
 * @returns {{feature: number, threshold: number, left: number, right: number, shares: number[]}[]} its nodes, the
 *   root first; `feature` is −1 for a leaf. `shares`: how much of what arrived there is of each class.
 */
export function grow(painted, weights, seed) {
  const growing = new Growing(painted, weights, seed);
  const nodes = [];
  const waiting = [{ start: 0, end: growing.samples.length, impurity: null, known: 0, parent: -1, isLeft: false }];
  while (waiting.length) {
    const { start, end, known, parent, isLeft, impurity: told } = waiting.pop();
    const { counts, weight } = growing.count(start, end);
    const impurity = told ?? impurityOf(counts, weight);
    const isPure = end - start < 2 || impurity <= NOTHING;
    const split = isPure ? null : growing.split(start, end, counts, weight, impurity, known);
    const here = nodes.length;
    const shares = Array.from(counts, (count) => count / weight);
    nodes.push({ feature: -1, threshold: 0, left: here, right: here, shares });
    if (parent >= 0) nodes[parent][isLeft ? "left" : "right"] = here;
    if (!split) continue;
    nodes[here].feature = split.feature;
    nodes[here].threshold = roundedDown(split.threshold * painted.unit[split.feature]);
    const next = { known: split.known, parent: here };
    // The one that was put down last is taken up first.
    waiting.push({ ...next, start: split.at, end, impurity: split.impurityRight, isLeft: false });
    waiting.push({ ...next, start, end: split.at, impurity: split.impurityLeft, isLeft: true });
  }
  return nodes;
}

/** How mixed the classes are: 0 where there is one alone (the Gini impurity). */
function impurityOf(counts, weight) {
  let squares = 0;
  for (let c = 0; c < counts.length; c++) squares += counts[c] * counts[c];
  return 1 - squares / (weight * weight);
}

/** The GPU compares numbers of 32 bits: the largest that is not above the threshold. */
function roundedDown(threshold) {
  const near = new Float32Array([threshold]);
  if (near[0] <= threshold) return near[0];
  new Int32Array(near.buffer)[0] += near[0] > 0 ? -1 : 1;
  return near[0] === 0 ? -(2 ** -149) : near[0];
}

/** A tree on its way: which pixels are where, and which features are known to say nothing. */
class Growing {
  constructor(painted, weights, seed) {
    this.painted = painted;
    this.weights = weights;
    this.draws = new QuickDraws(seed);
    this.samples = Uint32Array.from(weights.keys()).filter((pixel) => weights[pixel] > 0);
    this.sorted = new Uint32Array(this.samples.length);
    this.all = weights.reduce((sum, weight) => sum + weight, 0);
    this.features = Array.from({ length: painted.features }, (_, f) => f);
    this.constant = new Array(painted.features).fill(0);
    this.most = Math.max(1, Math.floor(Math.sqrt(painted.features)));
  }

  count(start, end) {
    const counts = new Float64Array(this.painted.classes);
    let weight = 0;
    for (let i = start; i < end; i++) {
      const pixel = this.samples[i];
      counts[this.painted.labels[pixel]] += this.weights[pixel];
      weight += this.weights[pixel];
    }
    return { counts, weight };
  }

  /**
   * Part the pixels from `start` to `end` by the best of the features drawn; null where none parts them.
   *
   * `features` is a pack of cards. Features that have one value only, here or further up (`known`, `found`), lie in
   * front, drawn ones at the back; those in between can still be drawn.
   */
  split(start, end, counts, weight, impurity, known) {
    const { features, constant, draws } = this;
    const swap = (a, b) => ([features[a], features[b]] = [features[b], features[a]]);
    let [open, looked, found, drawn] = [features.length, 0, 0, 0];
    let best = { gain: -Infinity };
    while (open > known + found && (looked < this.most || looked <= found + drawn)) {
      looked++;
      let card = draws.between(drawn, open - found);
      if (card < known) {
        swap(drawn++, card);
        continue;
      }
      card += found;
      const feature = features[card];
      const sorted = this.sort(feature, start, end);
      if (sorted.last <= Math.fround(sorted.first + SAME)) {
        swap(card, known + found++);
        continue;
      }
      swap(--open, card);
      best = this.best(feature, start, end, counts, weight, best);
    }
    if (best.gain > -Infinity) this.part(best, start, end);
    for (let i = 0; i < known; i++) features[i] = constant[i];
    for (let i = known; i < known + found; i++) constant[i] = features[i];
    if (best.gain === -Infinity) return null;
    const [left, right] = [this.count(start, best.at), this.count(best.at, end)];
    const [impurityLeft, impurityRight] = [left, right].map((side) => impurityOf(side.counts, side.weight));
    const change =
      (weight / this.all) *
      (impurity - (right.weight / weight) * impurityRight - (left.weight / weight) * impurityLeft);
    if (change + NOTHING < 0) return null;
    return { ...best, impurityLeft, impurityRight, known: known + found };
  }

  /** Put the places in order of the pixels from `start` to `end` into `sorted`, ascending. */
  sort(feature, start, end) {
    const { rank, order, values, pixels } = this.painted;
    const offset = feature * pixels;
    for (let i = start; i < end; i++) this.sorted[i] = rank[offset + this.samples[i]];
    this.sorted.subarray(start, end).sort();
    const value = (i) => values[offset + order[offset + this.sorted[i]]];
    return { first: value(start), last: value(end - 1) };
  }

  /** The best value of the sorted feature to part at, if it is better than the best so far. */
  best(feature, start, end, counts, weight, best) {
    const { order, values, labels, pixels, classes } = this.painted;
    const offset = feature * pixels;
    const left = new Float64Array(classes);
    const right = counts.slice();
    let leftWeight = 0;
    for (let i = start; i < end - 1; i++) {
      const pixel = order[offset + this.sorted[i]];
      const next = order[offset + this.sorted[i + 1]];
      const drawn = this.weights[pixel];
      left[labels[pixel]] += drawn;
      right[labels[pixel]] -= drawn;
      leftWeight += drawn;
      const here = values[offset + pixel];
      const there = values[offset + next];
      if (there <= Math.fround(here + SAME)) continue;
      const rightWeight = weight - leftWeight;
      const gain = -rightWeight * impurityOf(right, rightWeight) - leftWeight * impurityOf(left, leftWeight);
      if (gain > best.gain) best = { gain, feature, threshold: here / 2 + there / 2, at: i + 1 };
    }
    return best;
  }

  /** Bring the pixels that go left to the front. */
  part({ feature, threshold }, start, end) {
    const { values, pixels } = this.painted;
    let [from, to] = [start, end];
    while (from < to) {
      if (values[feature * pixels + this.samples[from]] <= threshold) from++;
      else {
        to--;
        [this.samples[from], this.samples[to]] = [this.samples[to], this.samples[from]];
      }
    }
  }
}
