// Voronoi–Otsu labelling on the GPU, step by step, as clesperanto's voronoi_otsu_labeling does it:
// a narrow blur and Otsu's threshold say where, the maxima of a wide blur say how many, and these seeds grow.
//
// Images are buffers of f32, height × width, row after row; sigmas are in pixels.

import { source } from "./gpu.js";

export const OUTSIDE = 0xffffffff;
const GROUP = 16; // threads along each edge of a workgroup, as in the kernels
const ROUNDS = 32; // of growth between two questions whether anything still grows

/**
 * Compile the kernels.
 * @param {Gpu} gpu
 * @returns {Promise<object>} name → pipeline.
 */
export async function kernels(gpu) {
  const names = ["blur", "pixelwise", "seeds", "grow"];
  const [blur, pixelwise, seeds, grow] = await Promise.all(
    names.map((name) => source(`${name}.wgsl`, import.meta.url)),
  );
  const made = {
    blur: gpu.kernel(blur, "blur.wgsl"),
    seeds: gpu.kernel(seeds, "seeds.wgsl"),
    grow: gpu.kernel(grow, "grow.wgsl"),
  };
  for (const entry of ["logarithm", "above", "range", "histogram"]) {
    made[entry] = gpu.kernel(pixelwise, "pixelwise.wgsl", entry);
  }
  const pipelines = await Promise.all(Object.values(made));
  return Object.fromEntries(Object.keys(made).map((name, i) => [name, pipelines[i]]));
}

/**
 * The weights of a Gaussian from its middle outwards, cut off at four sigma.
 * @param {number} sigma
 * @returns {Float32Array} which sums to 1, when all but the first are counted twice.
 */
export function weightsOf(sigma) {
  const weights = Array.from({ length: Math.floor(4 * sigma) + 1 }, (_, k) =>
    k === 0 ? 1 : Math.exp((-k * k) / (2 * sigma * sigma)),
  );
  const sum = 2 * weights.reduce((a, b) => a + b) - 1;
  return Float32Array.from(weights, (weight) => weight / sum);
}

/** What is made once for images of one size. */
export class Segmentation {
  /**
   * @param {Gpu} gpu
   * @param {object} pipelines from `kernels`.
   * @param {Float32Array} image height × width, 0 or more.
   * @param {number} width
   * @param {number} height
   */
  constructor(gpu, pipelines, image, width, height) {
    Object.assign(this, { gpu, pipelines, width, height, count: width * height });
    const bytes = 4 * this.count;
    this.image = gpu.upload(image);
    this.everywhere = gpu.upload(new Float32Array(this.count).fill(1));
    this.flag = gpu.empty(4);
    for (const name of ["between", "used", "edges", "mask", "hills", "one", "other"]) this[name] = gpu.empty(bytes);
  }

  free() {
    const all = ["image", "everywhere", "flag", "between", "used", "edges", "mask", "hills", "one", "other"];
    this.gpu.free(...all.map((name) => this[name]));
  }

  /** Workgroups that cover the image. */
  get #groups() {
    return [Math.ceil(this.width / GROUP), Math.ceil(this.height / GROUP)];
  }

  /**
   * Blur, queued and not waited for.
   * @param {GPUBuffer} src
   * @param {GPUBuffer} dst
   * @param {number} sigma 0 copies.
   */
  blur(src, dst, sigma) {
    const { gpu, pipelines, width, height, between } = this;
    const weights = weightsOf(sigma);
    const stored = gpu.upload(weights);
    const numbers = (along) => ({ u: [width, height, along, weights.length - 1] });
    gpu.batch((queue) => {
      queue(pipelines.blur, [src, between, stored, numbers(0)], this.#groups);
      queue(pipelines.blur, [between, dst, stored, numbers(1)], this.#groups);
    });
    gpu.free(stored);
  }

  /** Queue a kernel of pixelwise.wgsl, which writes an image or shared counts. */
  #pixelwise(name, src, { image = null, counts = null, low = 0, high = 0 }) {
    // Threads stand in rows, since one row may not be longer than 65535 groups.
    const groups = Math.ceil(this.count / 256);
    const across = Math.min(groups, 1024);
    const numbers = { u: [this.count, 256 * across], f: [low, high] };
    this.gpu.run(this.pipelines[name], [src, image, numbers, counts], [across, Math.ceil(groups / across)]);
  }

  /** Take the logarithm of an image plus 1. */
  logarithm(src, dst) {
    this.#pixelwise("logarithm", src, { image: dst });
  }

  /** Write 1 where a value is above the threshold, else 0. */
  above(src, dst, threshold) {
    this.#pixelwise("above", src, { image: dst, low: threshold });
  }

  /**
   * Otsu's threshold of an image.
   * @param {GPUBuffer} src values from 0 on.
   * @returns {Promise<number>} infinity for an image of one value, so that nothing is above it.
   */
  async otsu(src) {
    const { gpu } = this;
    const extremes = gpu.upload(new Uint32Array([0xffffffff, 0]));
    this.#pixelwise("range", src, { counts: extremes });
    const [low, high] = await gpu.read(extremes, Float32Array);
    gpu.free(extremes);
    if (!(high > low)) return Infinity;
    const counts = gpu.empty(4 * 256);
    this.#pixelwise("histogram", src, { counts, low, high });
    const histogram = await gpu.read(counts, Uint32Array);
    gpu.free(counts);
    return otsuOf(histogram, low, high);
  }

  /**
   * Let the seeds grow.
   * @param {GPUBuffer} fence 1 where they may.
   * @param {number} most rounds; infinity for as long as anything grows.
   * @returns {Promise<{labels: Uint32Array, rounds: number}>} the seeds' labels, see seeds.wgsl; and how many
   *   rounds were asked for until nothing grew, in steps.
   */
  async grow(fence, most = Infinity) {
    const { gpu, pipelines, hills, mask, width, height, flag } = this;
    gpu.run(pipelines.seeds, [hills, mask, fence, this.one, { u: [width, height] }], this.#groups);
    let [before, after] = [this.one, this.other];
    let rounds = 0;
    for (let grows = true; grows && rounds < most; ) {
      gpu.device.queue.writeBuffer(flag, 0, new Uint32Array([0]));
      gpu.batch((queue) => {
        for (const end = Math.min(rounds + ROUNDS, most); rounds < end; rounds++) {
          // The first round counts corners, the second does not, and so on.
          const numbers = { u: [width, height, 1 - (rounds % 2)] };
          queue(pipelines.grow, [before, after, flag, numbers], this.#groups);
          [before, after] = [after, before];
        }
      });
      grows = rounds < most && (await gpu.read(flag, Uint32Array))[0] === 1;
    }
    return { labels: await gpu.read(before, Uint32Array), rounds };
  }

  /**
   * The whole recipe, with the labels numbered 1, 2, 3, ….
   * @param {object} how as for `labelled`.
   * @returns {Promise<{threshold: number, labels: Uint32Array}>} 0 is background.
   */
  async run(how) {
    const { threshold, labels } = await this.labelled(how);
    return { threshold, labels: renumbered(labels) };
  }

  /**
   * The whole recipe.
   * @param {{outline: number, spot: number, factor?: number, isLogarithm?: boolean, rounds?: number}} how the two
   *   sigmas; by how much Otsu's threshold is multiplied; whether to begin with the logarithm; rounds of growth.
   * @returns {Promise<{threshold: number, labels: Uint32Array}>} labels as in seeds.wgsl.
   */
  async labelled({ outline, spot, factor = 1, isLogarithm = false, rounds = Infinity }) {
    let image = this.image;
    if (isLogarithm) this.logarithm(image, (image = this.used));
    this.blur(image, this.edges, outline);
    this.blur(image, this.hills, spot);
    const threshold = factor * (await this.otsu(this.edges));
    this.above(this.edges, this.mask, threshold);
    const grown = await this.grow(this.mask, rounds);
    return { threshold, labels: grown.labels };
  }
}

/**
 * Otsu's threshold: the step that best parts a histogram in two groups, far from each other and each narrow.
 * @param {ArrayLike<number>} counts of evenly spaced steps from `low` to `high`.
 * @param {number} low
 * @param {number} high
 * @returns {number}
 */
export function otsuOf(counts, low, high) {
  const last = counts.length - 1;
  const value = (i) => low + (i * (high - low)) / last;
  let [all, sumOfAll] = [0, 0];
  for (let i = 0; i <= last; i++) {
    all += counts[i];
    sumOfAll += counts[i] * value(i);
  }
  let [below, sumBelow, best, threshold] = [0, 0, -1, Infinity];
  for (let i = 0; i < last; i++) {
    below += counts[i];
    sumBelow += counts[i] * value(i);
    const distance = sumBelow / below - (sumOfAll - sumBelow) / (all - below);
    const variance = below * (all - below) * distance * distance;
    if (variance > best) [best, threshold] = [variance, value(i)];
  }
  return threshold;
}

/**
 * Number the labels anew, 1, 2, 3, …, in the order of their seeds; what is outside becomes 0.
 * @param {Uint32Array} labels
 * @returns {Uint32Array}
 */
export function renumbered(labels) {
  const found = [...new Set(labels)].filter((label) => label !== 0 && label !== OUTSIDE).sort((a, b) => a - b);
  const numbers = new Map(found.map((label, i) => [label, i + 1]));
  return labels.map((label) => numbers.get(label) ?? 0);
}
